"""Registrable domains, against the test of those who keep the Public Suffix List."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import publicsuffixlist
import pytest
from ck_imagenet.core.urls import registrable_domain
from terminal import CHECKOUT

MOZILLAS_TEST = Path(publicsuffixlist.__file__).with_name("test_psl.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("endpoint", "domain"),
    [
        ("farm1.static.flickr.com:80", "flickr.com"),
        ("live.staticflickr.com:443", "staticflickr.com"),
        ("staticflickr.com", "staticflickr.com"),
        ("IMG.Example.CO.UK.:8080", "example.co.uk"),
        ("1.bp.blogspot.com:80", "bp.blogspot.com"),
        ("alice.github.io:443", "alice.github.io"),
        ("a.b.no-such-suffix:80", "b.no-such-suffix"),
        ("co.uk:80", ""),
        ("github.io", ""),
        ("com:80", ""),
        ("localhost:80", ""),
        ("myserver", ""),
        ("127.0.0.1:14197", ""),
        ("10.1.2.3", ""),
        ("0x7f.1:80", ""),
        ("2130706433:80", ""),
        ("[::1]:80", ""),
        ("[2001:db8::1]:443", ""),
        ("::1", ""),
        ("", ""),
        (":80", ""),
        (".", ""),
        ("a..com:80", ""),
        ("\ud800.com", "\ud800.com"),
    ],
)
def test_the_registrable_domain_of_an_endpoint(endpoint: str, domain: str) -> None:
    assert registrable_domain(endpoint) == domain


def test_all_that_mozilla_tests_is_so() -> None:
    cases = re.findall(r"^checkPublicSuffix\('(.*)', (?:'(.*)'|null)\);", MOZILLAS_TEST, re.M)
    assert len(cases) > 60
    for host, expected in cases:
        assert registrable_domain(host) == expected, host


def test_the_list_is_read_only_when_it_is_needed_and_from_here() -> None:
    """With no network at all: no socket can be made."""
    program = (
        "import socket, sys\n"
        "socket.socket = None\n"
        "from ck_imagenet.core import urls\n"
        "before = urls._list.cache_info().currsize\n"
        "print(before, urls.registrable_domain('a.example.co.uk:80'))\n"
    )
    assert socket.socket is not None
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(CHECKOUT / "module" / "imagenet")},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.stdout, done.stderr) == ("0 example.co.uk\n", "")
