"""What a host says while it shuts us out is no news of its links."""

from __future__ import annotations

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.engine.attempts import Bans, KnownAnswer

HOST, OTHER = "a.example:80", "b.example:80"

AS_TO_THE_BANNED = (
    Outcome.FORBIDDEN,
    Outcome.GONE,
    Outcome.HTTP_ERROR,
    Outcome.NOT_A_PICTURE,
    Outcome.OTHER_FORMAT,
    Outcome.UNDECODABLE,
    Outcome.EMPTY,
    Outcome.SERVER_ERROR,
    Outcome.CUT_SHORT,
    Outcome.REFUSED,
    Outcome.SILENT,
    Outcome.STALLED,
)
"""What hosts answer to those whom they have shut out."""

NEWS = [each for each in Outcome if each not in AS_TO_THE_BANNED]
"""What no ban looks like: a picture is one, and a name that does not exist is nobody's ban."""


def forbids(bans: Bans, times: int, host: str = HOST) -> list[bool]:
    """Say for each of so many forbidden links in a row whether it may be a ban."""
    return [bans.may_be(host, Outcome.FORBIDDEN, is_backing_off=False) for _ in range(times)]


@pytest.fixture
def bans() -> Bans:
    """What is known of a host that has given a picture."""
    known = Bans()
    known.answered(HOST, "http://a.example/1.jpg", Outcome.SAVED)
    return known


class TestBackingOff:
    """A host that has asked to come later, and has given nothing since."""

    @pytest.mark.parametrize("outcome", AS_TO_THE_BANNED)
    def test_what_it_says_may_be_its_bans(self, outcome: Outcome) -> None:
        assert Bans().may_be(HOST, outcome, is_backing_off=True)

    @pytest.mark.parametrize("outcome", NEWS)
    def test_but_what_no_ban_looks_like(self, outcome: Outcome) -> None:
        assert not Bans().may_be(HOST, outcome, is_backing_off=True)

    @pytest.mark.parametrize("outcome", AS_TO_THE_BANNED)
    def test_however_often(self, bans: Bans, outcome: Outcome) -> None:
        assert all(bans.may_be(HOST, outcome, is_backing_off=True) for _ in range(1000))


class TestOtherwise:
    """A host that has not asked to come later."""

    @pytest.mark.parametrize("outcome", [each for each in Outcome if each.word != "forbidden"])
    def test_what_it_says_is_news(self, bans: Bans, outcome: Outcome) -> None:
        assert not bans.may_be(HOST, outcome, is_backing_off=False)

    def test_one_that_has_given_nothing_may_forbid(self) -> None:
        assert forbids(Bans(), 20) == [False] * 20

    def test_one_that_gave_and_now_forbids_is_asked_for_what_it_gave(self, bans: Bans) -> None:
        assert forbids(bans, 3) == [True] * 3
        assert bans.known_answer(HOST) == KnownAnswer("http://a.example/1.jpg", Outcome.SAVED)

    def test_if_it_gives_that_it_forbids_some_links_and_is_believed(self, bans: Bans) -> None:
        forbids(bans, 1)
        assert bans.confirms(HOST, Outcome.SAVED)
        assert forbids(bans, 6) == [False] * 6

    def test_until_it_forbids_many_in_a_row(self, bans: Bans) -> None:
        """8, 64, 512: a host that forbids all from now on is found to, and not asked for ever."""
        bans.confirms(HOST, Outcome.SAVED)
        suspicions = forbids(bans, 1000)
        assert [number for number, each in enumerate(suspicions, 1) if each] == [8, 64, 512]

    def test_a_picture_in_between_begins_the_row_anew(self, bans: Bans) -> None:
        bans.confirms(HOST, Outcome.SAVED)
        for _ in range(50):
            assert forbids(bans, 7) == [False] * 7
            bans.answered(HOST, "http://a.example/2.jpg", Outcome.SAVED)

    def test_each_host_has_its_own(self, bans: Bans) -> None:
        assert forbids(bans, 2, OTHER) == [False, False]
        bans.answered(OTHER, "http://b.example/1.jpg", Outcome.SAVED)
        bans.confirms(OTHER, Outcome.SAVED)
        assert (forbids(bans, 1), forbids(bans, 1, OTHER)) == ([True], [False])


class TestKnownAnswers:
    """An answer that a host has given tells, when it is given again, that no ban lasts."""

    def test_who_has_answered_nothing_has_none(self) -> None:
        assert Bans().known_answer(HOST) is None
        assert not Bans().confirms(HOST, Outcome.GONE)

    def test_any_answer_is_one(self) -> None:
        bans = Bans()
        bans.answered(HOST, "http://a.example/x", Outcome.GONE)
        assert bans.known_answer(HOST) == KnownAnswer("http://a.example/x", Outcome.GONE)
        assert bans.confirms(HOST, Outcome.GONE)
        assert not bans.confirms(HOST, Outcome.FORBIDDEN)

    def test_a_picture_is_the_best_and_the_latest_counts(self) -> None:
        bans = Bans()
        answers = (("x", Outcome.GONE), ("1", Outcome.SAVED), ("y", Outcome.GONE))
        for address, outcome in answers:
            bans.answered(HOST, address, outcome)
        assert bans.known_answer(HOST) == KnownAnswer("1", Outcome.SAVED)
        bans.answered(HOST, "2", Outcome.SAVED)
        assert bans.known_answer(HOST) == KnownAnswer("2", Outcome.SAVED)

    @pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.SAVED])
    def test_anything_else_than_what_it_gave_proves_nothing(
        self, bans: Bans, outcome: Outcome
    ) -> None:
        assert not bans.confirms(HOST, outcome)

    def test_memory_does_not_grow_and_those_met_last_are_known(self) -> None:
        bans = Bans()
        for number in range(10_001):
            bans.answered(str(number), f"http://{number}/", Outcome.SAVED)
            bans.answered("0", "http://0/", Outcome.SAVED)
        assert len(vars(bans)["_histories"]) == 10_000
        assert bans.known_answer("0")
        assert bans.known_answer("10000")
        assert not bans.known_answer("1")


class TestRefusals:
    """How often a link may be refused, while others are given, until that is its own affair."""

    @pytest.mark.parametrize(
        ("given", "least", "most"), [(0, 4, 6), (1, 3, 4), (20, 2, 3), (1000, 1, 2)]
    )
    def test_few_are_enough_where_a_host_gives_all_others(
        self, given: int, least: float, most: float
    ) -> None:
        bans = Bans()
        for number in range(given):
            bans.answered(HOST, f"http://a.example/{number}.jpg", Outcome.SAVED)
        assert least < bans.most_refusals(HOST) < most

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
    def test_they_are_no_accident_by_how_often_it_refuses_others(self, share: float) -> None:
        """By what it has given in the end: other links of their own kind do not count."""
        bans = Bans()
        for number in range(1000):
            refusals = round(share / (1 - share) * (number + 1)) - round(
                share / (1 - share) * number
            )
            bans.answered(HOST, f"http://a.example/{number}.jpg", Outcome.SAVED, refusals)
        assert share ** bans.most_refusals(HOST) == pytest.approx(1e-5, rel=0.3)
