"""A link whose host has changed: what is asked after its own address, and how that is told."""

from __future__ import annotations

import pickle

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.link import combined, may_be_elsewhere, next_address, reopened
from ck_imagenet.storage.records import Record, now

URL, NEXT, LAST = "http://a.com/1", "http://b.com/1", "http://c.com/1"
GONE = Failed(Outcome.GONE, "404")


def record(failed: Failed) -> Record:
    name = ImageName("n01440764", 1)
    return Record(name, URL, failed.outcome, now(), detail=failed.detail)


def test_addresses_are_asked_one_after_the_other() -> None:
    assert next_address([NEXT, LAST], URL, URL, URL) == NEXT
    assert next_address([NEXT, LAST], URL, NEXT, NEXT) == LAST
    assert next_address([NEXT, LAST], URL, LAST, LAST) == ""
    assert next_address([], URL, URL, URL) == ""


def test_an_address_to_which_a_redirect_has_led_is_not_asked_again() -> None:
    assert next_address([NEXT, LAST], URL, URL, "https://b.com/1") == LAST


def test_a_capture_has_no_other_address() -> None:
    assert next_address([NEXT], URL, f"http://archive.org/{URL}", URL) == ""


@pytest.mark.parametrize(
    ("outcome", "detail", "may_be"),
    [
        (Outcome.GONE, "404", True),
        (Outcome.HTTP_ERROR, "400", True),
        (Outcome.FORBIDDEN, "403", True),
        (Outcome.NO_SUCH_HOST, "a.com", True),
        (Outcome.HOST_DOWN, "a.com:80", True),
        (Outcome.NOT_A_PICTURE, "", True),
        (Outcome.FORBIDDEN, "451", False),
        (Outcome.FORBIDDEN, "401", False),
        (Outcome.OPTED_OUT, "X-Robots-Tag: noai", False),
        (Outcome.PLACEHOLDER, "", False),
        (Outcome.PRIVATE_ADDRESS, "10.0.0.1", False),
        (Outcome.HOST_BUSY, "a.com:80", False),
    ],
)
def test_an_owners_refusal_is_not_evaded(outcome: Outcome, detail: str, may_be: bool) -> None:
    assert may_be_elsewhere(Failed(outcome, detail)) is may_be


def test_the_first_answer_stays_with_the_second_beside_it() -> None:
    both = combined(GONE, NEXT, Failed(Outcome.NO_SUCH_HOST, "b.com"))
    assert (both.outcome, both.detail) == (Outcome.GONE, f"404; {NEXT}: no-such-host: b.com")


def test_who_opts_out_under_the_new_name_opts_out() -> None:
    both = combined(GONE, NEXT, Failed(Outcome.OPTED_OUT, "X-Robots-Tag: noai"))
    assert both.outcome is Outcome.OPTED_OUT


def test_what_was_never_asked_is_open() -> None:
    assert reopened(record(GONE), []) is None
    address, first = reopened(record(GONE), [NEXT, LAST]) or ("", GONE)
    assert (address, first.detail) == (NEXT, "404")


def test_what_did_not_answer_is_open_and_what_did_is_not() -> None:
    once = combined(GONE, NEXT, Failed(Outcome.GONE, "410"))
    assert reopened(record(once), [NEXT]) is None
    address, first = reopened(record(once), [NEXT, LAST]) or ("", GONE)
    assert (address, first.detail) == (LAST, "404")
    silent = combined(GONE, NEXT, Failed(Outcome.SILENT, "nothing came"))
    address, first = reopened(record(silent), [NEXT]) or ("", GONE)
    assert (address, first.detail) == (NEXT, "404")


def test_a_failure_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(Failed(Outcome.BUSY, "429", 7.0)))  # noqa: S301
    assert (sent.outcome, sent.detail, sent.retry_after) == (Outcome.BUSY, "429", 7.0)
    assert str(sent) == "busy: 429"
