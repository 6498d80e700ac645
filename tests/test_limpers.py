"""Hosts that live but have links that hang, in virtual time: no link that answers is lost."""

from __future__ import annotations

from random import Random

import pytest
from ck_imagenet.core.outcomes import HostSignal, Outcome
from ck_imagenet.engine.host import BREAKER, PROBES, HostProfile
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet.http.retry import Spacing
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator import RETRY, Limper, Link, Reply, Simulator

HANGS, ANSWERS = 99, 0
TIME_OUT = 10.0

NATURES = st.lists(
    st.one_of(
        st.just(HANGS), st.just(ANSWERS), st.integers(1, RETRY), st.sampled_from([HANGS, ANSWERS])
    ),
    min_size=1,
    max_size=80,
)


def longest_silence(simulator: Simulator, host: str) -> int:
    """Return how many requests in a row, as they began, a host has left unanswered."""
    longest = row = 0
    for start in simulator.starts:
        if start.host == host:
            row = row + 1 if start.signal is HostSignal.TIMEOUT else 0
            longest = max(longest, row)
    return longest


@settings(max_examples=400)
@given(
    natures=st.lists(NATURES, min_size=1, max_size=3),
    later=NATURES,
    when=st.sampled_from([0.0, 1.0, 12.0, 35.0]),
    answer=st.sampled_from([0.0, 0.05, 1.0, 9.0]),
    connections=st.sampled_from([1, 2, 5, 32, 100]),
    seed=st.integers(0, 3),
)
def test_a_host_that_answers_every_tenth_request_loses_no_link_that_answers(
    natures: list[list[int]],
    later: list[int],
    when: float,
    answer: float,
    connections: int,
    seed: int,
) -> None:
    """Whichever links hang, and in whatever order; some come only later, as redirects do."""
    hosts = [str(number) for number in range(len(natures))]
    simulator = Simulator(
        {name: Limper(TIME_OUT, answer) for name in hosts}, connections=connections, seed=seed
    )
    simulator.put(*(Link(name, each) for name, own in zip(hosts, natures) for each in own))
    simulator.run(until=when)
    simulator.put(*(Link(hosts[0], nature) for nature in later))
    simulator.run()
    for name in hosts:
        lost = {link: why for link, why in simulator.lost.items() if link.host == name}
        if longest_silence(simulator, name) < BREAKER + PROBES:
            assert all(link.nature == HANGS for link in lost)
            assert set(lost.values()) <= {Outcome.SILENT}
            assert all(link.attempts == 1 + RETRY for link in lost)


@pytest.mark.parametrize("connections", [8, 64])
def test_every_tenth_is_enough(connections: int) -> None:
    """Nine that hang and one that answers, again and again, on a host that is slow as well."""
    simulator = Simulator({"host": Limper(TIME_OUT, 2.0)}, connections=connections)
    natures = [ANSWERS if number % 10 == 9 else 1 for number in range(300)]
    simulator.put(*(Link("host", nature) for nature in natures))
    simulator.run()
    assert len(simulator.given) == 300


@pytest.mark.parametrize("first", [1, 2, 3, 9])
def test_the_first_links_of_a_host_that_hang_are_not_it(first: int) -> None:
    simulator = Simulator({"host": Limper(TIME_OUT)})
    simulator.put(*(Link("host", HANGS) for _ in range(first)))
    simulator.put(*(Link("host") for _ in range(50)))
    simulator.run()
    assert len(simulator.given) == 50
    assert list(simulator.lost.values()) == [Outcome.SILENT] * first


def test_a_dead_host_costs_no_more_than_ten_requests() -> None:
    simulator = Simulator({"host": Limper(TIME_OUT)})
    simulator.put(*(Link("host", HANGS) for _ in range(500)))
    took = simulator.run()
    assert len(simulator.starts) == BREAKER + PROBES
    assert took < 2 * TIME_OUT + 3
    assert len(simulator.lost) == 500


def test_a_host_that_is_down_for_half_a_minute_is_not_lost_for_the_whole_run() -> None:
    """What was asked meanwhile is: three attempts are less. The rest is given."""

    class Restarts:
        """Silent from second 1 to 9, then as before."""

        def ask(self, link: Link, now: float) -> Reply:
            if 1 <= now < 9:
                return Reply(HostSignal.TIMEOUT, 5)
            return Reply(HostSignal.ANSWER, 0.1)

    simulator = Simulator({"host": Restarts()})
    simulator.put(*(Link("host") for _ in range(400)))
    simulator.run()
    assert len(simulator.given) == 400


def test_a_few_links_that_hang_do_not_take_turns_on_a_host_that_has_nothing_else() -> None:
    """Four of them are asked thrice each, side by side, the first time in haste."""
    simulator = Simulator({"host": Limper(TIME_OUT)})
    simulator.put(*(Link("host") for _ in range(40)), *(Link("host", HANGS) for _ in range(4)))
    took = simulator.run()
    assert len(simulator.given) == 40
    assert took < (0.5 + 1 + 1) * TIME_OUT + 2 * 1.25 + 1


def test_what_has_not_been_asked_yet_goes_before_what_has_hung() -> None:
    """Or links that hang for ever keep all others waiting; but a part goes on meanwhile."""
    simulator = Simulator({str(number): Limper(TIME_OUT, 0.2) for number in range(8)})
    links = [Link(str(n % 8), HANGS if n % 80 >= 72 else ANSWERS) for n in range(800)]
    simulator.put(*links)
    simulator.run()
    last = max(simulator.given.values())
    hung = [start.time for start in simulator.starts if start.signal is HostSignal.TIMEOUT]
    assert last < 2.1 * TIME_OUT
    assert sum(start < last for start in hung) > 80
    assert set(simulator.lost) == {link for link in links if link.nature}


def living_mix(parts: int) -> Simulator:
    """Run 1,300 links: a tenth of dead hosts, of the others 3% that hang and 3% that do at first.

    They come at once, or in so many parts, a fifth of a second apart.
    """
    living = {f"living{number}": Limper(5, 0.05) for number in range(60)}
    dead = {f"dead{number}": Limper(5) for number in range(5)}
    natures = [HANGS] * 35 + [1] * 35 + [ANSWERS] * 1100
    Random(15).shuffle(natures)
    links = [Link(f"living{n % 60}", nature) for n, nature in enumerate(natures)]
    links += [Link(f"dead{n % 5}", HANGS) for n in range(130)]
    simulator = Simulator({**living, **dead}, connections=64)
    for part in range(parts):
        simulator.run(until=part * 0.2)
        simulator.put(*links[part::parts])
    simulator.run()
    assert len(simulator.given) == 1135
    return simulator


def test_one_synset_and_twenty_take_as_long_and_all_is_obtained() -> None:
    """No picture comes much later than its second attempt may end: two time-outs and a pause.

    Links that hang for ever take up to twice their three attempts: two of them on a host that
    has nothing else left take turns, and then its breaker opens.
    """
    one, twenty = living_mix(1), living_mix(20)
    for simulator in (one, twenty):
        assert max(simulator.given.values()) < 3 * 5
        assert simulator.now <= 2.1 * (1 + RETRY) * 5
    assert twenty.now <= 1.1 * one.now


def test_second_attempts_do_not_wait_for_the_end_of_all_others() -> None:
    """A link that hangs at first is given while others are still asked for."""
    simulator = Simulator({"host": Limper(5, 0.2), "other": Limper(5, 0.2)})
    first = Link("host", nature=1)
    simulator.put(first, *(Link("host") for _ in range(100)))
    simulator.put(*(Link("other") for _ in range(1000)))
    end = simulator.run()
    assert simulator.given[first] < 5 + 2
    assert end > 20


def test_two_links_of_a_dead_host_do_not_wait_for_each_other() -> None:
    """Three attempts, and a moment before each further one: the breaker adds one more."""
    simulator = Simulator({"host": Limper(TIME_OUT)})
    simulator.put(Link("host", HANGS), Link("host", HANGS))
    assert simulator.run() < (1 + RETRY) * TIME_OUT + 4
    assert len(simulator.starts) == 2 * (1 + RETRY)


@pytest.mark.parametrize(("connections", "dead"), [(4, 0), (32, 0), (32, 3), (64, 3)])
def test_hundreds_of_hosts_do_not_keep_one_from_its_pace(connections: int, dead: int) -> None:
    """It is asked when its time has come, not when all others have had their turn.

    Where three of ten are dead and nobody knows which, these may hold all connections for a while.
    """
    spacing = Spacing(0.5)
    hosts: HostQueue[Link] = HostQueue(
        profile=lambda name: HostProfile("", spacing if name == "paced" else None)
    )
    servers = {str(number): Limper(TIME_OUT, 0.2) for number in range(400)}
    simulator = Simulator({**servers, "paced": Limper(TIME_OUT, 0.1)}, hosts, connections)
    links = [Link(name, HANGS if int(name) % 10 < dead else ANSWERS) for name in servers]
    links += [Link(name, HANGS if int(name) % 10 < dead else ANSWERS) for name in servers]
    links += [Link("paced") for _ in range(100)]
    Random(15).shuffle(links)
    simulator.put(*links)
    simulator.run()
    given = simulator.given_by("paced")
    longest = max(after - before for before, after in zip(given, given[1:]))
    assert longest < (TIME_OUT if dead else 0.7)
