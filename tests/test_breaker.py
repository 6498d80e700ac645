"""Whether a host is there at all: closed, open, half-open, given up."""

from __future__ import annotations

import pytest
from ck_imagenet.engine.host import BACK_OFF, BREAKER, PROBES, CircuitBreaker, State
from hypothesis import given
from hypothesis import strategies as st

CAP = 10


def timed_out(breaker: CircuitBreaker, times: int, now: float = 0.0) -> CircuitBreaker:
    """Let so many requests that began at this time end without an answer."""
    for _ in range(times):
        breaker.timed_out(now, now)
    return breaker


def half_open(consecutive_timeouts: int = BREAKER) -> CircuitBreaker:
    """Return the breaker of a host whose back-off has passed at time 10."""
    breaker = timed_out(CircuitBreaker(), BREAKER)
    breaker.allowed(CAP, 10)
    return timed_out(breaker, consecutive_timeouts - BREAKER, 10)


class TestClosed:
    """A host is asked as usual."""

    def test_one_that_answers_gets_all_its_connections(self) -> None:
        breaker = CircuitBreaker()
        breaker.answered(0)
        assert (breaker.state, breaker.allowed(CAP, 0)) == (State.CLOSED, CAP)
        assert not breaker.is_suspect

    def test_one_that_was_never_asked_gets_no_more_than_tell_of_it(self) -> None:
        assert CircuitBreaker().allowed(CAP, 0) == BREAKER
        assert CircuitBreaker().allowed(1, 0) == 1
        assert not CircuitBreaker().is_suspect

    def test_each_time_out_leaves_fewer_to_who_has_not_answered_yet(self) -> None:
        breaker = CircuitBreaker()
        assert [timed_out(breaker, 1, 1).allowed(CAP, 1) for _ in range(BREAKER - 1)] == [2, 1]
        assert (breaker.state, breaker.is_suspect) == (State.CLOSED, True)

    def test_who_has_answered_keeps_all_until_it_opens(self) -> None:
        breaker = CircuitBreaker()
        breaker.answered(0)
        assert [timed_out(breaker, 1, 1).allowed(CAP, 1) for _ in range(BREAKER - 1)] == [CAP, CAP]

    def test_what_was_under_way_when_it_opened_is_no_probe(self) -> None:
        breaker = CircuitBreaker()
        breaker.answered(0)
        timed_out(breaker, BREAKER, 1)
        for _ in range(PROBES + 1):
            breaker.timed_out(2, 1)
        assert (breaker.state, breaker.consecutive_timeouts) == (State.OPEN, BREAKER)

    def test_any_answer_makes_up_for_all_time_outs_before(self) -> None:
        breaker = CircuitBreaker()
        for now in range(20):
            timed_out(breaker, BREAKER - 1, now)
            breaker.answered(now)
        assert (breaker.state, breaker.consecutive_timeouts, breaker.allowed(CAP, 20)) == (
            State.CLOSED,
            0,
            CAP,
        )


class TestWhoseTimeOut:
    """A time-out is the host's only if nothing of it has come since that request began."""

    @pytest.mark.parametrize(("began", "counts"), [(1, 0), (4, 0), (5, 0), (6, 1), (9, 1)])
    def test_it_does_not_count_if_anything_came_since(self, began: float, counts: int) -> None:
        breaker = CircuitBreaker()
        breaker.answered(5)
        breaker.timed_out(10, began)
        assert breaker.consecutive_timeouts == counts

    def test_of_a_host_that_has_answered_only_other_links_count(self) -> None:
        """A few that hang for ever are asked again and again, with nothing else left to ask for."""
        breaker = CircuitBreaker()
        breaker.answered(0)
        timed_out(breaker, BREAKER - 1, 1)
        for now in range(2, 20):
            breaker.timed_out(now, now, again=True)
        assert (breaker.state, breaker.consecutive_timeouts) == (State.CLOSED, BREAKER - 1)

    def test_of_one_that_has_not_answered_every_time_out_counts(self) -> None:
        breaker = CircuitBreaker()
        for now in range(BREAKER):
            breaker.timed_out(now, now, again=now > 0)
        assert breaker.state is State.OPEN

    def test_so_links_that_hang_on_a_host_that_lives_never_do_it_harm(self) -> None:
        breaker = CircuitBreaker()
        for now in range(1, 1000):
            breaker.answered(now)
            breaker.timed_out(now + 0.5, now - 10)
        assert (breaker.state, breaker.consecutive_timeouts) == (State.CLOSED, 0)

    def test_nor_do_they_while_it_is_suspect(self) -> None:
        breaker = half_open()
        breaker.answered(11)
        for _ in range(BREAKER + PROBES):
            breaker.timed_out(20, 10.5)
        assert breaker.state is State.CLOSED


class TestOpen:
    """A host is left alone for a moment."""

    def test_so_many_consecutive_time_outs_open_it(self) -> None:
        breaker = timed_out(CircuitBreaker(), BREAKER, 5)
        assert (breaker.state, breaker.allowed(CAP, 5)) == (State.OPEN, 0)
        assert breaker.half_opens_at == 5 + BACK_OFF
        assert breaker.allowed(CAP, 5 + BACK_OFF - 0.01) == 0

    @pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
    def test_not_all_hosts_are_left_alone_for_as_long(self, spread: float) -> None:
        breaker = timed_out(CircuitBreaker(), BREAKER - 1)
        breaker.timed_out(0, 0, spread)
        assert breaker.half_opens_at == BACK_OFF * (1 + spread)

    def test_what_was_under_way_does_not_prolong_that(self) -> None:
        breaker = timed_out(CircuitBreaker(), BREAKER)
        timed_out(breaker, 2, 0.9)
        assert breaker.half_opens_at == BACK_OFF

    def test_what_was_under_way_and_is_answered_closes_it(self) -> None:
        breaker = timed_out(CircuitBreaker(), BREAKER)
        breaker.answered(0.5)
        assert (breaker.state, breaker.allowed(CAP, 0.5)) == (State.CLOSED, CAP)


class TestHalfOpen:
    """A few requests find out whether a host is there."""

    def test_after_a_moment_it_is_probed(self) -> None:
        breaker = timed_out(CircuitBreaker(), BREAKER)
        assert breaker.allowed(CAP, BACK_OFF) == PROBES
        assert (breaker.state, breaker.is_suspect) == (State.HALF_OPEN, True)

    @pytest.mark.parametrize("consecutive_timeouts", range(BREAKER, BREAKER + PROBES))
    def test_by_no_more_requests_than_decide(self, consecutive_timeouts: int) -> None:
        assert (
            half_open(consecutive_timeouts).allowed(CAP, 10)
            == BREAKER + PROBES - consecutive_timeouts
        )
        assert half_open(consecutive_timeouts).allowed(2, 10) == min(
            2, BREAKER + PROBES - consecutive_timeouts
        )

    def test_any_answer_closes_it(self) -> None:
        breaker = half_open(BREAKER + PROBES - 1)
        breaker.answered(11)
        assert (breaker.state, breaker.allowed(CAP, 11)) == (State.CLOSED, CAP)


class TestGivenUp:
    """A host is not asked any more."""

    def test_so_many_further_time_outs_give_it_up(self) -> None:
        assert half_open(BREAKER + PROBES - 1).state is State.HALF_OPEN
        breaker = half_open(BREAKER + PROBES)
        assert (breaker.state, breaker.allowed(CAP, 1000)) == (State.GIVEN_UP, 0)
        assert not breaker.is_suspect

    @pytest.mark.parametrize("now", [10, 1000])
    def test_it_stays_so(self, now: float) -> None:
        breaker = half_open(BREAKER + PROBES)
        breaker.answered(now)  # to what was under way
        timed_out(breaker, 3, now)
        assert breaker.state is State.GIVEN_UP


@given(st.lists(st.sampled_from(["answer", "silence", "wait"]), max_size=60), st.integers(1, 20))
def test_who_answers_every_tenth_request_is_never_given_up(events: list[str], cap: int) -> None:
    """And who is not given up is asked sooner or later."""
    breaker = CircuitBreaker()
    in_a_row = 0
    for now, event in enumerate(events, 1):
        if event == "answer" or in_a_row == BREAKER + PROBES - 1:
            breaker.answered(now)
            in_a_row = 0
        elif event == "silence":
            breaker.timed_out(now + 0.5, now)
            in_a_row += 1
        assert breaker.state is not State.GIVEN_UP
        assert 1 <= breaker.allowed(cap, now + 2.5) <= cap
