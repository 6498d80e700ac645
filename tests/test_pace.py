"""How many requests at once are worth their threads."""

from __future__ import annotations

from ck_imagenet.engine.crawler import ConcurrencyLimit


def run(pace: ConcurrencyLimit, share: float, samples: int) -> int:
    """Let so many tenths of a second pass with the processor busy for `share` of them."""
    for number in range(1, samples + 1):
        pace.sample(number * 0.1, number * 0.1 * share, pace.allowed)
    return pace.allowed


def test_while_the_processor_waits_more_is_allowed_up_to_the_most() -> None:
    pace = ConcurrencyLimit(64, 0.0, 0.0)
    assert run(pace, 0.1, 3) == 11
    assert run(ConcurrencyLimit(64, 0.0, 0.0), 0.1, 20) == 64


def test_while_the_processor_is_busy_less_is_allowed_down_to_one() -> None:
    assert run(ConcurrencyLimit(64, 0.0, 0.0), 0.95, 10) == 1


def test_in_between_nothing_changes() -> None:
    pace = ConcurrencyLimit(64, 0.0, 0.0)
    assert run(pace, 0.75, 10) == pace.allowed == 2


def test_what_is_not_used_is_not_made_more() -> None:
    pace = ConcurrencyLimit(64, 0.0, 0.0)
    pace.sample(0.1, 0.0, 1)
    assert pace.allowed == 2


def test_one_connection_stays_one() -> None:
    assert run(ConcurrencyLimit(1, 0.0, 0.0), 0.1, 10) == 1
