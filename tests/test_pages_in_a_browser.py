"""Pages in headless Chromium; collected only where there is one."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests
from browser import AXE, Browser
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.pictures import picture
from PIL import Image
from terminal import WNID, Terminal

DOG = "n02084071"

HOSTILE = 'http://host-3/$#ck_root_url#$"><script>document.title="harmed"</script>.jpg'


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a synset: twelve pictures, two of them alike, and three failures.

    Of another, with synsets below it, links failed at eleven hosts.
    """
    folder = tmp_path_factory.mktemp("out") / "it's \xe4 folder"
    dogs = FolderStore(folder).synset(DOG)
    dogs.create()
    journal = Journal.of(dogs)
    for number in range(1, 12):
        name = ImageName(DOG, number)
        url = f"http://the-{number}th-of-many-hosts-with-a-long-name.example/"
        journal.append(Record(name, url, Outcome.NO_SUCH_HOST, "2026-01-02T03:04:05Z"))
    journal.close()
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


def written(folder: Path, tmp_path: Path, *options: str) -> list[Path]:
    """Return the pages that `ck browse` writes of what is in a folder."""
    terminal = Terminal(tmp_path, {})
    said = terminal.says("browse", "imagenet", f"--outdir={folder}", *options)
    return list(map(Path, said.splitlines()))


def known(number: int, url: str, outcome: Outcome = Outcome.SAVED, **facts: Any) -> Record:
    return Record(ImageName(WNID, number), url, outcome, "2026-01-02T03:04:05Z", **facts)


@pytest.fixture
def page(folder: Path, tmp_path: Path, chromium: Browser) -> Browser:
    """The synset's page, open on a desktop."""
    chromium.resize(1400, 900)
    chromium.open(*written(folder, tmp_path, f"--wnid={WNID}"))
    return chromium


@pytest.fixture(scope="module")
def everything(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder with all its pages."""
    for options in ([f"--wnid={DOG}"], []):
        written(folder, tmp_path_factory.mktemp("terminal"), *options)
    return folder


@pytest.fixture
def dogs(folder: Path, tmp_path: Path, chromium: Browser) -> Browser:
    """The page of the synset with hosts and synsets below it, open on a desktop."""
    chromium.resize(1400, 900)
    chromium.open(*written(folder, tmp_path, f"--wnid={DOG}"))
    return chromium


def look_closely(browser: Browser, number: int) -> None:
    """Open the close-up of a picture, and wait until that is to be seen."""
    browser.run(f"document.querySelector('li[data-number=\"{number}\"] button').click()")
    browser.until("return document.querySelector('dialog img').naturalWidth > 0")


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
    page.resize(600, 60)
    page.visit(page.run("return location.href"))
    frames = "return new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))"
    drawn = "return document.querySelectorAll('.wall[data-list] img').length"
    page.run(frames)
    assert page.run(drawn) == 0
    page.run("document.querySelector('.wall').scrollIntoView()")
    page.until(f"{drawn} === 12")


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
    count = page.run("return document.querySelector('[data-count][aria-live]').textContent")
    assert count == "1"  # which a screen reader says
    choose(page, "[data-find]", "4")  # which the wnid has in it too
    assert (numbers(page), numbers(page, "tbody tr")) == ([4], [])
    choose(page, "[data-find]", "host-1/1")
    assert numbers(page) == [1, 11]


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


def test_tab_leads_to_the_pictures_past_the_charts(page: Browser) -> None:
    page.press("tab", "enter")
    assert page.run("return document.activeElement.id") == "shown"
    page.press("tab")
    assert page.run("return document.activeElement.closest('li').dataset.number") == "1"


def test_what_has_the_focus_is_not_under_the_toolbar(page: Browser) -> None:
    page.resize(1400, 450)
    page.run("document.querySelectorAll('.wall button')[11].focus()")
    page.press("up", "up")
    focused, toolbar = page.run(
        "return [document.activeElement.getBoundingClientRect().top,"
        " document.querySelector('.toolbar').getBoundingClientRect().bottom]"
    )
    assert focused >= toolbar


def test_on_paper_it_is_dark_on_white_with_all_pictures(page: Browser) -> None:
    page.resize(1400, 200, dark=True)
    page.visit(page.run("return location.href"))
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    page.devtools("Emulation.setEmulatedMedia", media="print", features=[dark])
    page.run("dispatchEvent(new Event('beforeprint'))")
    undrawn = "return document.querySelectorAll('.wall .thumbnail:not(:has(img))').length"
    ink = "return getComputedStyle(document.body).color"
    bar = "return document.querySelector('.toolbar').checkVisibility()"
    assert (page.run(undrawn), page.run(ink), page.run(bar)) == (0, "rgb(29, 27, 24)", False)


def test_hostile_urls_do_no_harm(page: Browser) -> None:
    assert page.run("return document.title") == f"tench \u00b7 ImageNet {WNID}"
    shown = page.run("return document.querySelector('tr[data-number=\"15\"] .url').textContent")
    assert shown == HOSTILE
    links = page.run("return [...document.links].slice(1).map(a => a.protocol)")
    assert set(links) == {"http:", "https:"}


def test_no_script_but_its_own_runs(page: Browser) -> None:
    page.run(
        "const it = document.createElement('script');"
        "it.textContent = 'document.title = \"harmed\"'; document.body.append(it)"
    )
    assert page.run("return document.title") == f"tench \u00b7 ImageNet {WNID}"
    assert "Content Security Policy" in "".join(page.console())


@pytest.mark.parametrize(("width", "height", "least"), [(390, 844, 4), (1400, 900, 8)])
def test_pictures_are_on_the_first_screen(
    page: Browser, width: int, height: int, least: int
) -> None:
    page.resize(width, height)
    bottoms = page.run(
        "return [...document.querySelectorAll('.wall[data-list] > li')]"
        ".map(e => e.getBoundingClientRect().bottom)"
    )
    assert len([bottom for bottom in bottoms if bottom <= height]) >= least


_CLIPPED = """
    return [...document.querySelectorAll('body *')].filter(each =>
        each.checkVisibility() && !each.matches('thead *, thead, select, input')
        && getComputedStyle(each).overflowX !== 'visible'
        && each.scrollWidth > each.clientWidth + 1
    ).map(each => each.outerHTML.slice(0, 200));
"""


@pytest.mark.parametrize("width", [360, 390, 1400])
def test_nothing_is_clipped(folder: Path, tmp_path: Path, chromium: Browser, width: int) -> None:
    chromium.resize(width, 844)
    for page in written(folder, tmp_path, f"--wnid={WNID},{DOG}"):
        chromium.open(page)
        chromium.run("document.querySelector('[data-fold]').open = true")
        assert chromium.run(_CLIPPED) == []
        assert chromium.run("return document.documentElement.scrollWidth") <= width


def test_the_rest_of_what_is_long_is_opened(dogs: Browser) -> None:
    assert dogs.run("return document.querySelectorAll('.bar .saved').length") == 0
    rest = "return [...document.querySelectorAll('[data-rest]')].filter(e => !e.hidden).length"
    more = "return [...document.querySelectorAll('[data-more]')].map(e => e.textContent.trim())"
    assert dogs.run(rest) == 0
    ways, hosts, below = dogs.run(more)
    assert (ways, hosts, below[-5:]) == ("\u2026", "3 more hosts", " more")
    dogs.run("document.querySelectorAll('.chart + [data-more]')[0].click()")
    assert dogs.run(rest) == 3
    named = dogs.run("return document.activeElement.dataset.value")
    assert named.endswith("th-of-many-hosts-with-a-long-name.example")
    dogs.run("document.querySelector('nav [data-more]').click()")
    shown = dogs.run("return document.querySelector('nav').innerText")
    assert [word in shown for word in ("entity", "carnivore", "domestic animal")] == [True] * 3
    assert dogs.run(more) == [below]


def test_outcomes_are_explained_without_hovering(page: Browser) -> None:
    shown = page.run("return document.querySelector('aside').innerText")
    assert [each.meaning in shown for each in (Outcome.SAVED, Outcome.GONE, Outcome.BUSY)] == [
        True,
        True,
        True,
    ]


def test_on_a_phone_the_charts_are_folded_and_filter_too(page: Browser) -> None:
    page.resize(390, 844)
    page.visit(page.run("return location.href"))
    row = "document.querySelector('button[data-value=gone]')"
    assert page.run(f"return {row}.checkVisibility()") is False
    page.run("document.querySelector('summary').click()")
    assert page.run(f"return {row}.checkVisibility()") is True
    page.run(f"{row}.click()")
    assert (numbers(page), numbers(page, "tbody tr")) == ([], [13, 14])
    top = page.run("return document.querySelector('[data-count]').getBoundingClientRect().top")
    assert 0 <= top < 844 / 2  # what is left is seen
    page.resize(320, 640)
    wide = page.run("return document.querySelector('[data-find]').offsetWidth")
    assert wide > 90  # beside the button that shows all


_SEEN = """
    const image = document.querySelector('dialog img'), box = image.getBoundingClientRect();
    return image.complete && image.naturalWidth > 0
        && [image.naturalWidth, image.naturalHeight, box.width <= image.naturalWidth];
"""


def test_the_close_up_shows_the_file_itself(page: Browser) -> None:
    look_closely(page, 3)
    data = picture("/3.jpg")
    width, height = Image.open(io.BytesIO(data)).size
    assert page.until(_SEEN) == [width, height, True]
    told = page.run("return document.querySelector('dialog dl').innerText").split("\n")
    assert told == [
        *("size", f"497\xd7375 pixels, {len(data) + 3:,} bytes, jpeg", "host", "host-1"),
        *("link", "http://host-1/3.jpg", "saved", "2026-01-02 03:04 UTC"),
        *("file", f"{WNID}_3.jpg"),
    ]
    assert page.console() == []


def test_on_a_page_that_the_overview_has_made_the_files_stand_in_for_thumbnails(
    folder: Path, tmp_path: Path, chromium: Browser
) -> None:
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("thumbnails.jsonl", "gallery.html")
    shutil.copytree(folder / WNID, copy / WNID, ignore=ignored)
    chromium.resize(1400, 900)
    chromium.open(*written(copy, tmp_path))
    chromium.run("document.querySelector('.cards a').click()")
    sizes = chromium.until(
        "const all = [...document.querySelectorAll('.wall[data-list] img')];"
        "return all.length === 12 && all.every(i => i.complete && i.naturalWidth)"
        " && all.map(i => Math.max(i.naturalWidth, i.naturalHeight))"
    )
    assert sizes == [160] * 4 + [500] * 8
    assert chromium.console() == []


def test_where_no_file_lies_beside_the_page_it_shows_the_thumbnail(
    folder: Path, tmp_path: Path, chromium: Browser
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (page,) = written(folder, tmp_path, f"--wnid={WNID}", f"--save={elsewhere}/tench.html")
    assert folder.name not in page.read_text("utf-8")
    chromium.open(page)
    look_closely(chromium, 3)
    *size, is_unblown = chromium.until(_SEEN)
    assert (max(size), is_unblown) == (160, True)
    line = chromium.run("return document.querySelector('dialog code').textContent")
    assert line == f"ck clean imagenet --wnid={WNID} --number=3 --outdir=FOLDER"


def test_a_file_that_has_gone_since_or_is_no_picture_gives_way_to_its_thumbnail(
    folder: Path, tmp_path: Path, chromium: Browser
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder / WNID, copy / WNID)
    chromium.open(*written(copy, tmp_path, f"--wnid={WNID}"))
    (copy / WNID / f"{WNID}_3.jpg").unlink()
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='999' height='999'/>"
    (copy / WNID / f"{WNID}_4.jpg").write_text(svg)
    for number in (3, 4):
        look_closely(chromium, number)
        assert max(chromium.until(_SEEN)[:2]) == 160


def test_the_line_to_clean_is_copied_and_does_what_it_says(
    folder: Path, tmp_path: Path, chromium: Browser
) -> None:
    copy = tmp_path / "it's \xe4 #1 copy, %41?"
    shutil.copytree(folder / WNID, copy / WNID)
    chromium.open(*written(copy, tmp_path, f"--wnid={WNID}"))
    look_closely(chromium, 3)
    chromium.run("document.querySelector('[data-copy]').focus()")
    chromium.press("enter")
    chromium.until("return document.querySelector('[data-copy]').textContent === 'Copied'")
    chromium.press("escape")
    chromium.until("return document.activeElement.closest('li')?.dataset.number === '3'")
    chromium.press("/")
    chromium.paste()
    line = chromium.until("return document.querySelector('[data-find]').value")
    typed = shlex.split(line)
    assert typed[:3] == ["ck", "clean", "imagenet"]
    (tmp_path / "2").mkdir()
    Terminal(tmp_path / "2", {}).says(*typed[1:], "--force")
    left = {path.name for path in (copy / WNID).glob("*.jpg")}
    assert left == {f"{WNID}_{number}.jpg" for number in range(1, 13) if number != 3}


def test_the_close_up_goes_by_buttons_and_by_swipes(page: Browser) -> None:
    page.resize(390, 844)
    look_closely(page, 1)
    told = "return document.querySelector('dialog h2').textContent.split('_')[1]"
    ends = "return [...document.querySelectorAll('[data-step]')].map(e => e.disabled)"
    assert (page.run(told), page.run(ends)) == ("1", [True, False])
    page.run("document.querySelector('[data-step=ArrowRight]').click()")
    assert (page.run(told), page.run(ends)) == ("2", [False, False])
    page.swipe(".frame", -150)
    page.until(f"{told} === '3'")
    page.swipe(".frame", 150)
    page.until(f"{told} === '2'")


if AXE.is_file():  # its package wants Python 3.10

    @pytest.mark.parametrize("width", [390, 1400])
    @pytest.mark.parametrize("dark", [False, True])
    def test_axe_core_finds_nothing_that_shuts_anybody_out(
        everything: Path, page: Browser, width: int, dark: bool
    ) -> None:
        page.resize(width, 844, dark=dark)
        assert page.violations() == []
        page.run("document.querySelector('[data-fold]').open = true")
        assert page.violations() == []
        look_closely(page, 3)
        assert page.violations() == []
        state = Path(".ck-imagenet", "gallery.html")
        for page_of in (everything / DOG / state, everything / state):
            page.open(page_of)
            assert page.violations() == []

    def test_axe_core_would_find_it(page: Browser) -> None:
        page.run("document.querySelector('.wall button').removeAttribute('aria-label')")
        assert [each.partition(":")[0] for each in page.violations()] == ["button-name"]


@pytest.mark.parametrize("width", [360, 768, 1920])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_every_screen_in_light_and_dark(page: Browser, width: int, dark: bool) -> None:
    page.resize(width, 800, dark=dark)
    assert page.run("return document.documentElement.scrollWidth") <= width
    red = page.run("return +getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]")
    assert (red < 60) is dark


_COVERED = """
    const cover = document.querySelector('.cover:has(span)');
    return [...cover.children].reverse().map(each => {
        const covered = [...cover.children].reduce((sum, {offsetWidth, offsetHeight}) =>
            sum + offsetWidth * offsetHeight, 0) / (cover.offsetWidth * cover.offsetHeight);
        each.remove();
        return covered > 0.97;
    });
"""


def test_the_overview_leads_to_the_synset(folder: Path, page: Browser, tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    page.open(*written(folder, tmp_path / "2"))
    page.until("return document.querySelectorAll('.cover img').length === 4")
    assert page.run(_COVERED) == [True] * 4
    cards = page.run("return [...document.querySelectorAll('.cards a')].map(a => a.innerText)")
    assert cards == ["Tench", "Dog"]  # of which all links failed
    page.run("document.querySelector('.cards a').click()")
    page.until("return document.title.startsWith('tench')")


@pytest.fixture
def ck_terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal where a synset has a picture in CK, and a link without one."""
    # CK's web service runs the `ck` that it finds.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    terminal = Terminal(tmp_path, {**web.environment(), "PATH": path})
    url = HOSTILE.replace("host-3", "10.0.0.1")
    links = [f"{WNID}_7\t{web.link(WNID, 7, 'good').url}\n", f"{WNID}_15\t{url}\n"]
    (tmp_path / "list").write_text("".join(links))
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=list")
    return terminal


def test_the_close_up_names_the_entry_in_ck(ck_terminal: Terminal, chromium: Browser) -> None:
    chromium.resize(1400, 900)
    chromium.open(Path(ck_terminal.says("browse", "imagenet", f"--wnid={WNID}").strip()))
    look_closely(chromium, 7)
    assert max(chromium.until(_SEEN)[:2]) == 500
    told = chromium.run("return document.querySelector('dialog dl').innerText").split("\n")
    name = told[told.index("CK name") + 1]
    assert (Path(ck_terminal.says("find", name).strip()) / f"{WNID}_7.jpg").is_file()
    line = chromium.run("return document.querySelector('dialog code').textContent")
    assert line == f"ck clean imagenet --wnid={WNID} --number=7"
    ck_terminal.says(*line.split()[1:], "--force")
    assert ck_terminal.pictures() == {}


def test_cks_own_web_page_shows_the_same(ck_terminal: Terminal, chromium: Browser) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    viewer = f"http://127.0.0.1:{port}/web?action=html_viewer&module_uoa=imagenet&data_uoa="
    chromium.resize(1400, 900)
    with ck_terminal.start("start", "web", "--host=127.0.0.1", f"--port={port}") as service:
        try:
            await_server(viewer + WNID)
            chromium.visit(viewer + "overview")
            chromium.enter("iframe")
            chromium.until("return !!document.querySelector('.skip')")
            chromium.run("document.querySelector('.skip').click()")
            assert chromium.run("return document.activeElement.id") == "shown"
            link = "return document.querySelector('.cards a')"
            assert chromium.until(f"{link}?.href") == viewer + WNID
            assert chromium.run(f"{link}.target") == "_blank"
            chromium.visit(viewer + WNID)
            chromium.enter("iframe")
            told = "return document.querySelector('tr[data-number=\"15\"] .url')?.textContent"
            assert chromium.until(told) == HOSTILE.replace("host-3", "10.0.0.1")
            assert chromium.run("return origin") == "null"
            look_closely(chromium, 7)
            *size, is_unblown = chromium.until(_SEEN)
            assert (max(size), is_unblown) == (160, True)
        finally:
            service.terminate()


def await_server(address: str) -> None:
    for _ in range(200):
        try:
            requests.head(address, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError("CK's web service does not start")
