"""Hosts that have changed: the URLs at which their pictures are today."""

from __future__ import annotations

import pytest
from ck_imagenet.core.known_hosts import Fact, is_altered, rows, same_host_and_path, successors
from hypothesis import given
from hypothesis import strategies as st

FLICKR = "http://live.staticflickr.com"
COMMONS = "http://upload.wikimedia.org/wikipedia/commons"


@pytest.mark.parametrize(
    ("url", "today"),
    [
        ("http://farm1.static.flickr.com/2/3_4.jpg", f"{FLICKR}/2/3_4.jpg"),
        ("http://farm66.static.flickr.com/2/3_4.jpg", f"{FLICKR}/2/3_4.jpg"),
        ("http://FARM5.Static.Flickr.com./2/3_4.jpg", f"{FLICKR}/2/3_4.jpg"),
        ("https://farm1.static.flickr.com:8443/2/3.jpg?v=0", f"https{FLICKR[4:]}:8443/2/3.jpg?v=0"),
        ("http://static.flickr.com/23/4 \xe9,.jpg", f"{FLICKR}/23/4%20%E9,.jpg"),
        ("http://photos23.flickr.com/4_5.jpg", f"{FLICKR}/23/4_5.jpg"),
        ("http://farm9.staticflickr.com/2/3_4_z.jpg", f"{FLICKR}/2/3_4_z.jpg"),
        ("http://me:secret@farm1.static.flickr.com/2/3.jpg", f"{FLICKR}/2/3.jpg"),
        (
            "http://lh3.ggpht.com/_a/b/c/s800/d.jpg",
            "http://lh3.googleusercontent.com/_a/b/c/s800/d.jpg",
        ),
        (
            "http://ecx.images-amazon.com/images/I/4.jpg",
            "http://images-eu.ssl-images-amazon.com/images/I/4.jpg",
        ),
    ],
)
def test_a_host_that_has_another_name_keeps_its_paths(url: str, today: str) -> None:
    assert successors(url) == [today]


@pytest.mark.parametrize(
    "url",
    [
        r"http:\\farm1.static.flickr.com\2\3_4.jpg",
        "http:/farm1.static.flickr.com/2/3_4.jpg",
        "http:///farm1.static.flickr.com/2/3_4.jpg",
        "http://farm1.static.flickr.com/x/../2/3_4.jpg",
        r"http://farm1.static.flickr.com/2\3_4.jpg",
        "http://farm1.static.flickr.com/2/\t3_4.jpg#top",
    ],
)
def test_an_odd_link_has_the_new_name_where_browsers_see_the_old_one(url: str) -> None:
    assert successors(url) == [f"{FLICKR}/2/3_4.jpg"]


@pytest.mark.parametrize(
    ("thumbnail", "today"),
    [
        ("a/ab/X.jpg/300px-X.jpg", ["thumb/a/ab/X.jpg/330px-X.jpg", "a/ab/X.jpg"]),
        ("a/ab/X.jpg/1px-X.jpg", ["thumb/a/ab/X.jpg/20px-X.jpg", "a/ab/X.jpg"]),
        ("a/ab/X.jpg/3839px-X.jpg", ["thumb/a/ab/X.jpg/3840px-X.jpg", "a/ab/X.jpg"]),
        ("a/ab/X.jpg/4000px-X.jpg", ["a/ab/X.jpg"]),
        (
            "archive/a/ab/1!X.jpg/70px-1!X.jpg?x",
            ["thumb/archive/a/ab/1!X.jpg/120px-1!X.jpg", "archive/a/ab/1!X.jpg"],
        ),
        # An older version's own name has its time before it; long names are not repeated.
        (
            "archive/a/ab/1!X.jpg/70px-X.jpg",
            ["thumb/archive/a/ab/1!X.jpg/120px-X.jpg", "archive/a/ab/1!X.jpg"],
        ),
        (
            "a/ab/Long.JPG/70px-thumbnail.jpg",
            ["thumb/a/ab/Long.JPG/120px-thumbnail.jpg", "a/ab/Long.JPG"],
        ),
        # What is made of what is no picture has no original to fall back to.
        ("a/ab/X.tif/lossy-page1-70px-X.tif.jpg", ["thumb/a/ab/X.tif/lossy-page1-120px-X.tif.jpg"]),
        ("a/ab/X.svg/300px-X.svg.png", ["thumb/a/ab/X.svg/330px-X.svg.png"]),
        ("a/ab/X.pdf/page2-300px-X.pdf.jpg", ["thumb/a/ab/X.pdf/page2-330px-X.pdf.jpg"]),
        ("a/ab/X.jpg/330px-X.jpg", []),
        ("a/ab/X.jpg/X.jpg", []),
    ],
)
def test_a_thumbnail_becomes_the_next_wider_one_and_then_the_original(
    thumbnail: str, today: list[str]
) -> None:
    assert successors(f"{COMMONS}/thumb/{thumbnail}") == [f"{COMMONS}/{each}" for each in today]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://",
        "http://live.staticflickr.com/2/3.jpg",
        "http://farm.static.flickr.com/2/3.jpg",
        "http://farm1.static.flickr.com.example.org/2/3.jpg",
        "http://xfarm1.static.flickr.com/2/3.jpg",
        "http://farm12345.static.flickr.com/2/3.jpg",
        "ftp://farm1.static.flickr.com/2/3.jpg",
        "http://example.org/?http://farm1.static.flickr.com/2/3.jpg",
        f"{COMMONS}/a/ab/X.jpg",
        "http://example.org/wikipedia/commons/thumb/a/ab/X.jpg/300px-X.jpg",
    ],
)
def test_others_have_not_changed(url: str) -> None:
    assert successors(url) == []


def test_every_new_name_is_none_that_has_changed() -> None:
    for row in rows(Fact.RENAMED):
        (today,) = successors(f"http://{row.host.replace('*', '1')}/x.jpg")
        assert successors(today) == []


@given(st.text() | st.text("/px-thumb0123456789.").map(f"{COMMONS}/thumb/".__add__))
def test_any_text_has_addresses_or_none(url: str) -> None:
    assert all(each != url for each in successors(url))


def test_altering_hosts_are_known_by_their_domain() -> None:
    assert is_altered("http://i349.photobucket.com/albums/q364/x.jpg")
    assert is_altered("http://photobucket.com/x.jpg")
    assert not is_altered("http://photobucket.com.example.org/x.jpg")
    assert not is_altered("https://web.archive.org/web/2010id_/http://i1.photobucket.com/x.jpg")


def test_a_place_is_the_same_whichever_the_scheme() -> None:
    assert same_host_and_path("http://a.com/b?c", "https://A.com:443/b?c")
    assert not same_host_and_path("http://a.com/b?c", "http://a.com/b?d")
    assert not same_host_and_path("http://a.com/b", "no address")
