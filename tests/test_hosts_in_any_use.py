"""Whatever is done with hosts: no task is lost or given twice, and nobody waits for ever."""

from __future__ import annotations

import math
from collections import Counter
from typing import Callable

import pytest
from ck_imagenet.core.outcomes import HostSignal
from ck_imagenet.engine.host import HostProfile
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet.engine.rations import BackOff
from ck_imagenet.http.retry import Spacing
from host_helpers import back_offs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

NAMES = st.sampled_from(["a.one", "b.one", "c.two", "d.flickr", "e.flickr", "f"])
TIMES = st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0, 20.0])
WISHES = st.sampled_from([0.0, 0.0, 1.0, 5.0, 60.0])


class HostsMachine(RuleBasedStateMachine):
    """Any use: each task ends once, no cap is exceeded, no host is asked that backs off."""

    @initialize(
        gap=st.sampled_from([0.0, 0.0, 0.5]),
        per_host=st.integers(1, 12),
        longest=st.sampled_from([30.0, 1000.0]),
        is_patient=st.booleans(),
    )
    def begin(self, gap: float, per_host: int, longest: float, is_patient: bool) -> None:
        self.hosts: HostQueue[int] = HostQueue(
            per_host,
            BackOff(longest=longest, is_patient=is_patient),
            lambda name: HostProfile("flickr" if name.endswith("flickr") else "", Spacing(gap)),
            lambda name: name.partition(".")[2],
        )
        self.per_host = per_host
        self.now = 100.0
        self.put_so_far = 0
        self.waiting: dict[int, str] = {}
        self.busy: dict[str, list[float]] = {}
        self.told: dict[str, float] = {}

    @rule(host=NAMES, delay=TIMES, back=st.booleans(), count=st.integers(1, 12))
    def put(self, host: str, delay: float, back: bool, count: int) -> None:
        for _ in range(count):
            task = self.put_so_far
            self.put_so_far += 1
            self.waiting[task] = host
            if back:
                self.hosts.put_back(host, task, self.now)
            else:
                self.hosts.put(host, task, self.now, delay)
        self.drain()

    @rule(host=NAMES, other=NAMES)
    def redirect(self, host: str, other: str) -> None:
        self.hosts.redirects_to(host, other)

    @rule(connections=st.integers(1, 40))
    def take(self, connections: int) -> None:
        while sum(map(len, self.busy.values())) < connections and self.take_one(connections):
            pass

    def take_one(self, connections: int = 10**6) -> bool:
        left_alone = back_offs(self.hosts, self.now)
        started = self.hosts.take(self.now, connections)
        self.drain()  # of what had waited for its time while its host was given up
        if started:
            host, task = started
            assert self.waiting.pop(task) == host
            self.busy.setdefault(host, []).append(self.now)
            assert len(self.busy[host]) <= self.per_host
            assert host not in left_alone
            assert self.told.get(host, 0.0) <= self.now
        return started is not None

    @precondition(lambda self: any(self.busy.values()))
    @rule(signal=st.sampled_from(HostSignal), wish=WISHES, data=st.data(), count=st.integers(1, 12))
    def release(self, signal: HostSignal, wish: float, data: st.DataObject, count: int) -> None:
        host = data.draw(st.sampled_from([name for name, busy in self.busy.items() if busy]))
        for _ in range(min(count, len(self.busy[host]))):
            self.end_one(host, signal, wish)

    @rule(seconds=TIMES)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def wait_for_what_is_next(self) -> None:
        self.now = max(self.now, self.hosts.next_time() or self.now)

    @rule()
    def leave(self) -> None:
        names = {ration.host for ration in self.hosts.rations(self.now)}
        left = self.hosts.leave_rationed()
        assert len(set(left)) == len(left)
        for task in left:
            names.discard(self.waiting.pop(task))
        assert all(self.busy.get(name) for name in names), "only what is under way is left of them"
        assert not self.hosts.waits_for_rations_alone()

    @invariant()
    def every_task_is_counted(self) -> None:
        assert self.hosts.waiting == len(self.waiting)

    def teardown(self) -> None:
        """Whatever has happened, all tasks come to their end, each once."""
        while self.waiting:
            if self.take_one() or not self.waiting:  # what waited for who was given up has ended
                continue
            busy = next((name for name, since in self.busy.items() if since), None)
            if busy:
                self.end_one(busy, HostSignal.ANSWER, 0)
            else:
                following = self.hosts.next_time()
                assert following is not None
                assert following > self.now
                self.now = following

    def end_one(self, host: str, signal: HostSignal, wish: float) -> None:
        since = self.busy[host].pop(0)
        if signal is HostSignal.BUSY:
            self.told[host] = max(self.told.get(host, 0.0), self.now + wish)
        self.hosts.release(host, self.now, signal, since, wish)
        self.drain()

    def drain(self) -> None:
        for task, _ in self.hosts.given_up:
            del self.waiting[task]
        self.hosts.given_up.clear()


TestHosts = HostsMachine.TestCase
TestHosts.settings = settings(max_examples=150, stateful_step_count=40)


class TestSuspectHosts:
    """Hosts that time out keep connections, but not those that others can use."""

    @staticmethod
    def suspect(
        count: int, profile: Callable[[str], HostProfile] = lambda name: HostProfile()
    ) -> HostQueue[str]:
        """Return hosts that have timed out once, and for each of which more waits."""
        hosts: HostQueue[str] = HostQueue(profile=profile)
        for number in range(count):
            hosts.put(f"silent{number}", "silent", 0)
        while True:
            started = hosts.take(0)
            if not started:
                break
            hosts.release(started[0], 5, HostSignal.TIMEOUT, 0)
        for number in range(count):
            hosts.put(f"silent{number}", "silent", 5)
        return hosts

    @staticmethod
    def started(hosts: HostQueue[str], connections: int, now: float = 6) -> Counter[str]:
        """Start what may be started, and count it."""
        tasks = [hosts.take(now, connections) for _ in range(connections)]
        return Counter(started[1] for started in tasks if started)

    def test_they_hold_a_quarter_while_others_may_start(self) -> None:
        hosts = self.suspect(100)
        for number in range(100):
            hosts.put(f"other{number}", "other", 6)
        assert self.started(hosts, 32) == {"other": 24, "silent": 8}

    @pytest.mark.parametrize("connections", [8, 32, 100])
    def test_they_hold_all_when_nobody_else_waits(self, connections: int) -> None:
        assert self.started(self.suspect(200), connections) == {"silent": connections}

    @pytest.mark.parametrize("connections", [8, 32, 100])
    def test_an_eighth_is_left_for_hosts_that_wait_for_their_pace(self, connections: int) -> None:
        """Who may be asked in a moment finds a connection then."""
        spacings = {"paced": Spacing(2.0)}
        hosts = self.suspect(200, profile=lambda name: HostProfile(spacing=spacings.get(name)))
        hosts.put("paced", "first", 5)
        hosts.put("paced", "second", 5)
        assert hosts.take(5, connections) == ("paced", "first")
        hosts.release("paced", 5, HostSignal.ANSWER, 5)
        left = math.ceil(connections / 8)
        assert self.started(hosts, connections) == {"silent": connections - left}
        assert hosts.take(7, connections) == ("paced", "second")
        for number in range(100):
            hosts.put(f"other{number}", "other", 6)
        assert hosts.take(6, connections) == ("other0", "other")

    @pytest.mark.parametrize("connections", [1, 2, 3])
    def test_few_connections_are_enough_for_all(self, connections: int) -> None:
        hosts = self.suspect(10)
        assert self.started(hosts, connections)["silent"] >= 1

    def test_those_that_answer_again_are_like_the_others(self) -> None:
        hosts = self.suspect(2)
        name, _ = hosts.take(6) or ("", "")
        hosts.release(name, 6, HostSignal.ANSWER, 6)
        hosts.put(name, "back", 6)
        assert hosts.take(6.5) == (name, "back")
