"""The spacing between two requests to one host, whoever makes them."""

from __future__ import annotations

import threading
import time

from ck_imagenet.http.retry import Spacing


def test_one_request_begins_and_the_next_when_some_time_has_passed() -> None:
    spacing = Spacing(2)
    spacing.began(10)
    assert spacing.free_at == 12
    spacing.began(30)  # a long silence saves nothing up
    assert spacing.free_at == 32


def test_two_that_begin_at_once_are_two() -> None:
    spacing = Spacing(2)
    spacing.began(10)
    spacing.began(10.1)
    assert spacing.free_at == 14


def test_it_is_shut_for_a_rest_and_never_opened_by_a_shorter_one() -> None:
    spacing = Spacing(2)
    spacing.pause(100)
    spacing.pause(50)
    spacing.began(60)
    assert spacing.free_at == 100


def test_without_a_gap_it_is_always_open() -> None:
    spacing = Spacing()
    spacing.began(10)
    assert spacing.free_at < 10


def test_who_waits_has_a_turn_each() -> None:
    spacing, begun = Spacing(0.1), []

    def ask() -> None:
        spacing.wait()
        begun.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun.sort()
    assert min(later - earlier for earlier, later in zip(begun, begun[1:])) > 0.08


def test_it_tells_a_rest_from_a_turn() -> None:
    spacing = Spacing(60)
    spacing.began(time.monotonic())
    assert spacing.paused_for() == 0
    spacing.pause(time.monotonic() + 5)
    assert 4 < spacing.paused_for() <= 5
