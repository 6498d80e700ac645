"""Fair turns, caps and rests of hosts."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from ck_imagenet.hosts import Hosts
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
    hosts: Hosts[str] = Hosts(per_host=2)
    for task in ("a1", "a2", "a3", "a4", "b1"):
        hosts.put(task[0], task, 0)
    assert taken(hosts, 0) == ["a1", "b1", "a2"]
    hosts.release("a", 0)
    assert taken(hosts, 0) == ["a3"]


def test_a_resting_host_is_left_alone_while_others_work() -> None:
    hosts: Hosts[str] = Hosts()
    for task in ("a1", "a2", "b1"):
        hosts.put(task[0], task, 0)
    assert hosts.take(0) == ("a", "a1")
    hosts.release("a", 1, rest=10)
    assert taken(hosts, 1) == ["b1"]
    assert hosts.next_time() == 11
    assert taken(hosts, 10.9) == []
    assert taken(hosts, 11) == ["a2"]


def test_a_shorter_rest_does_not_end_a_longer_one() -> None:
    hosts: Hosts[str] = Hosts()
    for task in ("1", "2", "3"):
        hosts.put("h", task, 0)
    hosts.take(0)
    hosts.take(0)
    hosts.release("h", 1, rest=10)
    hosts.release("h", 2, rest=1)
    assert taken(hosts, 5) == []
    assert taken(hosts, 11) == ["3"]


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


def test_a_host_without_tasks_is_forgotten() -> None:
    hosts: Hosts[str] = Hosts(sleep=1)
    for number in range(100):
        hosts.put(str(number), "task", 0)
    for name in range(100):
        hosts.take(0)
        hosts.release(str(name), 0)
    hosts.take(1)
    assert vars(hosts)["_hosts"] == {}


NAMES = st.sampled_from("abc")
TIMES = st.sampled_from([0.0, 0.5, 1.0, 3.0, 0.1])


class _Task(NamedTuple):
    number: int
    host: str
    ready: float


class HostsMachine(RuleBasedStateMachine):
    """Any use of hosts, beside a model that is too simple to be wrong."""

    @initialize(sleep=TIMES, per_host=st.integers(1, 3))
    def begin(self, sleep: float, per_host: int) -> None:
        self.hosts: Hosts[_Task] = Hosts(sleep, per_host)
        self.sleep, self.per_host = sleep, per_host
        self.now = 100.0
        self.put_so_far = 0
        self.waiting: list[_Task] = []
        self.busy: Counter[str] = Counter()
        self.rests_until: dict[str, float] = {}

    @rule(host=NAMES, delay=TIMES)
    def put(self, host: str, delay: float) -> None:
        task = _Task(self.put_so_far, host, self.now + delay)
        self.put_so_far += 1
        self.waiting.append(task)
        self.hosts.put(host, task, self.now, delay)

    @rule()
    def take(self) -> None:
        may_start = [task for task in self.waiting if self._may_start(task)]
        started = self.hosts.take(self.now)
        if not started:
            assert may_start == []
            return
        host, task = started
        assert host == task.host
        assert task in may_start
        self.waiting.remove(task)
        self.busy[host] += 1
        if self.sleep:
            self._rest(host, self.sleep)

    @precondition(lambda self: any(self.busy.values()))
    @rule(rest=TIMES, data=st.data())
    def release(self, rest: float, data: st.DataObject) -> None:
        host = data.draw(st.sampled_from([name for name, busy in self.busy.items() if busy]))
        self.busy[host] -= 1
        self.hosts.release(host, self.now, rest)
        if rest:
            self._rest(host, rest)

    @rule(seconds=TIMES)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def every_task_is_counted(self) -> None:
        assert self.hosts.waiting == len(self.waiting)

    @invariant()
    def who_waits_knows_for_what(self) -> None:
        """Nobody may wait for ever, nor wake up again and again for nothing."""
        if any(self._may_start(task) for task in self.waiting):
            return
        assert self.hosts.take(self.now) is None
        following = self.hosts.next_time()
        assert following is None or following > self.now
        if self.waiting and not any(self.busy.values()):
            assert following is not None

    def teardown(self) -> None:
        """Whatever has happened, all tasks come to their end, each once."""
        ended = 0
        while self.waiting:
            before = len(self.waiting)
            self.take()
            ended += before - len(self.waiting)
            if len(self.waiting) < before:
                continue
            for host in +self.busy:
                self.busy[host] -= 1
                self.hosts.release(host, self.now)
                break
            else:
                following = self.hosts.next_time()
                assert following is not None
                self.now = following

    def _may_start(self, task: _Task) -> bool:
        return (
            task.ready <= self.now
            and self.rests_until.get(task.host, 0) <= self.now
            and self.busy[task.host] < self.per_host
        )

    def _rest(self, host: str, seconds: float) -> None:
        self.rests_until[host] = max(self.rests_until.get(host, 0), self.now + seconds)


TestHosts = HostsMachine.TestCase
TestHosts.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("count", [2, 7])
def test_no_host_waits_for_more_than_one_task_of_each_other(count: int) -> None:
    hosts: Hosts[str] = Hosts(per_host=3)
    for number in range(count):
        for task in range(9):
            hosts.put(str(number), f"{task}", 0)
    order = []
    for _task in range(count * 9):
        name, _ = hosts.take(0) or ("", "")
        hosts.release(name, 0)
        order.append(name)
    for start in range(0, len(order), count):
        assert len(set(order[start : start + count])) == count
