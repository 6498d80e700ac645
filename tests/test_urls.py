"""URLs of lists and redirects: any text at all is an address that can be asked, or BAD_URL."""

from __future__ import annotations

import base64
import json
import re
import string
from pathlib import Path

import ada_url
import pytest
from ck_imagenet.core import urls
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.core.urls import Address
from hypothesis import example, given
from hypothesis import strategies as st

PRINTABLE = set(string.ascii_letters + string.digits + string.punctuation)

ANY_TEXT = (
    st.text() | st.text(st.characters(max_codepoint=255)) | st.text("\ud800\udfff./:@[]%\r\n")
)
HOSTS = ANY_TEXT | st.text("ab.-_:[]@%0123456789xé日℀．。", max_size=12)  # noqa: RUF001 - odd dots
URLS = ANY_TEXT | st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "ftp", " http", "http:", ""]),
    HOSTS,
    st.just("") | st.integers().map(":{}".format) | st.text(":0123456789", max_size=8),
    ANY_TEXT.map("/{}".format) | ANY_TEXT,
)


STANDARD = json.loads(Path(__file__).with_name("whatwg_urls.json").read_text("utf-8"))
"""WHATWG's own test cases with http and https: what is given, relative to what, what is asked."""

_OLD = (
    "since Unicode's version of 2025, what is no Punycode is a name all the same: so Ada from 4 on"
)
OTHERWISE = {
    **dict.fromkeys(
        ("http://f:0/c", "http://f:00000000000000/c"), "nobody is at port 0, though it can be named"
    ),
    **dict.fromkeys(
        {
            *(
                "http://a.b.c.xn--pokxncvks",
                "http://a.b.c.XN--pokxncvks",
                "http://a.b.c.Xn--pokxncvks",
            ),
            *("http://10.0.0.xn--pokxncvks", "http://10.0.0.XN--pokxncvks"),
            *("http://10.0.0.xN--pokxncvks", "https://xn--/"),
        }
        if not ada_url.check_url("https://xn--/")
        else (),
        _OLD,
    ),
}
"""Which of them are not asked, and why."""


def asked(given: str, base: str | None) -> str | None:
    """Return what is asked for a URL of a list, or of a redirect from `base`; None for none."""
    try:
        return urls.parse(urls.join(base, given) if base else given).url
    except Failed as failed:
        assert failed.outcome is Outcome.BAD_URL
        return None


def test_all_is_asked_as_a_browser_asks_it() -> None:
    """Which has no other way to spell it; user and password are told apart from the URL."""
    differing = set()
    for case in STANDARD:
        given = case["input"].encode("utf-8", "surrogatepass").decode("latin-1")  # as lists hold it
        if asked(given, case["base"]) != (case["href"] and plain(case["href"])):
            differing.add(case["input"])
    assert differing == set(OTHERWISE)
    assert len(STANDARD) == 446


def plain(href: str) -> str:
    """Return a URL without user and password."""
    return re.sub("(?<=^http://)[^/]*@|(?<=^https://)[^/]*@", "", href)


def refused(url: str) -> str:
    """Return the detail of the BAD_URL that `url` is."""
    with pytest.raises(Failed) as failure:
        urls.parse(url)
    assert failure.value.outcome is Outcome.BAD_URL
    return failure.value.detail


class TestParse:
    """`parse`."""

    def test_an_address_holds_all_that_is_needed_to_ask(self) -> None:
        assert urls.parse("http://Example.COM:8080/a/b.jpg?c=d&e") == Address(
            "http://example.com:8080/a/b.jpg?c=d&e", "http", "example.com", 8080
        )

    @pytest.mark.parametrize(
        ("url", "asked"),
        [
            ("http://a.com", "http://a.com/"),
            ("HTTPS://a.com:443/x", "https://a.com/x"),
            ("http://a.com:80/x", "http://a.com/x"),
            ("http://a.com:/x", "http://a.com/x"),
            ("https://a.com:80/x", "https://a.com:80/x"),
            ("  http://a.com/x \r\n", "http://a.com/x"),
            ("http://a.com/x#part", "http://a.com/x"),
            ("http://me:secret@a.com/x", "http://a.com/x"),
            ("http:///a.com/x", "http://a.com/x"),
            ("http:\\\\a.com\\x\\y", "http://a.com/x/y"),
            ("http://a\\b.com/", "http://a/b.com/"),
            ("http://a.com/b/../c/./%2e%2E/d", "http://a.com/d"),
            ("http://a.com/../../b", "http://a.com/b"),
            ("http://a.com?../b", "http://a.com/?../b"),
            ("http://ex%61mple.com/", "http://example.com/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("http://a,b.com/", "http://a,b.com/"),
            ("http://a.com?q", "http://a.com/?q"),
            ("http://a.com//b//c", "http://a.com//b//c"),
            ("http://a.com./x", "http://a.com./x"),
            ("http://[::1]:81/x", "http://[::1]:81/x"),
        ],
    )
    def test_the_url_to_ask_is_the_plainest_form(self, url: str, asked: str) -> None:
        assert urls.parse(url).url == asked

    @pytest.mark.parametrize(
        ("path", "asked"),
        [
            ("my photo.jpg", "my%20photo.jpg"),
            ("caf\xe9.jpg", "caf%E9.jpg"),
            ("caf\xc3\xa9.jpg", "caf%C3%A9.jpg"),
            ("voil\xc3\xa0", "voil%C3%A0"),
            ("caf%C3%A9,(1).jpg", "caf%C3%A9,(1).jpg"),
            ("100%.jpg", "100%.jpg"),
            ("a%c3%20b%.jpg", "a%c3%20b%.jpg"),
            ("a[0]|b~!$&()*+,;=:@", "a[0]|b~!$&()*+,;=:@"),
            ("a\x01\x7fb", "a%01%7Fb"),
            ("鯉.jpg", "%E9%AF%89.jpg"),
            ("é鯉", "%C3%A9%E9%AF%89"),
            ("\ud800", "%EF%BF%BD"),
        ],
    )
    def test_what_a_request_line_cannot_hold_is_percent_encoded_byte_for_byte(
        self, path: str, asked: str
    ) -> None:
        assert urls.parse(f"http://a.com/{path}").url == f"http://a.com/{asked}"
        assert urls.parse(f"http://a.com/?{path}").url == f"http://a.com/?{asked}"

    def test_paths_and_queries_differ_in_what_they_escape(self) -> None:
        address = urls.parse("http://a.com/a\"b<c>`g{h}'?a\"b<c>`g{h}'^")
        assert address.url == "http://a.com/a%22b%3Cc%3E%60g%7Bh%7D'?a%22b%3Cc%3E`g{h}%27^"

    def test_what_a_host_is_asked_for_is_path_and_query(self) -> None:
        assert urls.parse("http://me@a.com:81?q#f").target == "/?q"

    @pytest.mark.parametrize(
        ("before", "told"),
        [
            ("me:secret@", "me:secret"),
            ("me@", "me:"),
            (":secret@", ":secret"),
            ("m%65:a:b%40c%2F@", "me:a:b@c/"),
            ("a@b:c@", "a@b:c"),
            ("b\xfc:\xfc@", "b\xfc:\xfc"),
            (":@", None),
            ("", None),
        ],
    )
    def test_user_and_password_are_told_as_basic_authentication(
        self, before: str, told: str | None
    ) -> None:
        address = urls.parse(f"http://{before}a.com/x")
        assert address.url == "http://a.com/x"
        encoded = base64.b64encode(told.encode("latin-1")).decode() if told else ""
        assert address.authorization == (f"Basic {encoded}" if told else "")

    @pytest.mark.parametrize(
        "host", ["b\xfccher.example", "B\xc3\xbccher.example", "me@b\xfccher.example"]
    )
    def test_a_name_that_is_not_ascii_is_asked_in_its_ascii_form(self, host: str) -> None:
        """Whether the list holds it as Latin-1 or as the bytes of UTF-8."""
        assert urls.parse(f"http://{host}/").host == "xn--bcher-kva.example"

    def test_a_line_break_cannot_smuggle_a_header_in(self) -> None:
        address = urls.parse("http://a.com/x HTTP/1.1\r\nHost: evil\r\n\r\n?y\r\nz")
        assert address.url == "http://a.com/x%20HTTP/1.1Host:%20evil?yz"

    @pytest.mark.parametrize(
        "url", ["", "a.com/x", "//a.com/x", "file:///etc/passwd", "ftp://a.com/x", "data:,x", "x:y"]
    )
    def test_only_http_and_https_are_asked(self, url: str) -> None:
        assert refused(url) == f"not http and not https: {url!r}"

    @pytest.mark.parametrize("url", ["http://", "http:///", "http://:80/x", "http://@/x"])
    def test_an_address_without_a_host_is_none(self, url: str) -> None:
        assert refused(url) == f"no host, or a host that cannot exist: {url!r}"

    def test_nobody_is_at_port_0(self) -> None:
        assert refused("http://a:00/") == "port 0 cannot be asked: 'http://a:00/'"

    @pytest.mark.parametrize(
        "url",
        [
            "http://a.com:65536/",
            "http://a.com:99999999999999999999/",
            "http://a.com:-1/",
            "http://a.com:x/",
            "http://[::1/",
            "http://::1/",
            "http://[zz::]/",
            "http://[fe80::1%eth0]/",
            "http://[fe80::1%a b]/",
            "http://a%00b.com/",
            "http://a b.com/",
            "http://a\x00b.com/",
            "http://＃.com/",  # noqa: RUF001 - a wide number sign
            "http://a　b.com/",
            "http://1.2.3.4.5/",
            "http://256.0.0.1/",
            "http://\ud800.com/",
        ],
    )
    def test_what_cannot_be_asked_is_refused_with_a_reason_fit_for_any_terminal(
        self, url: str
    ) -> None:
        detail = refused(url)
        assert detail
        assert detail.isascii()
        assert len(detail) < 1000

    def test_a_url_that_no_server_would_read_is_none(self) -> None:
        url = "http://a.com/".ljust(urls.MOST_CHARACTERS, "x")
        assert urls.parse(url).url == url
        assert refused(url + "x") == "longer than 65536 characters"

    @given(URLS)
    @example("http://[")
    @example("http://a:٣/")
    @example("http://%zz/")
    def test_any_text_is_an_address_or_a_bad_url(self, url: str) -> None:
        try:
            address = urls.parse(url)
        except Failed as failed:
            assert failed.outcome is Outcome.BAD_URL
            assert failed.detail.isascii()
            return
        assert set(address.url) <= PRINTABLE
        assert address.scheme in ("http", "https")
        assert 0 < address.port < 65536
        assert address.host == address.host.lower()
        assert urls.parse(address.url) == address._replace(authorization="")


class TestEndpoint:
    """The unit of politeness."""

    @pytest.mark.parametrize(
        ("url", "endpoint"),
        [
            ("http://A.com/x", "a.com:80"),
            ("https://a.com/x", "a.com:443"),
            ("http://a.com:8080/x", "a.com:8080"),
            ("http://[::1]/x", "[::1]:80"),
            ("no URL", ""),
        ],
    )
    def test_host_and_port_are_one_text(self, url: str, endpoint: str) -> None:
        assert urls.endpoint(url) == endpoint


class TestJoin:
    """Where a redirect leads."""

    @pytest.mark.parametrize(
        ("location", "url"),
        [
            ("/c.jpg", "http://a.com/c.jpg"),
            ("c.jpg", "http://a.com/x/c.jpg"),
            ("../c.jpg", "http://a.com/c.jpg"),
            ("?d", "http://a.com/x/y.jpg?d"),
            ("//b.com/c.jpg", "http://b.com/c.jpg"),
            ("https://b.com/c.jpg", "https://b.com/c.jpg"),
            ("  /c d.jpg ", "http://a.com/c%20d.jpg"),
            ("/voil\xc3\xa0", "http://a.com/voil%C3%A0"),
            ("/voil\xe0", "http://a.com/voil%E0"),
            ("//b\xfccher.example/\xfc", "http://xn--bcher-kva.example/%FC"),
            ("\\\\b.com\\c.jpg", "http://b.com/c.jpg"),
            ("/a\\..\\c.jpg", "http://a.com/c.jpg"),
            ("/c\t.j\npg", "http://a.com/c.jpg"),
            ("", "http://a.com/x/y.jpg"),
            ("file:///etc/passwd", "file:///etc/passwd"),
        ],
    )
    def test_a_location_is_relative_or_absolute(self, location: str, url: str) -> None:
        assert urls.join("http://a.com/x/y.jpg", location) == url

    @given(URLS)
    def test_any_location_leads_somewhere_or_is_a_bad_url(self, location: str) -> None:
        try:
            urls.parse(urls.join("http://a.com/x/y.jpg", location))
        except Failed as failed:
            assert failed.outcome is Outcome.BAD_URL
            assert failed.detail.isascii()
