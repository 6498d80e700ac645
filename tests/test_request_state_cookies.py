"""The cookies of one request: which hosts get them, as Chromium sends them."""

from __future__ import annotations

import pytest
from ck_imagenet.core import urls
from ck_imagenet.http import request_state
from hypothesis import given
from hypothesis import strategies as st

SET = "http://www.a.example/x/y.jpg"

TOLD = [
    # What is set there; whom that tells what.
    ("a=b", "/x/z", "a=b"),
    ("a=b", "/x", "a=b"),
    ("a=b", "/xy", ""),
    ("a=b", "/", ""),
    ("a=b; path=/", "/", "a=b"),
    ("a=b;PATH=/x/", "/x/z", "a=b"),
    ("a=b;path=/x/", "/x", ""),
    ("a=b;path=/q", "/q/r?s", "a=b"),
    ("a=b;path=/q", "/qr", ""),
    ("a=b;path=q", "/x/q", "a=b"),
    ("a=b;path=/;path=", "/", ""),
    (" a = b c ; path=/", "/", "a=b c"),
    ('a="b;c"; path=/', "/", 'a="b'),
    ("a=b=c; path=/", "/", "a=b=c"),
    ("a=; path=/", "/", "a="),
    ("a; path=/", "/", "a"),
    ("=a; path=/", "/", "a"),
    ("; path=/", "/", ""),
    ("=; path=/", "/", ""),
    ("a=b\tc; path=/", "/", ""),
    ("\ta\t=\tb\t; path=/", "/", "a=b"),
    ("a=\x01; path=/", "/", ""),
    ("a=b; path=/; HttpOnly; SameSite=Lax; Priority=High; x", "/", "a=b"),
    ("a=b, c=d; path=/", "/", "a=b, c=d"),
    # Domains
    ("a=b; path=/", "http://a.example/", ""),
    ("a=b; path=/", "http://b.www.a.example/", ""),
    ("a=b; path=/", "http://www.a.example:81/", "a=b"),
    ("a=b; path=/; domain=a.example", "http://a.example/", "a=b"),
    ("a=b; path=/; domain=.A.Example", "http://other.a.example/", "a=b"),
    ("a=b; path=/; domain=www.a.example", "http://b.www.a.example/", "a=b"),
    ("a=b; path=/; domain=www.a.example", "http://a.example/", ""),
    ("a=b; path=/; domain=b.www.a.example", "http://b.www.a.example/", ""),
    ("a=b; path=/; domain=ww.a.example", "/", ""),
    ("a=b; path=/; domain=w.a.example", "/", ""),
    ("a=b; path=/; domain=example", "/", ""),
    ("a=b; path=/; domain=", "/", "a=b"),
    ("a=b; path=/; domain=", "http://b.www.a.example/", ""),
    ("a=b; path=/; domain=127.0.0.1", "/", ""),
    ("a=b; path=/; domain=x y", "/", ""),
    ("a=b; path=/; domain=c.example; domain=a.example", "/", "a=b"),
    ("a=b; path=/; domain=a.example", "http://notwww.b-a.example/", ""),
    # TLS
    ("a=b; path=/; secure", "/", ""),
    ("a=b; path=/; secure", "https://www.a.example/", ""),
    ("a=b; path=/", "https://www.a.example/", "a=b"),
    # Times
    ("a=b; path=/; max-age=0", "/", ""),
    ("a=b; path=/; max-age=-1", "/", ""),
    ("a=b; path=/; max-age=60", "/", "a=b"),
    ("a=b; path=/; max-age=x", "/", "a=b"),
    ("a=b; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT", "/", ""),
    ("a=b; path=/; expires=Thu, 01-Jan-70 00:00:10 GMT", "/", ""),
    ("a=b; path=/; expires=Thu, 01-Jan-1998 00:00:00 GMT", "/", ""),
    ("a=b; path=/; expires=Fri, 31 Dec 2066 23:59:59 GMT", "/", "a=b"),
    ("a=b; path=/; expires=Sun, 31-Dec-66 23:59:59 GMT", "/", "a=b"),
    ("a=b; path=/; expires=never", "/", "a=b"),
    ("a=b; path=/; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT", "/", "a=b"),
    ("a=b; path=/; max-age=0; expires=Fri, 31 Dec 2066 23:59:59 GMT", "/", ""),
    # Several
    ("a=1; path=/\nb=2; path=/", "/", "a=1; b=2"),
    ("a=1; path=/\nb=2; path=/x\nc=3; path=/", "/x/", "b=2; a=1; c=3"),
    ("a=1; path=/\nb=2; path=/\na=3; path=/", "/", "b=2; a=3"),
    ("a=1; path=/\nb=2; path=/\na=1; path=/", "/", "a=1; b=2"),
    ("a=1; path=/\na=2; path=/x", "/x/", "a=2; a=1"),
    ("a=1; path=/\na=; path=/; max-age=0", "/", ""),
    ("a=1; path=/\na=; path=/x; max-age=0", "/", "a=1"),
    ("a=1; path=/\na=2; path=/; domain=a.example", "/", "a=1; a=2"),
    ("a=1; path=/\na=; max-age=0; path=/; domain=a.example", "/", "a=1"),
    # Lengths
    (f"a={'b' * 4095}; path=/", "/", f"a={'b' * 4095}"),
    (f"a={'b' * 4096}; path=/", "/", ""),
    (f"a=b; path=/{'x' * 1024}", "/x/", "a=b"),
]


@pytest.mark.parametrize(("lines", "asked", "told"), TOLD)
def test_a_cookie_is_told_to_whom_it_is_for(lines: str, asked: str, told: str) -> None:
    kept = request_state.updated_cookies((), lines.split("\n"), urls.parse(SET))
    assert request_state.cookie_header(kept, urls.parse(urls.join(SET, asked))) == told


@pytest.mark.parametrize(
    ("setter", "line", "asked", "told"),
    [
        ("http://a.co.uk/", "a=b; domain=co.uk", "http://b.co.uk/", ""),
        ("http://a.github.io/", "a=b; domain=github.io", "http://b.github.io/", ""),
        ("http://co.uk/", "a=b; domain=co.uk", "http://co.uk/", "a=b"),
        ("http://co.uk/", "a=b; domain=co.uk", "http://a.co.uk/", ""),
        ("http://127.0.0.1/", "a=b; domain=127.0.0.1", "http://127.0.0.1:81/", "a=b"),
        ("http://127.0.0.1/", "a=b; domain=0.0.1", "http://127.0.0.1/", ""),
        ("http://[::1]/", "a=b", "http://[::1]/", "a=b"),
        ("https://a.example/", "a=b; secure", "https://a.example/", "a=b"),
        ("https://a.example/", "a=b; secure", "http://a.example/", ""),
        (
            "http://b\xfccher.example/",
            "a=b; domain=b\xfccher.example",
            "http://b\xfccher.example/",
            "a=b",
        ),
    ],
)
def test_nobody_sets_a_cookie_for_hosts_of_others(
    setter: str, line: str, asked: str, told: str
) -> None:
    kept = request_state.updated_cookies((), [line], urls.parse(setter))
    assert request_state.cookie_header(kept, urls.parse(asked)) == told


def test_only_so_many_are_kept_and_those_that_came_last() -> None:
    address = urls.parse("http://a.example/")
    kept = request_state.updated_cookies((), [f"n{number}=x" for number in range(99)], address)
    assert [cookie.name for cookie in kept] == [f"n{number}" for number in range(49, 99)]
    kept = request_state.updated_cookies(
        kept, ["big=" + "x" * 4000, "large=" + "x" * 4000], address
    )
    assert sum(len(cookie.value) for cookie in kept) <= request_state.MOST_COOKIE_CHARACTERS
    assert {"big", "large"} <= {cookie.name for cookie in kept}


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=5))
def test_any_text_is_a_cookie_that_a_header_can_hold_or_none(lines: list[str]) -> None:
    address = urls.parse("http://a.example/")
    told = request_state.cookie_header(request_state.updated_cookies((), lines, address), address)
    assert not {*"\r\n\0"} & {*told}
    told.encode("latin-1")
