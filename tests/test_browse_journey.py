"""`ck browse`, with the real `ck`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
BROWSE = ("browse", "imagenet")


@pytest.fixture
def downloaded(terminal: Terminal, web: PracticeWeb) -> Terminal:
    """A terminal where a synset has two pictures and a dead link."""
    kinds = {1: "good", 2: "good", 3: "gone"}
    web.set_links(WNID, [web.link(WNID, number, kind) for number, kind in kinds.items()])
    web.set_links(DALMATIAN, [web.link(DALMATIAN, 4, "good")])
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    return terminal


def test_the_page_lies_in_the_synsets_state_and_its_path_is_printed(downloaded: Terminal) -> None:
    page = downloaded.repository() / "imagenet" / WNID / "gallery.html"
    assert downloaded.says(*BROWSE, f"--wnid={WNID}") == f"{page}\n"
    assert downloaded.json("browse", f"imagenet:{WNID}")["pages"] == [
        {"wnid": WNID, "page": str(page), "bytes": page.stat().st_size}
    ]
    text = page.read_text("utf-8")
    assert text.count('<li data-number="') == 2
    assert text.count('<tr data-number="3"') == 1


def test_a_page_is_saved_where_the_user_says(downloaded: Terminal) -> None:
    said = downloaded.says(*BROWSE, f"--wnid={WNID}", "--save=tench.html")
    assert Path(said.strip()) == downloaded.folder / "tench.html"
    assert (downloaded.folder / "tench.html").read_text("utf-8").startswith("<!doctype html>")
    assert not (downloaded.repository() / "imagenet" / WNID / "gallery.html").exists()


@pytest.mark.every_python
def test_the_overview_leads_to_every_synset_whose_page_is_made_if_there_is_none(
    downloaded: Terminal,
) -> None:
    downloaded.says("download", "imagenet", f"--wnid={DALMATIAN}")
    downloaded.says(*BROWSE, f"--wnid={WNID}")
    page = Path(downloaded.says(*BROWSE).strip())
    assert page == downloaded.repos / "local" / "imagenet" / "overview" / "gallery.html"
    text = page.read_text("utf-8")
    for wnid, word, pictures in ((WNID, "tench", 2), (DALMATIAN, "dalmatian", 1)):
        link = f"../../../imagenet-{wnid}/imagenet/{wnid}/gallery.html"
        assert f'<a href="{link}">{word}</a>' in text
        assert (page.parent / link).read_text("utf-8").count('<li data-number="') == pictures
    assert "ck browse imagenet" not in text


def test_the_overview_makes_anew_only_the_pages_of_what_has_changed(
    downloaded: Terminal, web: PracticeWeb
) -> None:
    downloaded.says("download", "imagenet", f"--wnid={DALMATIAN}")
    downloaded.says(*BROWSE)
    pages = {
        wnid: downloaded.repository(wnid) / "imagenet" / wnid / "gallery.html"
        for wnid in (WNID, DALMATIAN)
    }
    made = {wnid: page.stat().st_mtime_ns for wnid, page in pages.items()}
    downloaded.says(*BROWSE)
    assert {wnid: page.stat().st_mtime_ns for wnid, page in pages.items()} == made
    web.set_links(DALMATIAN, [web.link(DALMATIAN, number, "good") for number in (4, 5)])
    downloaded.says("download", "imagenet", f"--wnid={DALMATIAN}", "--refresh")
    text = pages[WNID].read_text("utf-8")
    pages[WNID].write_text(text.replace('content="ck-imagenet ', 'content="another '))
    downloaded.says(*BROWSE)
    assert pages[DALMATIAN].read_text("utf-8").count('<li data-number="') == 2
    assert pages[WNID].read_text("utf-8") == text


def test_where_a_page_cannot_be_made_the_overview_says_what_to_type(downloaded: Terminal) -> None:
    (downloaded.repository() / "imagenet" / WNID / "gallery.html").mkdir()
    text = Path(downloaded.says(*BROWSE).strip()).read_text("utf-8")
    assert f"<code>ck browse imagenet --wnid={WNID}</code>" in text
    assert "<h3>tench</h3>" in text


def test_an_overview_that_is_saved_elsewhere_says_what_to_type_for_a_page(
    downloaded: Terminal,
) -> None:
    text = Path(downloaded.says(*BROWSE, "--save=all.html").strip()).read_text("utf-8")
    assert f"<code>ck browse imagenet --wnid={WNID}</code>" in text
    assert not (downloaded.repository() / "imagenet" / WNID / "gallery.html").exists()


def test_no_page_tells_where_anything_is_on_the_users_machine(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """A list is told by its name, also where an earlier version has kept its path."""
    private = terminal.folder / "private"
    private.mkdir()
    links = [web.link(WNID, n, "good" if n else "gone") for n in range(4)]
    (private / "mine.txt").write_text("".join(f"{link.name} {link.url}\n" for link in links))
    terminal.says("download", "imagenet", f"--wnid={WNID}", f"--urls={private}/mine.txt")
    (journal,) = (terminal.repository() / "imagenet" / WNID / "journal").glob("*.jsonl")
    lines = journal.read_text()
    assert str(private) not in lines
    journal.write_text(lines.replace('"mine.txt"', f'"{private}/mine.txt"'))
    shared = terminal.folder / "shared" / "page.html"
    shared.parent.mkdir()
    for saved in ([], [f"--save={shared}"]):
        page = Path(terminal.says(*BROWSE, f"--wnid={WNID}", *saved).strip()).read_text("utf-8")
        overview = Path(terminal.says(*BROWSE, *saved).strip()).read_text("utf-8")
        assert page.count("mine.txt") == 3
        for text in (page, overview):
            assert "<title>" in text
            assert not re.search(f"private|CK_REPOS|{terminal.folder.name}", text)


def test_plain_folders_are_shown_too(downloaded: Terminal) -> None:
    downloaded.says("download", "imagenet", f"--wnid={DALMATIAN}", "--outdir=out")
    said = downloaded.says(*BROWSE, f"--wnid={DALMATIAN}", "--outdir=out")
    state = downloaded.folder / "out" / DALMATIAN / ".ck-imagenet"
    assert Path(said.strip()) == state / "gallery.html"
    assert f'data-file="../{DALMATIAN}_4.jpg"' in (state / "gallery.html").read_text("utf-8")
    said = downloaded.says(*BROWSE, "--outdir=out")
    assert Path(said.strip()) == downloaded.folder / "out" / ".ck-imagenet" / "gallery.html"


def test_on_a_terminal_the_page_is_opened_unless_that_is_not_wanted(downloaded: Terminal) -> None:
    opened = downloaded.folder / "opened"
    browser = downloaded.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n')
    browser.chmod(0o755)
    downloaded.environment["BROWSER"] = str(browser)
    downloaded.shows(*BROWSE, f"--wnid={WNID}", "--no-open")
    downloaded.says(*BROWSE, f"--wnid={WNID}")
    assert not opened.exists()
    shown = downloaded.shows(*BROWSE, f"--wnid={WNID}")
    page = downloaded.repository() / "imagenet" / WNID / "gallery.html"
    assert shown.splitlines()[-1] == str(page)
    assert opened.read_text().split() == [page.as_uri()]


def test_where_there_is_nothing_to_see_it_says_how_to_get_something(terminal: Terminal) -> None:
    get = f"ck download imagenet --wnid={WNID}"
    said = terminal.refuses(*BROWSE, f"--wnid={WNID}")
    assert said == f"no pictures of {WNID} are here. Download them with: {get}"
    assert terminal.refuses(*BROWSE) == f"no pictures are here yet. Begin with: {get}"
    assert not terminal.repository().exists()


def test_cks_viewer_says_how_to_get_something_where_nothing_is_here(terminal: Terminal) -> None:
    viewer = {"action": "html_viewer", "module_uoa": "imagenet", "data_uoa": "overview"}
    shown = terminal.access(viewer)
    assert (shown["return"], "ck download imagenet --wnid=n01440764" in shown["error"]) == (1, True)


def test_one_file_takes_one_page(terminal: Terminal) -> None:
    said = terminal.refuses(*BROWSE, f"--wnid={WNID},{DALMATIAN}", "--save=x.html")
    assert said == "--save=FILE is for one page: name one synset, or none for the overview"


def test_a_place_that_cannot_be_written_is_named(downloaded: Terminal) -> None:
    said = downloaded.refuses(*BROWSE, f"--wnid={WNID}", "--save=no/where.html")
    assert said == f'"{downloaded.folder / "no"}" cannot be used: No such file or directory'


def test_cks_viewer_shows_the_same(downloaded: Terminal) -> None:
    viewer = {"action": "html_viewer", "module_uoa": "imagenet"}
    shown = downloaded.access({**viewer, "data_uoa": WNID})
    assert shown["return"] == 0
    assert shown["html"].startswith("<iframe sandbox=")
    assert "tench" in shown["html"]
    for _ in range(2):  # before the overview has ever been written, and after that
        assert "1 synset" in downloaded.access({**viewer, "data_uoa": "overview"})["html"]
        downloaded.says("browse", "imagenet", "--no-open")
    assert downloaded.access({**viewer, "data_uoa": "n00000000"})["return"] == 1
