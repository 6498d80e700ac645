"""What is known of a host goes with it to its next owner, when the worker that owns it dies."""

from __future__ import annotations

import math
import os
import signal
import time

import pytest
from ck_imagenet.core.outcomes import HostSignal, Outcome
from ck_imagenet.engine.host import BREAKER, PROBES, HostState
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet_practice import Link, PracticeWeb
from host_helpers import LONG, give, put, refuse, taken
from simulator import Link as SimulatedLink
from simulator import Rationer, Simulator
from terminal import WNID, Terminal
from test_processes_journey import workers


def heir(hosts: HostQueue[str], now: float) -> HostQueue[str]:
    """Return the queue of a new owner that knows what was told, at a time 0 of its own."""
    made: HostQueue[str] = HostQueue()
    made.restore(hosts.changes(now), 0.0)
    return made


def silent(times: int) -> HostQueue[str]:
    """Return a queue with a host that has timed out so often."""
    hosts: HostQueue[str] = HostQueue()
    now = 0.0
    for _ in range(times):
        put(hosts, "a", "x", now)
        while not hosts.take(now):
            now = hosts.next_time() or now
        hosts.release("a", now, HostSignal.TIMEOUT, now)
    return hosts


class TestState:
    """What a queue tells of its hosts, and what another makes of it."""

    def test_of_a_host_that_answers_nothing_is_told(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        give(hosts, "a", 3)
        assert hosts.changes(0.0) == {}

    def test_what_has_changed_is_told_once(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        refuse(hosts, "a", 0.0, 30.0)
        assert hosts.changes(10.0)["a"].rest == 20.0
        assert hosts.changes(10.0) == {}

    def test_that_it_answers_again_is_told_too(self) -> None:
        hosts = silent(1)
        assert hosts.changes(0.0) == {"a": HostState(timeouts=1)}
        put(hosts, "a", "x")
        hosts.take(0.0)
        hosts.release("a", 0.0, HostSignal.ANSWER, 0.0)
        assert hosts.changes(0.0) == {"a": HostState()}

    def test_a_back_off_goes_on(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        give(hosts, "a")
        refuse(hosts, "a", 5.0, 30.0)
        new = heir(hosts, 10.0)
        put(new, "a", "x")
        assert taken(new, 24.9) == []
        assert taken(new, 25.1) == ["x"]

    def test_its_pace_and_its_refusals_are_known(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        give(hosts, "a")
        for now in (1.0, 5.0, 20.0):
            refuse(hosts, "a", now)
        new = heir(hosts, 20.0)
        put(new, "a", "x")
        assert new.waits_for_rations_alone()
        state = new.changes(0.0)["a"]
        assert (state.refusals, state.has_given) == (3, True)

    @pytest.mark.parametrize("times", [1, BREAKER, BREAKER + PROBES - 1])
    def test_it_has_no_more_attempts_than_its_breaker_has_left(self, times: int) -> None:
        new = heir(silent(times), LONG)
        put(new, "a", "0123456789")
        asked = 0
        now = 0.0
        while not new.given_up:
            while not new.take(now):
                now = new.next_time() or now
            new.release("a", now, HostSignal.TIMEOUT, now)
            asked += 1
        assert asked == BREAKER + PROBES - times

    def test_one_that_was_given_up_is_asked_for_nothing(self) -> None:
        new = heir(silent(BREAKER + PROBES), LONG)
        put(new, "a", "xy")
        assert taken(new, LONG) == []
        assert new.given_up == [("x", Outcome.HOST_DOWN), ("y", Outcome.HOST_DOWN)]

    def test_nor_is_one_that_refused_too_often(self) -> None:
        hosts: HostQueue[str] = HostQueue()
        now = 0.0
        for _ in range(4):
            put(hosts, "a", "x", now)
            while not hosts.take(now):
                now = hosts.next_time() or now
            hosts.release("a", now, HostSignal.BUSY, now)
        new = heir(hosts, now)
        put(new, "a", "x")
        assert new.given_up == [("x", Outcome.HOST_BUSY)]


HANDED_ON_AT = [0.25, 0.5, 0.75, 1.5, 2.0, 3.5, 6.0]


@pytest.mark.parametrize(
    ("words", "pictures"),
    [
        ("bucket-3-20 ban-5-10-15-403", 90),
        ("window-40-20 ban-5-10-15-403", 160),
        ("bucket-1-60 ban-10-60-300-403-longer", 150),
    ],
)
def test_its_next_owner_brings_no_ban(words: str, pictures: int) -> None:
    """Refusals before count: with those of a new start, they were five in ten seconds, or ten."""
    alone = handed_on(words, pictures, math.inf)
    for when in HANDED_ON_AT:
        assert handed_on(words, pictures, when) < alone + 30


def handed_on(words: str, pictures: int, when: float) -> float:
    """Give a host that rations to a new owner at a time; return when all its pictures are here."""
    rationer = Rationer(words)
    simulator = Simulator({"host": rationer})
    links = [SimulatedLink("host") for _ in range(pictures)]
    simulator.put(*links)
    told: dict[str, HostState] = {}
    while len(simulator.given) < pictures and simulator.now < when:
        simulator.run(min(when, simulator.now + 0.05))
        told.update(simulator.hosts.changes(simulator.now))
    if len(simulator.given) < pictures:
        hosts: HostQueue[SimulatedLink] = HostQueue()
        hosts.restore(told, when)
        following = Simulator({"host": rationer}, hosts)
        following.now = when
        following.put(*(link for link in links if link not in simulator.given))
        following.run()
        assert len(simulator.given) + len(following.given) == pictures
        simulator.now = following.now
    assert not rationer.tally().banned
    return simulator.now


SLOW = [f"/slow/0.4/{n}.jpg" for n in range(80)]
"""What keeps the process of the command busy."""


def beside_slow_ones(web: PracticeWeb, paths: list[str]) -> None:
    """Let a host with few links be another process's: the one with many is this one's."""
    urls = [*(web.url(0, path) for path in SLOW), *(web.url(1, path) for path in paths)]
    web.set_links(WNID, [Link(f"{WNID}_{n}", url, "good") for n, url in enumerate(urls)])


def times(web: PracticeWeb) -> list[float]:
    """Return when the other host was asked."""
    return [each.when for each in web.requests.all() if each.host == web.hosts[1]]


def wait_for(web: PracticeWeb, count: int) -> None:
    end = time.monotonic() + 30
    while len(times(web)) < count and time.monotonic() < end:
        time.sleep(0.01)


COMMAND = ("download", "imagenet", f"--wnid={WNID}", "--processes=2", "--jobs=8", "--outdir=out")


def test_a_host_that_backs_off_is_not_asked_sooner_because_its_worker_died(
    terminal: Terminal, web: PracticeWeb
) -> None:
    beside_slow_ones(web, [f"/rationed/window-1-8/after/{n}.jpg" for n in range(2)])
    with terminal.start(*COMMAND) as run:
        wait_for(web, 2)
        time.sleep(0.5)
        (worker,) = workers(run.pid)
        os.kill(worker, signal.SIGKILL)
        run.communicate(timeout=100)
    given, refused, again = times(web)[:3]
    assert refused < given + 5
    assert again > given + 7.5
    assert len(list((terminal.folder / "out" / WNID).glob("*.jpg"))) == len(SLOW) + 2


def test_a_host_that_keeps_silent_has_no_new_attempts_because_its_worker_died(
    terminal: Terminal, web: PracticeWeb
) -> None:
    beside_slow_ones(web, [f"/silent/{n}.jpg" for n in range(30)])
    with terminal.start(*COMMAND, "--timeout=1", "--retry=0") as run:
        wait_for(web, BREAKER)
        time.sleep(1.4)  # they time out, and the breaker is open for a second or two
        assert len(times(web)) == BREAKER
        (worker,) = workers(run.pid)
        os.kill(worker, signal.SIGKILL)
        run.communicate(timeout=100)
    assert len(times(web)) == BREAKER + PROBES
