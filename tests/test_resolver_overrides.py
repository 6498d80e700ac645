"""DNS overrides: addresses that the user gives for names with `--resolve`."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.resolver import Resolver, lookup_with_overrides, system_lookup
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "host", "addresses"),
    [
        ("a.com:127.0.0.1", "a.com", ["127.0.0.1"]),
        ("a.com:443:127.0.0.1", "a.com", ["127.0.0.1"]),
        ("a.com:[::1]", "a.com", ["::1"]),
        ("a.com:80:[0:0::1]", "a.com", ["::1"]),
        (" A.COM : 127.0.0.1 , b.com:127.0.0.2", "a.com", ["127.0.0.1"]),
        ("a.com:127.0.0.1,a.com:127.0.0.2", "a.com", ["127.0.0.1", "127.0.0.2"]),
        ("b\xfccher.example:127.0.0.1", "xn--bcher-kva.example", ["127.0.0.1"]),
        ("*:127.0.0.1", "any.com", ["127.0.0.1"]),
        ("*:127.0.0.1,a.com:127.0.0.2", "a.com", ["127.0.0.2"]),
        ("*:none,a.com:slow:0,a.com:127.0.0.2", "a.com", ["127.0.0.2"]),
    ],
)
def test_a_name_has_the_addresses_that_are_given(
    text: str, host: str, addresses: list[str]
) -> None:
    assert lookup_with_overrides(text)(host) == addresses


@pytest.mark.parametrize("text", ["a.com:none", "a.com:80:none", "*:none", "a.com:slow:0"])
def test_none_says_that_there_is_no_such_host(text: str) -> None:
    with pytest.raises(Failed, match=r"^no-such-host: a\.com: .*as --resolve says") as failed:
        Resolver(lookup_with_overrides(text)).resolve("a.com", 5)
    assert failed.value.outcome is Outcome.NO_SUCH_HOST


def test_slow_says_so_after_a_while() -> None:
    started = time.monotonic()
    with pytest.raises(socket.gaierror):
        lookup_with_overrides("a.com:slow:0.1")("a.com")
    assert 0.1 <= time.monotonic() - started < 2


def test_who_waits_for_a_slow_answer_leaves_at_the_deadline() -> None:
    started = time.monotonic()
    with pytest.raises(Failed, match=r"^silent: no address for a\.com in 0\.05 s"):
        Resolver(lookup_with_overrides("*:slow:5")).resolve("a.com", 0.05)
    assert time.monotonic() - started < 4


def test_other_names_are_asked_of_the_machine() -> None:
    """An address, which no resolver is asked for, shows it."""
    assert (
        lookup_with_overrides("a.com:none")("127.0.0.1")
        == system_lookup("127.0.0.1")
        == ["127.0.0.1"]
    )
    assert lookup_with_overrides("")("127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize(
    "item",
    [
        "a.com",
        "a.com:",
        ":127.0.0.1",
        "a.com:localhost",
        "a.com:::1",
        "a.com:2001:db8::1",
        "a.com:[127.0.0.1]",
        "a.com:[::1",
        "a.com:127.1",
        "a.com:2130706433",
        "a.com:x:127.0.0.1",
        "a.com:slow",
        "a.com:slow:",
        "a.com:slow:-1",
        "a.com:slow:nan",
        "a.com:slow:1e9",
        "a b.com:127.0.0.1",
        "**:127.0.0.1",
    ],
)
def test_what_is_no_name_and_address_is_refused(item: str) -> None:
    with pytest.raises(BadInput) as refused:
        lookup_with_overrides(f"b.com:127.0.0.1,{item}")
    assert str(refused.value) == (
        f'--resolve: "{item}" is not HOST:ADDRESS; write for example '
        "--resolve=example.org:127.0.0.1,six.example:[::1],gone.example:none,late.example:slow:2"
    )


@given(st.text() | st.text(":,*[]ab.0123456789slow none"))
def test_any_text_is_answers_or_bad_input(text: str) -> None:
    with suppress(BadInput):
        lookup_with_overrides(text)
