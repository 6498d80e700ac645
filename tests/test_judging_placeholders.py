"""Pictures that say that a picture is gone."""

from __future__ import annotations

import hashlib

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.images import judging

FLICKR_MD5 = "880a7a58e05d3e83797f27573bb6d35c"


@pytest.mark.parametrize(
    "url",
    [
        "https://s.yimg.com/pw/images/en-us/photo_unavailable.png",
        "https://s.yimg.com/pw/images/en-us/photo_unavailable_l.png",
        "http://s.yimg.com/pw/images/de/photo_unavailable_m.png?x=1",
        "http://127.0.0.1:14197/pw/images/en-us/photo_unavailable.png",
        "http://l.yimg.com/g/../pw/images/en-us/photo_unavailable.gif",
        "http://pic.photobucket.com/bwe.png",
        "http://pic.photobucket.com:80/bwe.png",
        "http://i.imgur.com/removed.png",
        "https://imgur.com/removed.png",
        "HTTP://I.IMGUR.COM/REMOVED.PNG",
    ],
)
def test_a_placeholder_is_known_by_its_address(url: str) -> None:
    assert judging.is_placeholder_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://farm1.static.flickr.com/1/2_3.jpg",
        "http://a.com/photo_unavailable.png",
        "http://a.com/pw/images/en-us/photo_unavailable.png.jpg",
        "http://a.com/?u=/pw/images/en-us/photo_unavailable.png",
        "http://a.com/bwe.png",
        "http://a.com/pic.photobucket.com/bwe.png",
        "http://i.imgur.com/removed.png.jpg",
        "http://xi.imgur.com/removed.png",
    ],
)
def test_another_address_is_none(url: str) -> None:
    assert not judging.is_placeholder_address(url)


def test_a_placeholder_is_known_by_its_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else its bytes are; those of the real ones are not ours to ship."""
    data = b"a picture that says that a picture is gone"
    digest = hashlib.md5(data).hexdigest()  # noqa: S324 - as published
    assert not judging.is_placeholder(data)
    monkeypatch.setattr(judging, "_MD5", {digest})
    assert judging.is_placeholder(data)
    assert not judging.is_placeholder(data + b"!")
    with pytest.raises(Failed) as failure:
        judging.judge(data)
    assert failure.value.outcome is Outcome.PLACEHOLDER


def test_the_checksum_of_flickrs_is_known() -> None:
    assert FLICKR_MD5 in vars(judging)["_MD5"]
    assert {len(known) for known in vars(judging)["_MD5"]} == {32}


@pytest.mark.parametrize(("size", "is_one"), [(65_536, True), (65_537, False)])
def test_what_is_large_is_none_whatever_its_checksum(
    monkeypatch: pytest.MonkeyPatch, size: int, is_one: bool
) -> None:
    data = bytes(size)
    monkeypatch.setattr(judging, "_MD5", {hashlib.md5(data).hexdigest()})  # noqa: S324
    assert judging.is_placeholder(data) == is_one
