"""Fair turns, caps and rests of hosts."""

from __future__ import annotations

from collections import Counter

import pytest
from ck_imagenet.outcomes import Outcome
from ck_imagenet.web.hosts import (
    BREAKER,
    DOUBT,
    LONGEST_DOUBT,
    MEMORY,
    MOST_RESTS,
    MOST_RESTS_IN_ROW,
    PER_HOST,
    REDEEMING,
    Hosts,
    Rests,
    Signal,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule


def taken(hosts: Hosts[str], now: float) -> list[str]:
    """Take all that may be started now."""
    tasks: list[str] = []
    while True:
        started = hosts.take(now)
        if not started:
            return tasks
        tasks.append(started[1])


def proven(name: str, per_host: int = PER_HOST, now: float = 0.0) -> Hosts[str]:
    """Return hosts one of which has answered before, and so gets all its connections."""
    hosts: Hosts[str] = Hosts(per_host=per_host)
    hosts.put(name, "first", now)
    hosts.put(name, "second", now)
    hosts.take(now)
    hosts.take(now)
    hosts.release(name, now, Signal.ANSWER)
    return hosts


def put(hosts: Hosts[str], name: str, tasks: str, now: float = 0.0) -> None:
    for task in tasks:
        hosts.put(name, task, now)


def test_without_tasks_there_is_nothing_to_do_or_to_wait_for() -> None:
    hosts: Hosts[str] = Hosts()
    assert (hosts.take(0), hosts.next_time(), hosts.waiting) == (None, None, 0)


def test_tasks_of_one_host_come_in_their_order() -> None:
    hosts: Hosts[str] = Hosts()
    for task in "abc":
        hosts.put("h", task, 0)
    assert hosts.waiting == 3
    assert taken(hosts, 0) == ["a", "b", "c"]
    assert hosts.waiting == 0


def test_hosts_take_turns() -> None:
    hosts: Hosts[str] = Hosts()
    for task in ("a1", "a2", "a3", "b1", "b2", "c1"):
        hosts.put(task[0], task, 0)
    assert taken(hosts, 0) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_host_has_no_more_connections_than_its_cap() -> None:
    hosts = proven("a", per_host=3)
    put(hosts, "a", "1234")
    put(hosts, "b", "5")
    assert taken(hosts, 0) == ["1", "5", "2"]
    hosts.release("a", 0, Signal.ANSWER)
    assert taken(hosts, 0) == ["3"]


def test_a_host_that_has_not_answered_yet_gets_no_more_connections_than_tell_of_it() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "123456")
    assert taken(hosts, 0) == ["1", "2", "3"]
    hosts.release("h", 1, Signal.ANSWER)
    assert taken(hosts, 1) == ["4", "5", "6"]


def test_a_resting_host_is_left_alone_while_others_work() -> None:
    hosts: Hosts[str] = Hosts()
    for task in ("a1", "a2", "b1"):
        hosts.put(task[0], task, 0)
    assert hosts.take(0) == ("a", "a1")
    hosts.release("a", 1, Signal.BUSY, 10)
    assert taken(hosts, 1) == ["b1"]
    assert hosts.next_time() == 11
    assert taken(hosts, 10.9) == []
    assert taken(hosts, 11) == ["a2"]


def test_a_shorter_rest_does_not_end_a_longer_one() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "123")
    hosts.take(0)
    hosts.take(0)
    hosts.release("h", 1, Signal.BUSY, 10)
    hosts.release("h", 2, Signal.BUSY, 1)
    assert taken(hosts, 5) == []
    assert taken(hosts, 11) == ["3"]


def test_a_host_that_says_no_time_rests_longer_each_time_in_a_row() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "1234")
    now, rests = 0.0, []
    for _ in range(3):
        assert hosts.take(now)
        hosts.release("h", now, Signal.BUSY)
        rests.append((hosts.next_time() or 0) - now)
        now += rests[-1]
    assert rests == [1, 2, 4]


def test_a_host_that_says_a_time_rests_for_that_time() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "1234")
    for now in (0, 2, 4):
        assert hosts.take(now)
        hosts.release("h", now, Signal.BUSY, 2)
        assert hosts.next_time() == now + 2


def test_no_rest_is_longer_than_the_longest() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "12")
    hosts.take(0)
    hosts.release("h", 0, Signal.BUSY, 3600)
    assert hosts.next_time() == 30


def test_a_host_may_be_one_that_rests_longer_by_itself() -> None:
    hosts: Hosts[str] = Hosts(rests=Rests(first=60, longest=300))
    put(hosts, "h", "1234")
    now, rests = 0.0, []
    for wish in (0, 0, 200, 500):
        assert hosts.take(now)
        hosts.release("h", now, Signal.ANSWER if wish == 500 else Signal.BUSY, wish)
        rests.append((hosts.next_time() or now) - now)
        now += rests[-1]
    assert rests == [60, 120, 200, 0]


def test_a_host_to_be_heeded_strictly_is_never_asked_before_the_time_that_it_says() -> None:
    hosts: Hosts[str] = Hosts(rests=Rests(longest=300, strict=True))
    put(hosts, "h", "123")
    hosts.take(0)
    hosts.release("h", 0, Signal.BUSY, 300)
    assert (taken(hosts, 299), taken(hosts, 300)) == ([], ["2", "3"])
    hosts.put_back("h", "2", 300)
    hosts.release("h", 300, Signal.BUSY, 301)
    assert hosts.given_up == [("2", Outcome.HOST_BUSY)]
    assert taken(hosts, 10_000) == []


def test_who_was_refused_is_asked_first_after_the_rest() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "12")
    hosts.take(0)
    hosts.put_back("h", "1", 0)
    hosts.release("h", 0, Signal.BUSY, 5)
    assert taken(hosts, 5) == ["1", "2"]


def test_a_host_that_is_busy_too_often_in_a_row_is_given_up() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "1234567")
    for now in range(0, 100 * MOST_RESTS_IN_ROW, 100):
        assert hosts.take(now)
        hosts.release("h", now, Signal.BUSY)
    assert hosts.given_up == []
    assert hosts.take(1000)
    hosts.release("h", 1000, Signal.BUSY)
    assert hosts.given_up == [(task, Outcome.HOST_BUSY) for task in "567"]
    hosts.put("h", "8", 1000)
    assert hosts.given_up[3:] == [("8", Outcome.HOST_BUSY)]
    assert hosts.waiting == 0


def test_refusals_beside_answers_teach_how_many_connections_a_host_takes() -> None:
    hosts = proven("h")
    put(hosts, "h", "123456789")
    assert len(taken(hosts, 0)) == 9
    for _ in range(6):  # beside the four others
        hosts.release("h", 0, Signal.BUSY)
    for _ in range(4):
        hosts.release("h", 1, Signal.ANSWER)
    put(hosts, "h", "abcdefgh", 1)
    assert len(taken(hosts, 2)) == 4


def test_who_refuses_all_is_not_short_of_connections() -> None:
    hosts = proven("h")
    put(hosts, "h", "123456")
    hosts.release("h", 0, Signal.ANSWER)
    for _ in taken(hosts, 0):
        hosts.release("h", 0, Signal.BUSY)
    put(hosts, "h", "abcdefgh", 1)
    assert len(taken(hosts, 2)) == 8


def test_a_host_that_leaves_requests_unanswered_is_left_alone_until_nothing_else_waits() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "dead", "1234567")
    put(hosts, "other", "x")
    assert taken(hosts, 0) == ["1", "x", "2", "3"]
    for _ in range(BREAKER):
        hosts.release("dead", 5, Signal.SILENCE)
    put(hosts, "other", "y", 5)
    assert taken(hosts, 5) == ["y", "4"]
    hosts.release("dead", 10, Signal.SILENCE)
    assert hosts.given_up == [(task, Outcome.HOST_DOWN) for task in "567"]
    assert (hosts.waiting, hosts.take(10)) == (0, None)


def test_a_host_that_has_come_back_at_the_end_is_asked_for_all() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "123456")
    for _ in taken(hosts, 0):
        hosts.release("h", 5, Signal.SILENCE)
    assert taken(hosts, 5) == ["4"]
    hosts.release("h", 6, Signal.ANSWER)
    assert taken(hosts, 6) == ["5", "6"]


def test_what_was_under_way_when_a_host_fell_silent_does_not_decide_whether_it_is_back() -> None:
    hosts = proven("h", per_host=5)  # one request is still under way
    put(hosts, "h", "abcdefg")
    assert taken(hosts, 0) == ["a", "b", "c", "d"]
    for _ in range(BREAKER + 1):
        hosts.release("h", 9, Signal.SILENCE)
    assert (hosts.take(9), hosts.given_up) == (None, [])
    hosts.release("h", 9, Signal.SILENCE)
    assert taken(hosts, 9) == ["e"]  # the probe
    hosts.release("h", 10, Signal.ANSWER)
    assert taken(hosts, 10) == ["f", "g"]


def test_a_probe_that_tells_nothing_is_followed_by_another() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "abcde")
    assert taken(hosts, 0) == ["a", "b", "c"]
    for _ in range(BREAKER):
        hosts.release("h", 9, Signal.SILENCE)
    assert taken(hosts, 9) == ["d"]
    hosts.release("h", 9, Signal.UNCLEAR)
    assert taken(hosts, 9) == ["e"]
    hosts.release("h", 9, Signal.SILENCE)
    assert hosts.waiting == 0


def test_an_answer_in_between_resets_the_breaker_and_nothing_else_does() -> None:
    hosts: Hosts[str] = Hosts()
    put(hosts, "h", "123456789")
    for sign in (Signal.SILENCE, Signal.SILENCE, Signal.ANSWER, Signal.SILENCE, Signal.UNCLEAR):
        assert hosts.take(0)
        hosts.release("h", 0, sign)
    hosts.put("other", "x", 0)
    assert taken(hosts, 0) == ["6", "x", "7"]
    hosts.release("h", 0, Signal.SILENCE)
    hosts.release("h", 0, Signal.SILENCE)
    assert hosts.take(0) == ("h", "8")  # it is down: the one request that decides


def test_what_was_put_last_waits_until_nothing_else_does() -> None:
    hosts = proven("h")
    hosts.put_last("h", "late", 0)
    put(hosts, "h", "12")
    assert taken(hosts, 0) == ["1", "2", "late"]


def test_more_that_is_to_come_keeps_the_last_waiting() -> None:
    hosts = proven("h")
    hosts.complete = False
    hosts.put_last("h", "late", 0)
    assert taken(hosts, 0) == []
    hosts.complete = True
    assert taken(hosts, 0) == ["late"]


def test_sleep_lies_between_the_starts_of_two_requests_to_one_host() -> None:
    hosts: Hosts[str] = Hosts(sleep=2)
    for task in ("a1", "a2", "b1"):
        hosts.put(task[0], task, 0)
    assert taken(hosts, 0) == ["a1", "b1"]
    assert taken(hosts, 1.9) == []
    assert taken(hosts, 2) == ["a2"]


def test_a_delayed_task_waits_but_its_host_does_not() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.put("h", "later", 0, delay=5)
    hosts.put("h", "now", 0)
    assert hosts.waiting == 2
    assert taken(hosts, 0) == ["now"]
    assert (hosts.waiting, hosts.next_time()) == (1, 5)
    assert taken(hosts, 5) == ["later"]


def test_a_host_without_tasks_of_which_nothing_bad_is_known_is_forgotten() -> None:
    hosts: Hosts[str] = Hosts(sleep=1)
    for number in range(100):
        hosts.put(str(number), "task", 0)
    for name in range(100):
        hosts.take(0)
        hosts.release(str(name), 0, Signal.ANSWER)
    hosts.take(1)
    assert vars(hosts)["_hosts"] == {}


NAMES = st.sampled_from("abc")
TIMES = st.sampled_from([0.0, 0.5, 1.0, 3.0, 0.1])


@pytest.fixture
def stream() -> Hosts[str]:
    """Hosts of which further tasks are still to come."""
    hosts: Hosts[str] = Hosts()
    hosts.complete = False
    put(hosts, "down", "abcde")
    taken(hosts, 0)
    for _ in range(BREAKER):
        hosts.release("down", 0, Signal.SILENCE)
    return hosts


def test_while_tasks_are_still_to_come_a_host_in_doubt_is_asked_again_after_a_time(
    stream: Hosts[str],
) -> None:
    assert taken(stream, DOUBT - 1) == []
    assert taken(stream, LONGEST_DOUBT) == ["d"]
    stream.release("down", LONGEST_DOUBT + 1, Signal.ANSWER)
    assert taken(stream, LONGEST_DOUBT + 1) == ["e"]


def test_hosts_that_fell_silent_together_are_not_asked_again_together() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.complete = False
    names = [f"host-{number}.example:80" for number in range(600)]
    for name in names:
        hosts.put(name, name, 0)
    for name in taken(hosts, 0):
        hosts.release(name, 0, Signal.SILENCE)
        hosts.put_last(name, name, 0)
    seconds = range(int(DOUBT), int(LONGEST_DOUBT) + 1)
    asked = [taken(hosts, float(second)) for second in seconds]
    assert sorted(name for each in asked for name in each) == sorted(names)
    assert max(map(len, asked)) <= 600 / 60 * 3


def test_a_host_in_doubt_is_asked_at_once_where_it_keeps_others_waiting(
    stream: Hosts[str],
) -> None:
    stream.ask_again(1)
    assert taken(stream, 1) == ["d"]
    stream.release("down", 2, Signal.SILENCE)
    assert stream.given_up == [("e", Outcome.HOST_DOWN)]


def test_where_many_keep_others_waiting_those_that_are_known_for_longest_are_asked_first() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.complete = False
    for name in "abcd":
        hosts.put(name, name, 0)
        taken(hosts, 0)
        hosts.release(name, 0, Signal.SILENCE)
        hosts.put_last(name, name, 0)
        hosts.put_last(name, name.upper(), 0)
    hosts.ask_again(1, 3)
    assert taken(hosts, 1) == ["a", "b", "c"]
    hosts.ask_again(2, 3)
    assert taken(hosts, 2) == ["d"]


def test_a_host_that_was_given_up_is_a_new_one_after_a_time(stream: Hosts[str]) -> None:
    stream.ask_again(1)
    taken(stream, 1)
    stream.release("down", 2, Signal.SILENCE)
    put(stream, "down", "f", 2)
    assert stream.given_up == [("e", Outcome.HOST_DOWN), ("f", Outcome.HOST_DOWN)]
    stream.take(2 + MEMORY)
    assert vars(stream)["_hosts"] == {}
    put(stream, "down", "g", 2 + MEMORY)
    assert taken(stream, 2 + MEMORY) == ["g"]


@pytest.mark.parametrize("silences", range(1, BREAKER + 1))
def test_a_host_for_which_nothing_waits_is_forgotten_while_others_are_still_to_come(
    silences: int,
) -> None:
    hosts: Hosts[str] = Hosts()
    hosts.complete = False
    put(hosts, "down", "abc"[:silences])
    taken(hosts, 0)
    for _ in range(silences):
        hosts.release("down", 0, Signal.SILENCE)
    hosts.take(DOUBT - 1)
    assert list(vars(hosts)["_hosts"]) == ["down"]
    hosts.take(LONGEST_DOUBT)
    assert vars(hosts)["_hosts"] == {}


def test_a_host_that_has_rested_is_forgotten_too() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.complete = False
    put(hosts, "busy", "ab")
    taken(hosts, 0)
    hosts.release("busy", 0, Signal.BUSY)
    hosts.release("busy", 0, Signal.ANSWER)
    for now in (LONGEST_DOUBT, 2 * LONGEST_DOUBT):
        hosts.take(now)
    assert vars(hosts)["_hosts"] == {}


def test_who_is_not_to_be_asked_any_more_never_is() -> None:
    hosts: Hosts[str] = Hosts(rests=Rests(longest=300, strict=True))
    hosts.complete = False
    put(hosts, "h", "ab")
    hosts.take(0)
    hosts.release("h", 0, Signal.BUSY, 3600)
    put(hosts, "h", "c", 2 * MEMORY)
    assert taken(hosts, 3 * MEMORY) == []
    assert hosts.given_up == [("b", Outcome.HOST_BUSY), ("c", Outcome.HOST_BUSY)]


def test_a_host_that_has_given_many_answers_may_be_busy_again() -> None:
    hosts: Hosts[str] = Hosts()
    now = 0.0
    for _ in range(2 * MOST_RESTS):
        for sign in (Signal.BUSY, *[Signal.ANSWER] * REDEEMING):
            put(hosts, "h", "a", now)
            hosts.take(now)
            hosts.release("h", now, sign)
            now += 1
    assert hosts.given_up == []


class HostsMachine(RuleBasedStateMachine):
    """Any use of hosts: no task is lost or given twice, no cap exceeded, nobody waits for ever."""

    @initialize(sleep=TIMES, per_host=st.integers(1, 4))
    def begin(self, sleep: float, per_host: int) -> None:
        self.hosts: Hosts[int] = Hosts(sleep, per_host)
        self.per_host = per_host
        self.now = 100.0
        self.put_so_far = 0
        self.waiting: set[int] = set()
        self.busy: Counter[str] = Counter()

    @rule(host=NAMES, delay=TIMES, how=st.sampled_from(["put", "back", "last"]))
    def put(self, host: str, delay: float, how: str) -> None:
        task = self.put_so_far
        self.put_so_far += 1
        self.waiting.add(task)
        if how == "put":
            self.hosts.put(host, task, self.now, delay)
        elif how == "back":
            self.hosts.put_back(host, task, self.now)
        else:
            self.hosts.put_last(host, task, self.now)
        self.drain()

    @rule()
    def take(self) -> None:
        self.take_one()

    def take_one(self) -> bool:
        started = self.hosts.take(self.now)
        self.drain()  # of what had waited for its time while its host was given up
        if started:
            host, task = started
            self.waiting.remove(task)
            self.busy[host] += 1
            assert self.busy[host] <= self.per_host
        return started is not None

    @precondition(lambda self: any(self.busy.values()))
    @rule(sign=st.sampled_from(Signal), wish=TIMES, data=st.data())
    def release(self, sign: Signal, wish: float, data: st.DataObject) -> None:
        host = data.draw(st.sampled_from([name for name, busy in self.busy.items() if busy]))
        self.end_one(host, sign, wish)

    @rule(seconds=TIMES)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def every_task_is_counted(self) -> None:
        assert self.hosts.waiting == len(self.waiting)

    def teardown(self) -> None:
        """Whatever has happened, all tasks come to their end, each once."""
        while self.waiting:
            if self.take_one():
                continue
            busy = list(+self.busy)
            if busy:
                self.end_one(busy[0], Signal.ANSWER, 0)
            else:
                following = self.hosts.next_time()
                assert following is not None
                assert following > self.now
                self.now = following

    def end_one(self, host: str, sign: Signal, wish: float) -> None:
        self.busy[host] -= 1
        self.hosts.release(host, self.now, sign, wish)
        self.drain()

    def drain(self) -> None:
        for task, _ in self.hosts.given_up:
            self.waiting.remove(task)
        self.hosts.given_up.clear()


TestHosts = HostsMachine.TestCase
TestHosts.settings = settings(max_examples=100, stateful_step_count=40)


@pytest.mark.parametrize("count", [2, 7])
def test_no_host_waits_for_more_than_one_task_of_each_other(count: int) -> None:
    hosts: Hosts[str] = Hosts(per_host=3)
    for number in range(count):
        for task in range(9):
            hosts.put(str(number), f"{task}", 0)
    order = []
    for _task in range(count * 9):
        name, _ = hosts.take(0) or ("", "")
        hosts.release(name, 0, Signal.ANSWER)
        order.append(name)
    for start in range(0, len(order), count):
        assert len(set(order[start : start + count])) == count
