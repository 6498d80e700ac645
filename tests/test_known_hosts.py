"""At which pace a host is asked: what is known of hosts that ration, and `--pace`."""

from __future__ import annotations

import re
from datetime import date

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.known_hosts import (
    Fact,
    KnownHost,
    all_rows,
    given_pace,
    host_group,
    known_host,
    parse_paces,
    rows,
)
from ck_imagenet.core.urls import endpoint
from hypothesis import given
from hypothesis import strategies as st

FLICKR = KnownHost("flickr", 2.0)


@pytest.mark.parametrize(
    "host",
    [
        "static.flickr.com",
        "farm1.static.flickr.com",
        "farm5.static.flickr.com:80",
        "live.staticflickr.com",
        "live.staticflickr.com:443",
        "LIVE.StaticFlickr.com.:443",
        endpoint("http://farm3.static.flickr.com/2123/1.jpg"),
    ],
)
def test_old_and_new_names_of_flickr_are_one_service(host: str) -> None:
    assert known_host(host) == FLICKR


@pytest.mark.parametrize(
    "host",
    [
        "flickr.com",
        "www.flickr.com:80",
        "notstaticflickr.com",
        "staticflickr.com.example.org",
        "com",
        "127.0.0.1:80",
        "[::1]:80",
        "::1",
        "",
        ":80",
        "a:b:c",
    ],
)
def test_of_others_nothing_is_known(host: str) -> None:
    assert known_host(host) is None


def test_each_row_has_a_fact_a_source_and_a_date() -> None:
    words = [fact.word for fact in Fact]
    assert len({(row.fact, row.host, row.tells) for row in all_rows()}) == len(all_rows())
    for row in all_rows():
        assert row.fact in words
        assert row.host
        assert row.tells
        assert row.seen
        assert re.fullmatch(r"(public code: [^:]+?( |$))?(https?://[!-~]+( |$))*", row.source)
        assert row.source
        assert date(2005, 1, 1) < date.fromisoformat(row.date) <= date.today()


def test_each_pace_is_known() -> None:
    for row in rows(Fact.RATIONED):
        assert known_host(row.host) == KnownHost(row.service, float(row.tells))
        assert 0 < float(row.tells) <= 10


def test_rows_of_one_service_have_one_pace() -> None:
    pairs = {(row.service, row.tells) for row in rows(Fact.RATIONED)}
    assert len({service for service, _ in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("flickr.com:1", {"flickr.com": 1.0}),
        ("flickr.com:1,example.org:0.5", {"flickr.com": 1.0, "example.org": 0.5}),
        (" Flickr.COM. : 10 , ", {"flickr.com": 10.0}),
        ("127.0.0.5:14197:2", {"127.0.0.5:14197": 2.0}),
        ("127.0.0.5:2", {"127.0.0.5": 2.0}),
        ("myserver:8080:0.001", {"myserver:8080": 0.001}),
        ("a.com:080:1,a.com:81:2,a.com:3", {"a.com:80": 1.0, "a.com:81": 2.0, "a.com": 3.0}),
        ("[::1]:2", {"::1": 2.0}),
        ("[0:0::1]:80:2", {"[::1]:80": 2.0}),
        ("b\xfccher.example:1", {"xn--bcher-kva.example": 1.0}),
    ],
)
def test_paces_are_understood(text: str, expected: dict[str, float]) -> None:
    assert parse_paces(text) == expected


@pytest.mark.parametrize(
    "item",
    [
        "flickr.com",
        ":1",
        "1",
        "*.flickr.com:1",
        "a b.com:1",
        "http://flickr.com:1",
        "flickr.com/x:1",
        "flickr.com:http:1",
        "flickr.com:0:1",
        "flickr.com:65536:1",
        "flickr.com:80:80:1",
        "[::g]:1",
        "[]:1",
        "..:1",
        "\ud800:1",
    ],
)
def test_what_names_no_host_is_refused(item: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_paces(f"example.org:2,{item}")
    assert str(refused.value) == (
        f'--pace: "{item}" is not HOST:N; write for example --pace=flickr.com:1,example.org:0.5'
    )


@pytest.mark.parametrize(
    "number",
    ["0", "0.0", "-1", "", "fast", "nan", "inf", "1e3", "1_0", "٣", "0.0001", "1001", "1/2", "2s"],
)
def test_what_is_no_pace_is_refused(number: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_paces(f"flickr.com:{number}")
    assert str(refused.value) == (
        f'--pace: "flickr.com:{number}" needs a number of requests a second, from 0.001 to 1000; '
        "write for example --pace=flickr.com:1,example.org:0.5"
    )


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("flickr.com:1,flickr.com:1", "flickr.com"),
        ("flickr.com:1,FLICKR.com.:2", "flickr.com"),
        ("a.com:80:1,a.com:080:2", "a.com:80"),
    ],
)
def test_two_paces_of_one_host_are_refused(text: str, twice: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_paces(text)
    assert str(refused.value) == f"--pace has {twice} twice: leave one of them out"


@given(st.text() | st.text("ab.:[]0123456789,-% ", max_size=20))
def test_any_text_is_paces_or_refused(text: str) -> None:
    try:
        found = parse_paces(text)
    except BadInput as refused:
        assert str(refused).startswith("--pace: ")
    else:
        assert all(0.001 <= pace <= 1000 for pace in found.values())
        assert all(given_pace(found, place) == pace for place, pace in found.items())


@pytest.mark.parametrize(
    ("host", "pace"),
    [
        ("example.org:80", 1.0),
        ("a.example.org:443", 1.0),
        ("deep.a.example.org:80", 1.0),
        ("b.example.org:80", 2.0),
        ("c.b.example.org:80", 2.0),
        ("b.example.org:8080", 3.0),
        ("c.b.example.org:8080", 3.0),
        ("notexample.org:80", None),
        ("example.org.uk:80", None),
        ("org:80", None),
        ("127.0.0.5:14197", 4.0),
        ("127.0.0.5:14198", None),
        ("1.127.0.0.5:14197", None),
        ("0.0.0.5:80", 5.0),
        ("127.0.0.5:80", None),
        ("[::1]:80", 6.0),
        ("[0:0:0::1]:80", 6.0),
        ("::1", 6.0),
        ("[::2]:80", None),
        ("", None),
    ],
)
def test_the_longest_domain_that_is_named_counts(host: str, pace: float | None) -> None:
    """And of an address, only itself."""
    given = parse_paces(
        "example.org:1,b.example.org:2,b.example.org:8080:3,127.0.0.5:14197:4,0.0.5:5,[::1]:6"
    )
    assert given_pace(given, host) == pace
    assert given_pace({}, host) is None


@pytest.mark.parametrize("named", ["flickr.com", "static.flickr.com", "staticflickr.com"])
def test_a_service_is_named_by_any_of_its_names(named: str) -> None:
    given = parse_paces(f"{named}:0.5,example.org:1")
    for host in ("farm1.static.flickr.com:80", "live.staticflickr.com:443"):
        assert given_pace(given, host) == 0.5
    assert given_pace(given, "upload.wikimedia.org:80") is None


def test_what_is_given_for_a_host_itself_counts_before_its_service() -> None:
    given = parse_paces("flickr.com:1,live.staticflickr.com:3")
    assert given_pace(given, "live.staticflickr.com:443") == 3.0
    assert given_pace(given, "c3.staticflickr.com:443") == 1.0


def test_what_may_ration_together_has_one_owner() -> None:
    assert host_group("farm3.static.flickr.com:80") == "flickr"
    assert host_group("live.staticflickr.com:443") == "flickr"
    assert host_group("a.images.example.co.uk:80") == "example.co.uk"
    assert host_group("127.0.0.5:8000") == "127.0.0.5:8000"
