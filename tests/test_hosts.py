"""Fair turns, caps, delays and gaps of hosts; which are given up, left or forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from ck_imagenet.core.actions import PER_HOST
from ck_imagenet.core.outcomes import HostSignal, Outcome
from ck_imagenet.engine.host import HostProfile
from ck_imagenet.engine.host_queue import FORGET_GIVEN_UP_AFTER, FORGET_IDLE_AFTER, HostQueue
from ck_imagenet.engine.rations import BackOff
from ck_imagenet.http.retry import Spacing
from host_helpers import LONG, give, known, put, refuse, taken


def give_up(hosts: HostQueue[str], name: str) -> float:
    """Let a host time out until it is given up, with never a moment without a task; return when."""
    put(hosts, name, "0123456789")
    for now in (0.0, LONG):
        for _ in taken(hosts, now, 1):
            hosts.release(name, now + 1, HostSignal.TIMEOUT, now + 1)
    return LONG + 1


class TestTurns:
    """Whose turn it is."""

    def test_without_tasks_there_is_nothing_to_do_or_to_wait_for(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        assert (hosts.take(0), hosts.next_time(), hosts.waiting) == (None, None, 0)
        assert not hosts.ready

    def test_tasks_of_one_host_come_in_their_order(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "abc")
        assert (hosts.waiting, hosts.ready, hosts.has_healthy) == (3, True, True)
        assert taken(hosts, 0, 1) == ["a", "b", "c"]
        assert hosts.waiting == 0

    def test_hosts_take_turns(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        for task in ("a1", "a2", "a3", "b1", "b2", "c1"):
            hosts.put(task[0], task, 0)
        assert taken(hosts, 0, 1) == ["a1", "b1", "c1", "a2", "b2", "a3"]

    @pytest.mark.parametrize("count", [2, 7])
    def test_no_host_waits_for_more_than_one_task_of_each_other(self, count: int) -> None:
        hosts: HostQueue[str] = HostQueue(per_host=3)
        for number in range(count):
            put(hosts, str(number), "123456789")
        order = []
        for turn in range(count * 9):
            name, _ = hosts.take(turn) or ("", "")
            hosts.release(name, turn, HostSignal.ANSWER, turn)
            order.append(name)
        for start in range(0, len(order), count):
            assert len(set(order[start : start + count])) == count

    def test_who_was_refused_goes_on_first(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "12")
        hosts.take(0)
        hosts.put_back("h", "1", 0)
        hosts.release("h", 0, HostSignal.BUSY, 0, 5)
        assert taken(hosts, 5) == ["1"]

    def test_a_delayed_task_waits_but_its_host_does_not(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        hosts.put("h", "later", 0, delay=5)
        hosts.put("h", "now", 0)
        assert hosts.waiting == 2
        assert taken(hosts, 0) == ["now"]
        hosts.release("h", 0, HostSignal.ANSWER, 0)
        assert (hosts.waiting, hosts.next_time()) == (1, 5)
        assert taken(hosts, 4.9) == []
        assert taken(hosts, 5) == ["later"]

    def test_delays_are_about_what_was_asked_for_and_not_all_the_same(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        spread = [hosts.spread(4) for _ in range(1000)]
        assert 3 <= min(spread) < 3.2
        assert 4.8 < max(spread) <= 5


class TestCaps:
    """How many connections a host gets."""

    def test_a_host_has_no_more_connections_than_its_cap(self) -> None:
        hosts: HostQueue[str] = HostQueue(per_host=3)
        give(hosts, "a", 20, -LONG)
        put(hosts, "a", "1234")
        put(hosts, "b", "5")
        assert taken(hosts, 0, 1) == ["1", "5", "2", "3"]
        hosts.release("a", 1, HostSignal.ANSWER, 0)
        assert taken(hosts, 1) == ["4"]

    def test_a_host_that_has_not_answered_yet_gets_no_more_than_tell_of_it(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "1234567")
        assert taken(hosts, 0, 1) == ["1", "2", "3"]
        hosts.release("h", 1, HostSignal.ANSWER, 0)
        assert taken(hosts, 1) == ["4"]

    def test_a_host_that_answers_gets_more_connections_bit_by_bit(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "x" * 800)
        most = []
        for now in range(0, 60, 2):
            most.append(len(taken(hosts, now, 1)))
            for _ in range(most[-1]):
                hosts.release("h", now + 1, HostSignal.ANSWER, now)
        assert (most[0], most[-1]) == (3, PER_HOST)
        assert most == sorted(most)

    def test_one_connection_for_each_host_is_enough(self) -> None:
        hosts: HostQueue[str] = HostQueue(per_host=1)
        put(hosts, "h", "abc")
        for task in "abc":
            assert taken(hosts, 0 if task == "a" else LONG) == [task]
            hosts.release("h", LONG, HostSignal.ANSWER, 0)


class TestGaps:
    """What is known of a host's pace by hand (--sleep, --pace)."""

    def test_a_gap_lies_between_the_starts_of_two_requests_to_one_host(self) -> None:
        hosts: HostQueue[str] = HostQueue(profile=lambda name: HostProfile(spacing=Spacing(2)))
        for task in ("a1", "a2", "a3", "b1"):
            hosts.put(task[0], task, 0)
        assert taken(hosts, 0) == ["a1", "b1"]
        assert taken(hosts, 1.9) == []
        assert taken(hosts, 2) == ["a2"]
        assert taken(hosts, 7) == ["a3"]

    def test_it_lies_between_those_to_one_service_too(self) -> None:
        hosts: HostQueue[str] = HostQueue(profile=lambda name: HostProfile("flickr", Spacing(0.5)))
        for number in range(3):
            hosts.put(f"farm{number}", str(number), 0)
        assert [taken(hosts, now) for now in (0, 0.4, 0.5, 0.9, 1)] == [["0"], [], ["1"], [], ["2"]]

    def test_a_long_pause_saves_nothing_up(self) -> None:
        hosts: HostQueue[str] = HostQueue(profile=lambda name: HostProfile(spacing=Spacing(1)))
        give(hosts, "h", 10)
        put(hosts, "h", "ab", LONG)
        assert taken(hosts, LONG) == ["a"]


class TestAskedAgain:
    """Links that have been tried before."""

    @pytest.mark.parametrize(("per_host", "share"), [(3, 1), (4, 1), (8, 2), (16, 4)])
    def test_they_have_a_share_of_a_hosts_connections(self, per_host: int, share: int) -> None:
        hosts: HostQueue[str] = HostQueue(per_host)
        now = give(hosts, "h", 50)
        for number in range(20):
            hosts.put("h", f"again {number}", now, delay=1)
        put(hosts, "h", "x" * 20, now + 1)
        tasks = taken(hosts, now + 1, 5)
        assert [task for task in tasks if task != "x"] == [f"again {n}" for n in range(share)]

    def test_with_nothing_else_to_ask_for_they_have_all(self) -> None:
        hosts: HostQueue[str] = HostQueue(per_host=4)
        now = give(hosts, "h", 50)
        for number in range(20):
            hosts.put("h", str(number), now, delay=1)
        assert taken(hosts, now + 1, 5) == ["0", "1", "2", "3"]

    def test_of_a_host_that_may_be_down_new_ones_are_asked_for_first(self) -> None:
        hosts: HostQueue[str] = HostQueue(per_host=8)
        now = give(hosts, "h", 50)
        put(hosts, "h", "h", now)
        taken(hosts, now, 1)
        hosts.release("h", now + 9, HostSignal.TIMEOUT, now + 1)
        hosts.put("h", "again", now + 9, delay=1)
        put(hosts, "h", "xyz", now + 10)
        assert taken(hosts, now + 10, 1) == ["x", "y", "z", "again"]

    def test_if_they_hang_again_and_again_a_host_that_answers_is_not_given_up(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "u", give(hosts, "h", 5))
        assert taken(hosts, 1) == ["u"]  # under way all the time, so that the host is remembered
        for now in range(1, 100, 5):
            hosts.put("h", "again", now, delay=1)
            assert taken(hosts, now + 1) == ["again"]
            hosts.release("h", now + 4, HostSignal.TIMEOUT, now + 1, task="again")
        put(hosts, "h", "x", 101)
        assert (taken(hosts, 101), hosts.given_up) == (["x"], [])

    def test_if_it_answers_nothing_new_either_it_is(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        give(hosts, "h", 5)
        for now in range(1, 51, 5):
            put(hosts, "h", "x", now)
            assert taken(hosts, now) == ["x"]
            hosts.release("h", now + 3, HostSignal.TIMEOUT, now, task="x")
        put(hosts, "h", "y", 51)
        assert (taken(hosts, 51), hosts.given_up) == ([], [("y", Outcome.HOST_DOWN)])


class TestGivenUp:
    """Hosts that are not asked any more, for a time."""

    @pytest.fixture
    def stream(self) -> HostQueue[str]:
        """Hosts of which one was given up."""
        hosts: HostQueue[str] = HostQueue()
        for number in range(10):
            now = 3 * number
            hosts.put("down", str(number), now)
            assert hosts.take(now)
            hosts.release("down", now, HostSignal.TIMEOUT, now)
        return hosts

    def test_what_waits_for_it_is_given_back(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        put(hosts, "h", "0123456789abc")
        now = 0.0
        for _ in range(10):
            while not hosts.take(now):
                now += 1
            hosts.release("h", now, HostSignal.TIMEOUT, now)
        assert hosts.given_up == [(task, Outcome.HOST_DOWN) for task in "abc"]
        assert (hosts.waiting, hosts.take(LONG)) == (0, None)

    def test_what_comes_for_it_is_given_back_at_once(self, stream: HostQueue[str]) -> None:
        put(stream, "down", "x", 28)
        stream.put("down", "y", 28, delay=3)
        stream.take(31)
        assert stream.given_up == [("x", Outcome.HOST_DOWN), ("y", Outcome.HOST_DOWN)]
        assert stream.waiting == 0

    def test_after_a_time_it_is_a_new_one(self, stream: HostQueue[str]) -> None:
        stream.take(27 + FORGET_GIVEN_UP_AFTER)
        assert known(stream) == []
        put(stream, "down", "g", 27 + FORGET_GIVEN_UP_AFTER)
        assert taken(stream, 27 + FORGET_GIVEN_UP_AFTER) == ["g"]

    def test_a_host_that_asks_for_too_long_a_back_off_is_given_up_for_good(self) -> None:
        hosts: HostQueue[str] = HostQueue(back_off=BackOff(longest=300))
        put(hosts, "h", "ab")
        hosts.take(0)
        hosts.release("h", 0, HostSignal.BUSY, 0, 301)
        put(hosts, "h", "c", 2 * FORGET_GIVEN_UP_AFTER)
        assert taken(hosts, 3 * FORGET_GIVEN_UP_AFTER) == []
        assert hosts.given_up == [("b", Outcome.HOST_BUSY), ("c", Outcome.HOST_BUSY)]

    def test_a_host_that_was_only_busy_is_a_new_one_after_a_time(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        now = 0.0
        for _ in range(4):
            refuse(hosts, "h", now, 1)
            now += 1
        put(hosts, "h", "x", now)
        assert hosts.given_up == [("x", Outcome.HOST_BUSY)]
        hosts.take(now + 2 * FORGET_GIVEN_UP_AFTER)
        put(hosts, "h", "y", now + 2 * FORGET_GIVEN_UP_AFTER)
        assert taken(hosts, now + 2 * FORGET_GIVEN_UP_AFTER) == ["y"]

    def test_one_that_is_backing_off_is_remembered_for_as_long_beyond_that(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        refuse(hosts, "h", 100, 50)
        hosts.take(150 + FORGET_GIVEN_UP_AFTER - 1)
        assert known(hosts) == ["h"]
        hosts.take(150 + FORGET_GIVEN_UP_AFTER)
        assert known(hosts) == []

    def test_what_waits_for_it_is_given_back_with_its_last_request(self) -> None:
        hosts: HostQueue[str] = HostQueue(back_off=BackOff(longest=300))
        put(hosts, "h", "ab")
        assert hosts.take(0)
        hosts.release("h", 0, HostSignal.BUSY, 0, 301)
        assert hosts.given_up == [("b", Outcome.HOST_BUSY)]

    def test_it_is_remembered_until_the_time_is_over(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        end = give_up(hosts, "down") + FORGET_GIVEN_UP_AFTER
        hosts.take(end - 0.1)
        assert known(hosts) == ["down"]
        hosts.take(end)
        assert known(hosts) == []


class TestForgetting:
    """Memory does not grow with the hosts that were met."""

    @pytest.mark.parametrize("signal", HostSignal)
    def test_a_host_for_which_nothing_waits_is_forgotten(self, signal: HostSignal) -> None:
        hosts: HostQueue[str] = HostQueue()
        for number in range(100):
            hosts.put(str(number), "task", 0)
        for _ in range(100):
            name, _ = hosts.take(0) or ("", "")
            hosts.release(name, 0, signal, 0)
        hosts.take(FORGET_IDLE_AFTER - 1)
        assert len(known(hosts)) == 100
        hosts.take(3 * FORGET_GIVEN_UP_AFTER)
        assert known(hosts) == []

    def test_what_backs_off_for_longer_is_not_forgotten_before(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        give(hosts, "h")  # to be forgotten after a while
        refuse(hosts, "h", 1, 1000)
        hosts.take(2 * FORGET_GIVEN_UP_AFTER)
        put(hosts, "h", "x", 999)
        assert (taken(hosts, 1000.9), taken(hosts, 1001)) == ([], ["x"])

    def test_what_was_learnt_of_a_host_that_rations_is_kept(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        now = give(hosts, "h", 20)
        for _ in range(2):
            refuse(hosts, "h", now, 1)
            now = give(hosts, "h", 2, now + 1)
        hosts.take(now + LONG)
        assert list(hosts.learned()) == ["h"]

    def test_redirects_are_remembered_of_so_many_hosts_only(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        for number in range(10_001):
            give(hosts, str(number))
            hosts.redirects_to(str(number), "target")
        inner: dict[str, Any] = vars(hosts)
        assert len(vars(inner["_limiters"])["_redirects"]) <= 10_000


class TestRations:
    """What is told of hosts that ration, and leaving them."""

    def test_what_waits_for_rations_alone_can_be_left(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        refuse(hosts, "h", 0, 100)
        put(hosts, "h", "abc", 1)
        put(hosts, "other", "x", 1)
        assert not hosts.waits_for_rations_alone()
        assert taken(hosts, 1) == ["x"]
        assert not hosts.waits_for_rations_alone()  # it may still be put again
        hosts.release("other", 1, HostSignal.ANSWER, 1)
        assert hosts.waits_for_rations_alone()
        (ration,) = hosts.rations(1)
        assert ration == ("h", 0.0, 3, 99)
        assert hosts.leave_rationed() == ["a", "b", "c"]
        assert (hosts.waiting, taken(hosts, 200), hosts.rations(200)) == (0, [], [])
        assert not hosts.waits_for_rations_alone()

    def test_without_anything_left_nothing_is_waited_for(self) -> None:
        assert not HostQueue[str]().waits_for_rations_alone()
        assert HostQueue[str]().leave_rationed() == []

    def test_who_has_most_to_give_is_told_first(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        for name, tasks in (("a", "1"), ("b", "123"), ("c", "12")):
            refuse(hosts, name, 0, 10)
            put(hosts, name, tasks)
        assert [each.host for each in hosts.rations(0)] == ["b", "c", "a"]
