"""The pace of one host: gentle at first, backs off when refused, learnt, remembered."""

from __future__ import annotations

import math

import pytest
from ck_imagenet.engine.rate_limiter import RateLimiter
from ck_imagenet.engine.rations import FIRST_RATE, BackOff
from ck_imagenet.storage.paces import Learned
from hypothesis import given
from hypothesis import strategies as st

GIVES = Learned(0.0, 1, 0.0)
"""What is known of a host that has given, and at which pace is not."""


def ask(limiter: RateLimiter, now: float, seconds: float = math.inf) -> float | None:
    """Begin a request as soon as it may begin, and return when that is."""
    when = max(now, limiter.next_time())
    if when > now + seconds or not limiter.has_room():
        return None
    limiter.began(when)
    return when


def give(limiter: RateLimiter, now: float, count: int = 1) -> float:
    """Let so many requests be given, one after the other; return when the last began."""
    for _ in range(count):
        when = ask(limiter, now)
        assert when is not None
        now = when
        limiter.answered(now, now)
    return now


def refuse(limiter: RateLimiter, now: float, retry_after: float = 0.0) -> float:
    """Let the next request be refused; return when that was."""
    when = ask(limiter, now)
    assert when is not None
    limiter.refused(when, when, retry_after)
    return when


def at_once(limiter: RateLimiter, now: float, seconds: float = 1.0) -> int:
    """Begin all that may begin within some seconds, and return how many these are."""
    count = 0
    while ask(limiter, now, seconds) is not None:
        count += 1
    return count


class TestFree:
    """A host of which no ration is known."""

    def test_it_begins_gently(self) -> None:
        limiter = RateLimiter()
        assert at_once(limiter, 0, 2) == 2 * FIRST_RATE + 1

    def test_and_is_soon_asked_as_fast_as_it_answers(self) -> None:
        limiter = RateLimiter()
        now = give(limiter, 0, 1000)
        assert 0.3 < now < 2
        assert give(limiter, now, 1000) - now < 0.2

    def test_each_few_answers_bring_a_connection(self) -> None:
        limiter = RateLimiter()
        now = give(limiter, 0)
        assert at_once(limiter, now) == 3
        limiter = RateLimiter()
        now = give(limiter, 0, 31)
        assert at_once(limiter, now) == 3
        limiter = RateLimiter()
        now = give(limiter, 0, 50)
        assert at_once(limiter, now) == 3 + 2

    def test_how_many_connections_tell_of_a_host_that_has_given_nothing_is_not_its_affair(
        self,
    ) -> None:
        limiter = RateLimiter()
        assert at_once(limiter, 0) == 51  # 50 a second
        assert limiter.has_room()

    def test_it_is_not_rationed_and_nothing_was_learnt(self) -> None:
        limiter = RateLimiter()
        give(limiter, 0, 100)
        assert (limiter.is_rationed, limiter.rate, limiter.learned()) == (False, 0, None)


class TestBackOff:
    """A host that refuses is left alone."""

    def test_for_about_a_second_if_it_says_nothing(self) -> None:
        for _ in range(20):
            limiter = RateLimiter()
            now = refuse(limiter, 0)
            assert 0.95 <= limiter.back_off_until - now <= 1.05

    def test_longer_each_time(self) -> None:
        limiter = RateLimiter()
        give(limiter, 0)
        now, begin, rests = 0.1, 0.1, []
        for _ in range(30):
            now = refuse(limiter, now)
            rests.append(limiter.back_off_until - now)
            now = limiter.back_off_until
        assert 2.3 < rests[1] < 2.7
        assert all(rests[number] < 10.6 for number in range(15))
        assert rests[-1] > 0.1 * (now - begin)
        assert rests[-1] < 0.15 * (now - begin)

    def test_in_all_hardly_longer_than_needed(self) -> None:
        """An hour's quota is found again within a tenth of it."""
        limiter = RateLimiter()
        give(limiter, 0)
        now = 0.1
        while now < 3600:
            now = refuse(limiter, now)
            now = limiter.back_off_until
        assert now < 3600 * 1.15

    @pytest.mark.parametrize("retry_after", [0.5, 2, 20, 100_000])
    def test_for_as_long_as_it_says(self, retry_after: float) -> None:
        limiter = RateLimiter()
        for number in range(3):
            now = refuse(limiter, number * 2.0 * retry_after, retry_after)
            assert limiter.back_off_until == now + retry_after
            assert ask(limiter, now + retry_after * 0.99, 0) is None

    def test_for_the_longest_that_was_said(self) -> None:
        limiter = RateLimiter()
        assert [ask(limiter, 0) for _ in range(3)]
        for now, retry_after in ((1, 10), (2, 30), (3, 5)):
            limiter.refused(now, 0, retry_after)
        assert limiter.back_off_until == 32

    def test_the_first_back_off_is_a_hosts_own(self) -> None:
        limiter = RateLimiter(BackOff(first=60))
        now = refuse(limiter, 0)
        assert 57 <= limiter.back_off_until - now <= 63

    def test_then_one_request_finds_out(self) -> None:
        limiter = RateLimiter()
        give(limiter, 0, 50)
        refuse(limiter, 10, 5)
        assert at_once(limiter, 15) == 1
        assert not limiter.has_room()
        limiter.answered(16, 15)
        assert not limiter.is_backing_off
        assert at_once(limiter, 16) > 1

    def test_one_that_tells_nothing_is_followed_by_another(self) -> None:
        limiter = RateLimiter()
        refuse(limiter, 0, 5)
        assert at_once(limiter, 5) == 1
        limiter.ended(5)
        assert limiter.is_backing_off
        assert at_once(limiter, 6) == 1

    def test_what_was_under_way_tells_nothing_of_the_time_after(self) -> None:
        limiter = RateLimiter()
        assert [ask(limiter, 0) for _ in range(3)]
        limiter.refused(1, 0, 10)
        limiter.answered(2, 0)
        limiter.ended(0)
        assert limiter.is_backing_off
        assert ask(limiter, 10.9, 0) is None
        assert ask(limiter, 11, 0) == 11


class TestExhausted:
    """Whether there is no use in waiting."""

    @staticmethod
    def refusals(limiter: RateLimiter, most: int = 100) -> int:
        """Return after how many refusals it is worn out."""
        for number in range(most):
            if limiter.is_exhausted:
                return number
            refuse(limiter, max(0.0, limiter.back_off_until))
        return most

    def test_who_has_given_nothing_is_asked_four_times(self) -> None:
        assert self.refusals(RateLimiter()) == 4

    def test_what_was_under_way_at_the_first_refusal_does_not_count(self) -> None:
        limiter = RateLimiter()
        assert [ask(limiter, 0) for _ in range(10)]
        for _ in range(10):
            limiter.refused(1, 0)
        assert not limiter.is_exhausted

    def test_who_has_given_is_never_given_up(self) -> None:
        limiter = RateLimiter()
        give(limiter, 0)
        assert self.refusals(limiter) == 100

    def test_nor_is_who_is_known_to_give(self) -> None:
        assert self.refusals(RateLimiter(learned=Learned(2.0, 1, 0.0))) == 100

    def test_but_where_nobody_is_patient(self) -> None:
        limiter = RateLimiter(BackOff(is_patient=False))
        give(limiter, 0)
        assert self.refusals(limiter) == 4

    def test_who_asks_for_too_long_a_back_off_is_not_asked_again(self) -> None:
        limiter = RateLimiter(BackOff(longest=300))
        refuse(limiter, 0, 300)
        assert not limiter.is_exhausted
        refuse(limiter, 300, 301)
        assert limiter.is_exhausted


def seems_erratic(limiter: RateLimiter) -> bool:
    """Say whether a host seems to refuse by chance."""
    return bool(getattr(vars(limiter)["_ration"], "is_erratic", False))


class TestTooManyRefusals:
    """Hosts are known that ban who is refused five times in ten seconds."""

    @given(
        st.lists(st.tuples(st.booleans(), st.integers(0, 15)), min_size=30, max_size=80),
    )
    def test_no_more_than_four_in_ten_seconds(self, events: list[tuple[bool, int]]) -> None:
        """One after the other, whatever is given and refused: but by who refuses by chance."""
        limiter = RateLimiter()
        now = give(limiter, 0, 5)
        refused: list[float] = []
        for is_given, tenths in events:
            if seems_erratic(limiter):
                refused.clear()
            if is_given:
                now = give(limiter, now + tenths / 10)
            else:
                now = refuse(limiter, now + tenths / 10)
                refused.append(now)
            if len(refused) > 4 and not seems_erratic(limiter):
                ten, one = refused[-1] - refused[-5], refused[-1] - refused[-2]
                assert ten > 10 - 1e-6 or one > 1 - 1e-6  # but for what floats round

    def test_after_four_the_fifth_waits_until_the_first_is_ten_seconds_ago(self) -> None:
        limiter = RateLimiter()
        give(limiter, 0)
        first = refuse(limiter, 0.1, 0.2)
        for _ in range(3):
            refuse(limiter, limiter.back_off_until, 0.2)
        assert limiter.back_off_until == first + 10


class TestLearnt:
    """What a host gives is learnt from what it refuses."""

    def test_a_first_refusal_is_no_ration_yet(self) -> None:
        limiter = RateLimiter()
        now = give(limiter, 0, 10)
        now = refuse(limiter, now, 1)
        assert (limiter.is_rationed, limiter.rate) == (True, 0)
        give(limiter, now + 1)
        assert (limiter.is_rationed, limiter.learned()) == (False, None)

    @pytest.mark.parametrize("still", [0, 1, 3])
    def test_who_is_interrupted_in_the_first_back_off_meets_a_host_that_gives_the_next_time(
        self, still: int
    ) -> None:
        """It is no host that has never given anything, which four refusals wear out."""
        limiter = RateLimiter()
        now = refuse(limiter, give(limiter, 0, 30))
        for _ in range(still):
            now = refuse(limiter, now)
        assert limiter.learned() == GIVES
        following = RateLimiter(learned=GIVES)
        assert not following.is_rationed
        for _ in range(8):
            now = refuse(following, now)
        assert not following.is_exhausted
        give(following, following.back_off_until)
        assert not following.is_backing_off

    def test_a_second_one_measures_how_many_a_second_it_gives(self) -> None:
        limiter = RateLimiter()
        now = refuse(limiter, give(limiter, 0, 20), 1)
        opened = give(limiter, now + 1)
        for number in range(1, 10):  # two a second since then
            limiter.began(opened + number / 2)
            limiter.answered(opened + number / 2, opened + number / 2)
        limiter.began(opened + 4.6)
        limiter.refused(opened + 4.6, opened + 4.6, 1)
        assert limiter.rate == pytest.approx(10 / (opened + 4.6 - now) * 0.98)
        learned = limiter.learned()
        assert learned is not None
        assert (learned.burst, learned.period) == (1, 0.0)

    @pytest.mark.parametrize("retry_after", [0.0, 20.0])
    def test_a_long_pause_after_a_burst_is_a_window(self, retry_after: float) -> None:
        limiter = RateLimiter()
        now = refuse(limiter, give(limiter, 0, 40), retry_after)
        while now < 20:
            now = limiter.back_off_until
            if now < 20:
                refuse(limiter, now, retry_after)
        now = give(limiter, now)
        learned = limiter.learned()
        assert learned is not None
        assert learned.burst == 40
        assert 20 <= learned.period < 24
        assert limiter.rate == 40 / learned.period == learned.rate

    def test_a_second_that_it_asks_for_is_none(self) -> None:
        """Retry-After is rounded up: so says who would give again at once."""
        limiter = RateLimiter()
        now = refuse(limiter, give(limiter, 0, 40), 1)
        give(limiter, now + 1)
        assert limiter.learned() is None

    def test_who_says_when_it_gives_again_does_not_refuse_by_chance(self) -> None:
        """A bucket that was asked too fast gives one at a time, as often as it says."""
        limiter = RateLimiter()
        now = refuse(limiter, give(limiter, 0, 5), 2)
        for _ in range(3):
            now = give(limiter, now + 2)
            limiter.began(now + 0.01)
            limiter.refused(now + 0.01, now + 0.01, 2)
        assert not seems_erratic(limiter)
        assert limiter.rate == pytest.approx(0.5, rel=0.2)

    @pytest.mark.parametrize("retry_after", [0.0, 2.0])
    def test_who_refuses_by_chance_is_not_asked_ever_more_slowly(self, retry_after: float) -> None:
        limiter = RateLimiter()
        now = give(limiter, 0, 5)
        for _ in range(20):
            now = refuse(limiter, now, retry_after)
            now = give(limiter, now, 2)
        assert seems_erratic(limiter)
        assert limiter.rate > 0.4
        now = refuse(limiter, now, retry_after)
        assert limiter.back_off_until - now < 0.5 or retry_after


class TestRemembered:
    """What was learnt before is where the next command begins."""

    def test_so_many_a_second(self) -> None:
        limiter = RateLimiter(learned=Learned(2.0, 1, 0.0))
        assert limiter.is_rationed
        starts = [give(limiter, 0) for _ in range(5)]
        assert starts == pytest.approx([0, 0.5, 1, 1.5, 2], abs=0.11)
        assert limiter.rate == 2

    def test_so_many_at_once_and_as_many_again(self) -> None:
        limiter = RateLimiter(learned=Learned(2.0, 40, 20.0))
        starts = [give(limiter, 0) for _ in range(41)]
        assert starts[39] < 1
        assert 10 <= starts[40] <= 20, "it may try whether less time is enough"

    @pytest.mark.parametrize("learned", [Learned(2.0, 1, 0.0), Learned(2.0, 40, 20.0)])
    def test_what_is_kept_again_is_the_same(self, learned: Learned) -> None:
        limiter = RateLimiter(learned=learned)
        assert limiter.learned() == learned
        give(limiter, 0)
        assert limiter.learned() == learned

    def test_it_rises_where_the_host_gives_more_by_now(self) -> None:
        limiter = RateLimiter(learned=Learned(2.0, 1, 0.0))
        give(limiter, 0, 400)
        assert limiter.rate > 4

    @pytest.mark.parametrize(
        "learned",
        [
            Learned(1e-6, 1, 0.0),
            Learned(1e9, 1, 0.0),
            Learned(2.0, 1, 20.0),
            Learned(2.0, 40, 0.0),
            Learned(1e9, 10**12, 1e-9),
            Learned(1e-9, 2, 1e12),
        ],
    )
    def test_whatever_is_remembered_a_host_is_asked(self, learned: Learned) -> None:
        limiter = RateLimiter(learned=learned)
        assert ask(limiter, 0, 0) == 0
        limiter.refused(0, 0, 5)
        assert ask(limiter, 5, 0) == 5
        limiter.answered(5, 5)
        assert limiter.next_time() < math.inf


class TestMerged:
    """Two that turn out to ration together."""

    def test_those_that_were_measured_apart_give_the_sum(self) -> None:
        one, other = (RateLimiter(learned=Learned(rate, 1, 0.0)) for rate in (2.0, 3.0))
        one.members, other.members = {"a"}, {"b"}
        ask(other, 0)
        refuse(one, 0, 1)
        before = one.rate
        one.merge(other)
        assert one.rate == before + 3
        assert (one.members, one.under_way) == ({"a", "b"}, 1)

    def test_what_one_knows_the_other_need_not_learn(self) -> None:
        one, other = RateLimiter(), RateLimiter(learned=Learned(2.0, 1, 0.0))
        refuse(one, 0, 1)
        one.merge(other)
        assert one.rate == 2
        assert one.has_given
