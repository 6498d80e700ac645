"""The URLs of captures of the Wayback Machine."""

from __future__ import annotations

import pytest
from ck_imagenet.core import urls
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Failed
from hypothesis import given
from hypothesis import strategies as st

ARCHIVE = "https://web.archive.org"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2010", "20100101000000"),
        ("2010-05", "20100501000000"),
        ("20100521", "20100521000000"),
        ("2010-05-21", "20100521000000"),
        ("20100521123456", "20100521123456"),
    ],
)
def test_a_date_is_fourteen_digits_whatever_is_told_of_it(date: str, moment: str) -> None:
    assert urls.capture_moment(date) == moment


@pytest.mark.parametrize(
    "date",
    ["", "soon", "201", "201005213", "2010-13", "2010-02-30", "0000", "201005211234567", "²010"],
)
def test_what_is_no_date_is_refused(date: str) -> None:
    with pytest.raises(BadInput, match=f'--wayback-date="{date}" is not a date: write a year'):
        urls.capture_moment(date)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a.example/b.jpg", "http://a.example/b.jpg"),
        ("HTTP://A.example:80/b.jpg", "http://a.example/b.jpg"),
        ("http://a.example/b c\xe9.jpg?d=1,2#e", "http://a.example/b%20c%E9.jpg?d=1,2"),
    ],
)
def test_a_capture_is_asked_for_by_the_address_that_its_host_is(url: str, address: str) -> None:
    for archive in (ARCHIVE, f"{ARCHIVE}/"):
        asked = urls.capture_address(archive, "20100101000000", url)
        assert asked == f"{ARCHIVE}/web/20100101000000id_/{address}"


def test_what_has_no_address_has_no_capture() -> None:
    with pytest.raises(Failed, match="bad-url"):
        urls.capture_address(ARCHIVE, "20100101000000", "http://")


@pytest.mark.parametrize(
    ("address", "time"),
    [
        (f"{ARCHIVE}/web/20100521123456id_/http://a.example/b.jpg", "2010-05-21T12:34:56Z"),
        (f"{ARCHIVE}/web/20100521123456im_/https://a.example/b.jpg", "2010-05-21T12:34:56Z"),
        (f"{ARCHIVE}/web/20100521123456/http://a.example/b.jpg", "2010-05-21T12:34:56Z"),
        (f"{ARCHIVE}/web/20101321123456id_/http://a.example/b.jpg", ""),
        (f"{ARCHIVE}/elsewhere/web/20100521123456id_/http://a.example/b.jpg", ""),
        (f"{ARCHIVE}/?/web/20100521123456id_/http://a.example/b.jpg", ""),
        (f"{ARCHIVE}:81/web/20100521123456id_/http://a.example/b.jpg", ""),
        ("http://web.archive.org/web/20100521123456id_/http://a.example/b.jpg", ""),
        ("https://web.archive.org.b.example/web/20100521123456id_/http://a.example/b.jpg", ""),
        ("https://a.example/web/20100521123456id_/http://a.example/b.jpg", ""),
        ("https://a.example/web.archive.org/web/20100521123456/http://a.example/b.jpg", ""),
        ("http://a.example/web/20100521123456.jpg", ""),
    ],
)
def test_the_address_of_a_capture_tells_its_time(address: str, time: str) -> None:
    for archive in (ARCHIVE, f"{ARCHIVE}/", "HTTPS://Web.Archive.org:443"):
        assert urls.capture_time(address, archive) == time


@pytest.mark.parametrize(
    "address",
    [
        "https://web.archive.org/web/20100521123456id_/http://a.example/b.jpg",
        "http://web.archive.org/web/20100521123456id_/http://a.example/b.jpg",
        "https://web.archive.org/web/20100521123456/http://a.example/b.jpg",
        "http://web.archive.org/web/20100521123456im_/http://a.example/b.jpg",
    ],
)
def test_a_redirect_within_the_archive_is_followed_at_the_archives_own_address(
    address: str,
) -> None:
    own = "https://web.archive.org/web/20100521123456id_/http://a.example/b.jpg"
    for archive in (ARCHIVE, f"{ARCHIVE}/"):
        assert urls.capture_redirect(address, archive) == own


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example/b.jpg",
        "https://web.archive.org/save/_embed/http://a.example/b.jpg",
        "https://archive.org/web/20100521123456id_/http://a.example/b.jpg",
        "https://web.archive.org.b.example/web/20100521123456id_/http://a.example/b.jpg",
        "https://web.archive.org:444/web/20100521123456id_/http://a.example/b.jpg",
        "https://a.example/web.archive.org/web/20100521123456id_/http://a.example/b.jpg",
    ],
)
def test_one_that_leads_out_of_it_is_not_followed(address: str) -> None:
    with pytest.raises(Failed, match="redirects: ") as failed:
        urls.capture_redirect(address, ARCHIVE)
    assert failed.value.detail == address


def test_an_archive_may_be_at_any_address() -> None:
    own = "http://127.0.0.1:8080/wayback"
    address = urls.capture_address(own, "20100521123456", "http://a.example/b.jpg")
    assert urls.capture_time(address, own) == "2010-05-21T12:34:56Z"
    assert urls.capture_time(address, ARCHIVE) == ""
    assert urls.capture_time(address, "http://127.0.0.1:8080/other") == ""


@given(st.datetimes().map(lambda time: time.replace(microsecond=0)))
def test_a_moment_comes_back_as_the_time_that_it_is(time: object) -> None:
    digits = "".join(filter(str.isdigit, str(time)))
    address = urls.capture_address(ARCHIVE, urls.capture_moment(digits), "http://a.example/")
    assert urls.capture_time(address, ARCHIVE) == f"{time}Z".replace(" ", "T")
