"""What there is to see of a synset, and that nothing of it is more than text on a page."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.gallery import pages
from ck_imagenet.gallery.facts import Gallery, Host
from ck_imagenet.gallery.pages import Commands
from ck_imagenet.gallery.thumbnails import MOST_OF_A_LINE, Thumbnail
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import KeptNames, Link
from ck_imagenet.storage.records import Record
from ck_imagenet.storage.store import SynsetStore

WNID = "n01440764"
DOG = "n02084071"
TYPED = Commands("ck browse imagenet", "ck clean imagenet", entry="imagenet-")

HOSTILE = [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//a/x.jpg",
    'http://a/"onmouseover="alert(1)',
    "http://a/<script>alert(1)</script>",
    "http://a/'><img src=x onerror=alert(1)>",
    "http://a/</script><script>alert(1)</script>",
    "http://a/$#ck_root_url#$/{{ 7 * 7 }}/&amp;/x.jpg",
    "http://a\u202egpj.exe/\x00\x1b[31m\u2028.jpg",
    "http://a/caf\xc3\xa9.jpg",
    "http://user:pass@a:80/x.jpg",
    "http://[::1/x.jpg",
    "http://a/" + 3000 * "x",
]


class Read(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def place(folder: Path, *records: Record, wnid: str = WNID) -> SynsetStore:
    made = FolderStore(folder).synset(wnid)
    made.create()
    journal = Journal.of(made)
    for record in records:
        journal.append(record)
        if record.outcome is Outcome.SAVED:
            made.save(record, b"", "jpg")
    journal.close()
    return made


def record(number: int, url: str = "", outcome: Outcome = Outcome.SAVED, **more: Any) -> Record:
    name = ImageName(WNID, number)
    return Record(name, url or f"http://a/{number}", outcome, "2026-01-02T03:04:05Z", **more)


def test_a_synset_is_counted_by_outcome_and_by_host(tmp_path: Path) -> None:
    here = place(
        tmp_path,
        record(1, bytes=10, captured="2009-05-21T00:00:00Z"),
        record(2, "http://b:81/", bytes=20),
        record(3, outcome=Outcome.GONE),
        record(4, "nothing", Outcome.BAD_URL),
    )
    KeptNames.of(here).keep(WNID, [Link(ImageName(WNID, n), f"http://a/{n}") for n in (1, 5)], [])
    gallery = Gallery(here, {})
    assert gallery.outcomes == [(Outcome.SAVED, 2), (Outcome.GONE, 1), (Outcome.BAD_URL, 1)]
    assert gallery.hosts == [Host("a", 2, 1), Host("b:81", 1, 1)]
    assert (gallery.here, gallery.links, gallery.unasked) == (2, 5, 1)
    assert (gallery.bytes, gallery.from_wayback) == (30, 1)
    assert gallery.time == "2026-01-02T03:04:05Z"
    assert [item.number for item in gallery.pictures + gallery.failures] == [1, 2, 3, 4]


def test_a_picture_that_is_gone_from_the_disk_is_not_shown(tmp_path: Path) -> None:
    here = place(tmp_path, record(1), record(2))
    here.remove(1)
    assert [item.number for item in Gallery(here, {}).pictures] == [2]


def test_a_picture_that_no_journal_knows_is_shown(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.save(record(7), b"seven", "jpg")
    gallery = Gallery(here, {})
    (item,) = gallery.pictures
    assert gallery.bytes == 5
    assert (item.number, item.url, item.href, item.host) == (7, f"{WNID}_7", "", "")


def test_pictures_that_look_alike_are_a_group(tmp_path: Path) -> None:
    here = place(tmp_path, *map(record, (1, 2, 3)))
    looks = {1: 0, 2: 2**64 - 1, 3: 1}
    small = {number: Thumbnail(1, 1, 1, 1, f"{bits:032x}", "") for number, bits in looks.items()}
    assert [[item.number for item in group] for group in Gallery(here, small).alike] == [[1, 3]]


def test_its_place_is_told_by_every_way(tmp_path: Path) -> None:
    gallery = Gallery(place(tmp_path, wnid=DOG), {})
    ways = [" ".join(each.words[0] for each in way[-2:]) for way in gallery.lineages]
    assert ways == ["carnivore canine", "animal domestic animal"]
    assert "dalmatian" in [each.words[0] for each in gallery.below]
    unknown = Gallery(place(tmp_path, wnid="unknown"), {})
    assert (unknown.lineages, unknown.definition) == ([], "a list that names no synset")


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("outcome", [Outcome.SAVED, Outcome.BAD_URL])
def test_a_hostile_url_is_text_and_nothing_else(tmp_path: Path, url: str, outcome: Outcome) -> None:
    plain = Read(
        pages.synset(Gallery(place(tmp_path / "1", record(1, outcome=outcome)), {}), TYPED)
    )
    detail = "" if outcome is Outcome.SAVED else url
    here = place(tmp_path / "2", record(1, url, outcome, detail=detail, source=url, final_url=url))
    page = pages.synset(Gallery(here, {}), TYPED)
    read = Read(page)
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in plain.elements}
    assert len(read.all("script")) == len(plain.all("script"))
    for tag, attributes in read.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
    for link in read.all("a")[1:]:  # the first skips to the pictures
        assert re.match(r"https?://[!-~]+$", link["href"])
        assert len(link["href"]) <= 2000
    for character in "\x00\x1b\u202e\u2028":
        assert character not in page


def test_what_happened_is_told_in_words(tmp_path: Path) -> None:
    here = place(
        tmp_path,
        record(1, outcome=Outcome.GONE, detail="404"),
        record(2, outcome=Outcome.EMPTY),
    )
    assert [item.detail for item in Gallery(here, {}).failures] == [
        "the host says that the picture is gone (404)",
        Outcome.EMPTY.meaning,
    ]


def test_text_is_shown_as_it_is_meant(tmp_path: Path) -> None:
    url = "http://a/caf\xc3\xa9 & <b>.jpg"
    read = Read(pages.synset(Gallery(place(tmp_path, record(1, url, Outcome.GONE)), {}), TYPED))
    assert "http://a/caf\xe9 & <b>.jpg" in read.text
    (link,) = [each for each in read.all("a") if each["href"].startswith("http://a/")]
    assert link["href"] == "http://a/caf%C3%A9%20&%20%3Cb%3E.jpg"
    assert link["rel"] == "noopener noreferrer nofollow"


def test_what_ck_would_replace_is_not_there_in_a_frame(tmp_path: Path) -> None:
    url = "http://a/$#ck_root_url#$/$#ck_include_start#$.jpg"
    page = pages.synset(Gallery(place(tmp_path, record(1, url, Outcome.GONE)), {}), TYPED)
    framed = pages.framed(page)
    assert "$#" not in framed
    ((tag, frame),) = Read(framed).elements
    assert (tag, frame["srcdoc"]) == ("iframe", page)
    assert "allow-same-origin" not in frame["sandbox"]


def test_only_files_that_were_decoded_are_shown(tmp_path: Path) -> None:
    known = [record(number, image_format="jpeg") for number in (1, 2)]
    here = place(tmp_path, *known, record(3), record(4, image_format="svg"))
    small = {1: Thumbnail(1, 1, webp="AAAA"), 2: Thumbnail(1, 1)}
    files = [item.file for item in Gallery(here, small, "..").pictures]
    assert files == [f"../{WNID}_1.jpg", "", "", ""]
    assert [item.file for item in Gallery(here, {}, "..").pictures] == [
        f"../{WNID}_1.jpg",
        f"../{WNID}_2.jpg",
        "",
        "",
    ]
    page = pages.synset(Gallery(here, small, ".."), TYPED)
    assert 'See <a href="../">their folder</a>.</p></noscript>' in page
    policy = next(each["content"] for each in Read(page).all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; img-src data: 'self' file:; style-src ")


def test_what_is_below_a_synset_and_what_it_means_is_told(tmp_path: Path) -> None:
    gallery = Gallery(place(tmp_path, record(1, outcome=Outcome.GONE), wnid=DOG), {})
    read = Read(pages.synset(gallery, TYPED))
    assert "a member of the genus Canis" in read.text
    assert "dalmatian" in read.text


def test_a_page_asks_nothing_of_the_network(tmp_path: Path) -> None:
    read = Read(pages.synset(Gallery(place(tmp_path, record(1)), {}), TYPED))
    policy = next(each["content"] for each in read.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for _, attributes in read.elements:
        assert not attributes.get("src")
    assert all(each["href"].startswith("data:") for each in read.all("link"))


def test_a_page_of_3000_pictures_has_at_most_20_megabytes(tmp_path: Path) -> None:
    known: dict[str, Any] = {"width": 500, "height": 375, "bytes": 99_999, "sha256": 64 * "f"}
    url = "http://farm1.static.flickr.com/%d/%010d_0123456789.jpg"
    places = [record(n, url % (n, n), **known, image_format="jpeg") for n in range(3000)]
    webp = "A" * (MOST_OF_A_LINE * 4 // 3)
    hashes = [hashlib.shake_128(b"%d" % n).hexdigest(16) for n in range(3000)]
    small = {n: Thumbnail(1, 1, 1, 1, bits, webp) for n, bits in enumerate(hashes)}
    page = pages.synset(Gallery(place(tmp_path, *places), small), TYPED)
    assert 17_000_000 < len(page.encode()) <= 20_000_000
