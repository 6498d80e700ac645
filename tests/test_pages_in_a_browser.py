"""Pages in headless Chromium; collected only where there is one."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests
from browser import Browser
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet_practice.pictures import picture
from terminal import WNID, Terminal

HOSTILE = 'http://host-3/$#ck_root_url#$"><script>document.title="harmed"</script>.jpg'


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a synset: twelve pictures, two of them alike, and three failures."""
    folder = tmp_path_factory.mktemp("out")
    place = FolderStore(folder).synset(WNID)
    place.create()
    journal = Journal.of(place)
    for number in range(1, 13):
        data = picture(f"/{min(number, 11)}.jpg") + bytes(number)
        facts: dict[str, Any] = {
            "width": 500 - number,
            "height": 375,
            "bytes": len(data),
            "image_format": "jpeg",
        }
        record = known(number, f"http://host-{number % 2}/{number}.jpg", **facts)
        place.save(record, data, "jpg")
        journal.append(record)
    for number, url in ((13, "http://host-1/x"), (14, "javascript:alert(1)"), (15, HOSTILE)):
        journal.append(known(number, url, Outcome.GONE if number < 15 else Outcome.BUSY))
    journal.close()
    return folder


def known(number: int, url: str, outcome: Outcome = Outcome.SAVED, **facts: Any) -> Record:
    return Record(ImageName(WNID, number), url, outcome, "2026-01-02T03:04:05Z", **facts)


@pytest.fixture
def page(folder: Path, tmp_path: Path, chromium: Browser) -> Browser:
    """The synset's page, open on a desktop."""
    terminal = Terminal(tmp_path, {})
    said = terminal.says("browse", "imagenet", f"--wnid={WNID}", f"--outdir={folder}")
    chromium.resize(1280, 900)
    chromium.open(Path(said.strip()))
    return chromium


def numbers(browser: Browser, rows: str = ".wall[data-list] > li") -> list[int]:
    """Return the numbers of what is to be seen, in its order."""
    found = browser.run(
        f"return [...document.querySelectorAll({rows!r})].filter(e => e.checkVisibility())"
        ".map(e => +e.dataset.number)"
    )
    return [int(number) for number in found]


def choose(browser: Browser, control: str, value: str) -> None:
    """Set a control as a user would."""
    browser.run(
        "const it = document.querySelector(arguments[0]); it.value = arguments[1];"
        "it.dispatchEvent(new Event('input')); it.dispatchEvent(new Event('change'))",
        control,
        value,
    )


def test_thumbnails_are_drawn_as_they_come_into_view(page: Browser) -> None:
    page.until("return document.querySelectorAll('.wall[data-list] img').length === 12")
    sizes = page.until(
        "const all = [...document.querySelectorAll('.wall[data-list] img')];"
        "return all.every(i => i.complete)"
        " && all.map(i => Math.max(i.naturalWidth, i.naturalHeight))"
    )
    assert sizes == [160] * 12
    assert page.console() == []


def test_those_out_of_view_wait(page: Browser) -> None:
    page.resize(390, 300)
    page.visit(page.run("return location.href"))
    drawn = "return document.querySelectorAll('.failures, .wall[data-list] img').length"
    assert page.until(drawn) == 1  # the failures' section alone
    page.run("document.querySelector('.wall').scrollIntoView()")
    page.until("return document.querySelectorAll('.wall[data-list] img').length > 3")


def test_it_is_filtered_and_sorted(page: Browser) -> None:
    choose(page, "select[data-filter=host]", "host-1")
    assert numbers(page) == [1, 3, 5, 7, 9, 11]
    assert numbers(page, "tbody tr") == [13]
    choose(page, "[data-sort]", "pixels")
    assert numbers(page) == [11, 9, 7, 5, 3, 1]
    choose(page, "select[data-filter=outcome]", "gone")
    assert (numbers(page), numbers(page, "tbody tr")) == ([], [13])
    page.run("document.querySelector('[data-reset]').click()")
    choose(page, "[data-find]", f"{WNID}_12")
    assert numbers(page) == [12]


def test_a_bar_of_a_chart_is_a_filter(page: Browser) -> None:
    page.run("document.querySelector('button[data-value=busy]').click()")
    assert (numbers(page), numbers(page, "tbody tr")) == ([], [15])
    page.run("document.querySelector('button[data-value=busy]').click()")
    assert len(numbers(page)) == 12


def test_pictures_that_look_alike_stand_side_by_side(page: Browser) -> None:
    assert numbers(page, ".alike .wall:first-child > li") == [11, 12]


def test_it_goes_by_keyboard(page: Browser) -> None:
    page.press("/")
    assert page.run("return document.activeElement.matches('[data-find]')")
    page.run("document.querySelector('.wall button').focus()")
    page.press("right", "right", "enter")
    told = "return document.querySelector('dialog[open] h2')?.textContent"
    assert page.until(told) == f"{WNID}_3"
    page.press("right")
    assert page.run(told) == f"{WNID}_4"
    link = page.run("return document.querySelector('dialog dd a').href")
    assert link == "http://host-0/4.jpg"
    page.press("escape")
    focused = "return document.activeElement.closest('li')?.dataset.number"
    page.until(f"{focused} === '4'")
    page.press("down")
    assert int(page.run(focused)) > 5
    inside = "return document.querySelectorAll('.wall[data-list] [tabindex=\"0\"]').length"
    assert page.run(inside) == 1


def test_hostile_urls_do_no_harm(page: Browser) -> None:
    assert page.run("return document.title") == f"tench \u00b7 ImageNet {WNID}"
    shown = page.run("return document.querySelector('tr[data-number=\"15\"] .url').textContent")
    assert shown == HOSTILE
    links = page.run("return [...document.links].map(a => a.protocol)")
    assert set(links) == {"http:", "https:"}


def test_no_script_but_its_own_runs(page: Browser) -> None:
    page.run(
        "const it = document.createElement('script');"
        "it.textContent = 'document.title = \"harmed\"'; document.body.append(it)"
    )
    assert page.run("return document.title") == f"tench \u00b7 ImageNet {WNID}"
    assert "Content Security Policy" in "".join(page.console())


@pytest.mark.parametrize("width", [360, 768, 1920])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_every_screen_in_light_and_dark(page: Browser, width: int, dark: bool) -> None:
    page.resize(width, 800, dark=dark)
    assert page.run("return document.documentElement.scrollWidth") <= width
    red = page.run("return +getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]")
    assert (red < 60) is dark


def test_the_overview_leads_to_the_synset(folder: Path, page: Browser, tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    said = Terminal(tmp_path / "2", {}).says("browse", "imagenet", f"--outdir={folder}")
    page.open(Path(said.strip()))
    page.until("return document.querySelectorAll('.cover img').length === 4")
    page.run("document.querySelector('.cards a').click()")
    page.until("return document.title.startsWith('tench')")


def test_cks_own_web_page_shows_the_same(tmp_path: Path, chromium: Browser) -> None:
    # CK's web service runs the `ck` that it finds.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    terminal = Terminal(tmp_path, {"PATH": path})
    url = HOSTILE.replace("host-3", "10.0.0.1")
    (tmp_path / "list").write_text(f"{WNID}_15\t{url}\n")
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=list")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/web?action=html_viewer&module_uoa=imagenet&data_uoa={WNID}"
    with terminal.start("start", "web", "--host=127.0.0.1", f"--port={port}") as web:
        try:
            await_server(address)
            chromium.visit(address)
            chromium.enter("iframe")
            told = "return document.querySelector('tr[data-number=\"15\"] .url')?.textContent"
            assert chromium.until(told) == url
            assert chromium.run("return origin") == "null"
        finally:
            web.terminate()


def await_server(address: str) -> None:
    for _ in range(200):
        try:
            requests.head(address, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError("CK's web service does not start")
