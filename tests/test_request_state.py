"""The state of a request: what is asked next, and what is not."""

from __future__ import annotations

import pickle
import sys

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.request_state import MOST_REDIRECTS, RequestState


def refusal(state: RequestState, location: str) -> Failed:
    """Return what following a redirect fails with."""
    with pytest.raises(Failed) as failed:
        state.follow_redirect(state.address(), location)
    return failed.value


def test_a_request_begins_at_its_url() -> None:
    state = RequestState("http://A.com:81/x y.jpg")
    assert (state.url, state.endpoint, state.spent) == (
        "http://A.com:81/x y.jpg",
        "a.com:81",
        0.0,
    )
    assert state.address().url == "http://a.com:81/x%20y.jpg"


def test_a_request_for_what_cannot_be_asked_has_no_endpoint_and_a_reason() -> None:
    state = RequestState("ftp://a.com/x.jpg")
    assert state.endpoint == ""
    with pytest.raises(Failed, match=r"^bad-url: not http and not https"):
        state.address()


def test_a_redirect_leads_on() -> None:
    state = RequestState("http://a.com/x.jpg")
    assert state.follow_redirect(state.address(), "//b.com/y.jpg").endpoint == "b.com:80"
    assert (state.url, state.endpoint) == ("http://b.com/y.jpg", "b.com:80")


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("file:///etc/passwd", Outcome.BAD_URL),
        ("ftp://b.com/x.jpg", Outcome.BAD_URL),
        ("data:,x", Outcome.BAD_URL),
        ("javascript:alert(1)", Outcome.BAD_URL),
        ("http://i.imgur.com/removed.png", Outcome.PLACEHOLDER),
        ("/x.jpg", Outcome.REDIRECTS),
        ("http://A.com:80/x.jpg#y", Outcome.REDIRECTS),
    ],
)
def test_a_redirect_to_what_is_not_to_be_asked_ends_the_request(
    location: str, outcome: Outcome
) -> None:
    """At once, and not when it is the turn of the host that it leads to."""
    assert refusal(RequestState("http://a.com/x.jpg"), location).outcome is outcome


def test_a_circle_over_several_hosts_is_found() -> None:
    state = RequestState("http://a.com/1")
    for location in ("http://b.com/2", "http://c.com/3"):
        state.follow_redirect(state.address(), location)
    failed = refusal(state, "http://a.com/1")
    assert (failed.outcome, failed.detail) == (Outcome.REDIRECTS, "in a circle: http://a.com/1")


def test_there_are_only_so_many_redirects() -> None:
    state = RequestState("http://a.com/")
    for number in range(MOST_REDIRECTS):
        state.follow_redirect(state.address(), f"/{number}")
    failed = refusal(state, "/last")
    assert failed.outcome is Outcome.REDIRECTS
    assert failed.detail == f"more than {MOST_REDIRECTS}, last to http://a.com/last"


def test_a_request_may_go_on_in_another_process() -> None:
    state = RequestState("http://a.com/1")
    state.follow_redirect(state.address(), "http://b.com/2")
    state.spent = 1.5
    sent = pickle.loads(pickle.dumps(state))  # noqa: S301 - our own
    assert (sent.url, sent.spent) == ("http://b.com/2", 1.5)
    assert refusal(sent, "http://a.com/1").detail == "in a circle: http://a.com/1"


def test_what_it_tells_hosts_goes_with_it() -> None:
    state = RequestState("http://me@a.com/1")
    state.headers_for(state.address())
    state.follow_redirect(state.address(), "http://b.com/2", ["c=d; path=/"])
    sent = pickle.loads(pickle.dumps(state))  # noqa: S301 - our own
    assert sent.headers_for(sent.address()) == {}
    told = sent.headers_for(sent.follow_redirect(sent.address(), "http://a.com/1"))
    assert told == {"Authorization": "Basic bWU6", "Cookie": "c=d"}


def test_a_request_that_waits_is_small() -> None:
    """A hundred thousand of them wait at once."""
    state = RequestState("http://a.com/1")
    assert not hasattr(state, "__dict__")
    assert sys.getsizeof(state) <= 80
