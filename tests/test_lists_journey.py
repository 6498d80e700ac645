"""URL lists in every form, from files and addresses."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Callable, Iterator

import pytest
from ck_imagenet_practice import Link, PracticeWeb
from terminal import WNID, Terminal

DALMATIAN = "n02110341"


def as_urls(links: list[Link], end: str = "\n") -> bytes:
    return "".join(link.url + end for link in links).encode("latin-1")


def as_pairs(links: list[Link], between: str = " ", end: str = "\r\n") -> bytes:
    return "".join(link.name + between + link.url + end for link in links).encode("latin-1")


def as_tgz(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


FORMS: dict[str, Callable[[list[Link]], bytes]] = {
    "name and URL": as_pairs,
    "name, tab, URL": lambda links: as_pairs(links, "\t", "\n"),
    "gzip": lambda links: gzip.compress(as_pairs(links)),
    "tgz": lambda links: as_tgz(as_pairs(links, "\t", "\n")),
    "UTF-8 with its mark": lambda links: b"\xef\xbb\xbf" + as_pairs(links),
}


def links_of(web: PracticeWeb) -> list[Link]:
    """Return links whose URLs hold a comma, spaces and bytes beyond ASCII."""
    return [link for link in web.links(WNID) if link.kind == "good"]


@pytest.mark.parametrize("form", FORMS)
def test_a_list_with_names_gives_every_picture_its_true_number(
    terminal: Terminal, web: PracticeWeb, form: str
) -> None:
    links = links_of(web)
    (terminal.folder / "list").write_bytes(FORMS[form](links))
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=list")
    assert terminal.pictures() == {f"{link.name}.jpg": link.picture() for link in links}
    for link in links:
        entry = f"imagenet-{WNID}:dataset:{link.name.partition('_')[2]}"
        assert terminal.json("load", entry)["dict"]["imagenet"]["url"] == link.url


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_of_urls_gives_every_picture_its_lines_number(
    terminal: Terminal, web: PracticeWeb, end: str
) -> None:
    links = links_of(web)[:3]
    lines = b"# old list" + end.encode() + as_urls(links[:1], end) + end.encode()
    (terminal.folder / f"{WNID}_urls.txt").write_bytes(lines + as_urls(links[1:], end))
    terminal.says("download", "imagenet", f"--urls={WNID}_urls.txt")
    assert terminal.pictures() == {
        f"{WNID}_{number}.jpg": link.picture() for number, link in zip((1, 3, 4), links)
    }


def test_a_list_of_many_synsets_is_downloaded_whole_or_for_those_that_are_named(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(wnid, n, "good") for wnid in (DALMATIAN, WNID) for n in (3, 5)]
    (terminal.folder / "fall11_urls.txt").write_bytes(as_pairs(links, "\t"))
    terminal.says("download", "imagenet", "--urls=fall11_urls.txt", f"--wnid={WNID}")
    assert list(terminal.repos.glob("imagenet-*")) == [terminal.repository(WNID)]
    offset = ("download", "imagenet", "--urls=fall11_urls.txt", "--offset=1")
    saved = {each["wnid"]: each["saved"] for each in terminal.json(*offset)["synsets"]}
    assert saved == {DALMATIAN: 1, WNID: 0}
    assert list(terminal.pictures(DALMATIAN)) == [f"{DALMATIAN}_5.jpg"]


def test_more_than_a_hundred_synsets_must_be_named(terminal: Terminal) -> None:
    lines = (f"n{number:08}_1 http://127.0.0.1/{number}.jpg\n" for number in range(101))
    (terminal.folder / "list").write_text("".join(lines))
    said = terminal.refuses("download", "imagenet", "--urls=list")
    assert said == (
        'the list "list" has more than 100 synsets: name those that you want with --wnid=W,W or '
        "--wnids=FILE. For all of them, make an archive of it: ck geturls imagenet --all "
        "--archive=list"
    )
    assert not list(terminal.repos.glob("imagenet-*"))


def test_a_list_may_come_through_a_pipe(terminal: Terminal, web: PracticeWeb) -> None:
    packed = gzip.compress(as_pairs([web.link(WNID, 5, "good")]))
    (terminal.folder / "list.gz").write_bytes(packed)
    with (terminal.folder / "list.gz").open("rb") as stream, subprocess.Popen(
        ["cat"], stdin=stream, stdout=subprocess.PIPE
    ) as cat:
        terminal.says("download", "imagenet", "--urls=/dev/stdin", stdin=cat.stdout)
    assert list(terminal.pictures()) == [f"{WNID}_5.jpg"]


@pytest.fixture
def file_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of this test's folder, on a port that nothing else is allowed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = tmp_path / self.path.lstrip("/")
            self.send_response(200 if path.is_file() else 404)
            self.end_headers()
            self.wfile.write(path.read_bytes() if path.is_file() else b"")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_address_that_the_user_names_is_trusted_and_nothing_else_is(
    terminal: Terminal, web: PracticeWeb, file_server: str
) -> None:
    links = [web.link(wnid, 4, "good") for wnid in (WNID, DALMATIAN)]
    for link in links:
        wnid = link.name.partition("_")[0]
        (terminal.folder / f"{wnid}.gz").write_bytes(gzip.compress(as_urls([link])))
    del terminal.environment["CK_IMAGENET_ALLOW_PRIVATE"]
    address = f"--urls={file_server}/{{wnid}}.gz"
    done = terminal.json("download", f"imagenet:{WNID},{DALMATIAN}", address)
    assert [each["failed"] for each in done["synsets"]] == [{"private-address": 1}] * 2
    missing = terminal.refuses("download", "imagenet", f"--urls={file_server}/no/{WNID}.txt")
    assert f'the list "{file_server}/no/{WNID}.txt" cannot be downloaded' in missing


def test_the_services_list_first_and_one_with_names_after_it_end_with_every_picture_once(
    terminal: Terminal,
) -> None:
    with PracticeWeb(alive=["older-urls"]) as web:
        terminal.environment.update(web.environment())
        links = [web.link(WNID, number, "good") for number in (100, 200, 1, 0)]
        web.set_links(WNID, links)
        terminal.says("download", "imagenet", f"--wnid={WNID}", "--max-images=2")
        assert len(terminal.pictures()) == 2
        (terminal.folder / "list").write_bytes(as_pairs(links))
        terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=list")
        assert len(terminal.pictures()) == 4
        assert sorted(terminal.pictures().values()) == sorted(link.picture() for link in links)
        asked = web.requests.counts()
        assert all(asked[link.host, link.path] == 1 for link in links)


@pytest.mark.every_python
def test_geturls_prints_the_list_byte_for_byte(terminal: Terminal, web: PracticeWeb) -> None:
    links = web.links(WNID)
    with terminal.start("geturls", "imagenet", f"--wnid={WNID}", encoding="latin-1") as process:
        assert process.communicate()[0] == as_urls(links).decode("latin-1")
    said = terminal.says("geturls", "imagenet", f"--wnid={WNID}", "--mapping", "--save=kept.tsv")
    assert said == '30 URLs written to "kept.tsv"\n'
    assert (terminal.folder / "kept.tsv").read_bytes() == as_pairs(links, "\t", "\n")
    assert terminal.json("geturls", f"imagenet:{WNID}") == {
        "return": 0,
        "lst": [{"name": link.name, "url": link.url} for link in links],
    }


def test_a_list_is_saved_through_a_link_and_into_a_pipe(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 5, "good")])
    link, target = terminal.folder / "link", terminal.folder / "target"
    link.symlink_to(target)
    terminal.says("geturls", f"imagenet:{WNID}", "--save=link")
    assert (link.is_symlink(), target.read_bytes()) == (True, as_urls(web.links(WNID)))
    pipe = terminal.folder / "pipe"
    os.mkfifo(pipe)
    with terminal.start("geturls", f"imagenet:{WNID}", "--save=pipe") as process:
        assert pipe.read_bytes() == as_urls(web.links(WNID))
        process.communicate()
    assert pipe.is_fifo()


def test_geturls_of_a_given_list_makes_nothing(terminal: Terminal, web: PracticeWeb) -> None:
    (terminal.folder / "list").write_bytes(as_pairs(links_of(web)))
    before = sorted(terminal.repos.rglob("*"))
    terminal.says("geturls", "imagenet", f"--wnid={WNID}", "--urls=list")
    assert sorted(terminal.repos.rglob("*")) == before


def test_what_list_images_prints_is_a_list_to_download_from(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(WNID, number, "good") for number in (5, 8)]
    web.set_links(WNID, [*links, web.link(WNID, 9, "gone")])
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    said = terminal.says("list", "imagenet", "--images")
    assert said == "".join(f"{link.name} {link.url}\n" for link in links)
    (terminal.folder / "list").write_text(said)
    terminal.says("download", "imagenet", "--urls=list", "--outdir=copy")
    copy = terminal.folder / "copy" / WNID
    assert {path.name: path.read_bytes() for path in copy.glob("[!.]*")} == terminal.pictures()


class TestLater:
    """Commands without `--urls`, after one that had it: no place has a list of the synset."""

    @pytest.fixture
    def links(self, terminal: Terminal, web: PracticeWeb) -> list[Link]:
        """Links of a list that has been given once and is gone: the fourth is cut short, once."""
        kinds = ["good", "good", "gone", "reset-once"]
        links = [web.link(WNID, number, kind) for number, kind in enumerate(kinds, 5)]
        web.set_links(WNID, [])
        given = terminal.folder / "given"
        given.write_bytes(b"# mine\n" + as_urls(links))
        done = terminal.json("download", "imagenet", f"--wnid={WNID}", "--urls=given", "--retry=0")
        assert (done["synsets"][0]["here"], done["synsets"][0]["links"]) == (2, 4)
        given.unlink()
        web.requests.clear()
        return links

    def asked(self, web: PracticeWeb, links: list[Link]) -> list[str]:
        counts = web.requests.counts()
        return [link.kind for link in links if (link.host, link.path) in counts]

    @pytest.mark.parametrize("lost", [(), ("list.txt",), ("list.txt", "names.tsv")])
    def test_what_failed_and_may_pass_can_be_asked_again(
        self, terminal: Terminal, web: PracticeWeb, links: list[Link], lost: tuple[str, ...]
    ) -> None:
        """Also where the list is lost, as with an earlier version, and the numbers, too."""
        state = terminal.repository() / "imagenet" / WNID
        for name in lost:
            (state / name).unlink()
        ended = terminal.ck("download", f"imagenet:{WNID}", "--retry-failed")
        assert "3 pictures here, 4 links known, 1 saved now" in ended.stdout
        assert self.asked(web, links) == ["reset-once"]
        said = (
            (f"no source has a list of {WNID}; using the 4 links that are known here\n")
            if lost
            else ""
        )
        assert ended.stderr == said
        meta = terminal.json("load", f"imagenet-{WNID}:dataset:4")["dict"]["imagenet"]
        assert meta["source"] == "given"

    def test_a_given_list_is_kept_as_any_other(
        self, terminal: Terminal, web: PracticeWeb, links: list[Link]
    ) -> None:
        kept = terminal.json("geturls", f"imagenet:{WNID}", "--sources")["sources"][-1]["state"]
        assert kept.startswith(f"4 URLs of {WNID}, from urls, since 20")
        assert terminal.says("geturls", f"imagenet:{WNID}").split() == [each.url for each in links]
        assert terminal.json("download", f"imagenet:{WNID}")["synsets"][0]["to_fetch"] == 0

    def test_a_list_of_some_of_them_hides_none_of_the_others(
        self, terminal: Terminal, web: PracticeWeb, links: list[Link]
    ) -> None:
        (terminal.folder / "some").write_bytes(as_urls(links[2:3]))
        some = terminal.json("download", f"imagenet:{WNID}", "--urls=some")["synsets"][0]
        assert (some["links"], some["to_fetch"]) == (1, 0)
        done = terminal.json("download", f"imagenet:{WNID}", "--retry-failed=all")["synsets"][0]
        assert (done["links"], done["here"], done["failed"]) == (4, 3, {"gone": 1})
        assert self.asked(web, links) == ["gone", "reset-once"]

    def test_what_another_place_lists_comes_beside_it_and_each_has_its_own_source(
        self, terminal: Terminal, web: PracticeWeb, links: list[Link]
    ) -> None:
        more = web.link(WNID, 20, "good")
        web.set_links(WNID, [more])
        archive = terminal.folder / "all"
        archive.write_text(f"{more.name}\t{more.url}\n")
        terminal.says("geturls", "imagenet", "--all", f"--archive={archive}", "--force")
        done = terminal.json("download", f"imagenet:{WNID}", "--retry-failed")["synsets"][0]
        assert (done["links"], done["here"], done["failed"]) == (5, 4, {"gone": 1})
        sources = {
            number: terminal.json("load", f"imagenet-{WNID}:dataset:{number}")["dict"]["imagenet"][
                "source"
            ]
            for number in (4, 20)
        }
        assert sources == {4: "given", 20: "all"}

    def test_a_list_of_few_links_far_apart_takes_little_room(
        self, terminal: Terminal, web: PracticeWeb, links: list[Link]
    ) -> None:
        (terminal.folder / "far").write_bytes(b"\n" * 10**6 + as_urls(links))
        terminal.says("download", f"imagenet:{WNID}", "--urls=far", "--max-images=1")
        kept = terminal.repository() / "imagenet" / WNID / "list.txt"
        assert kept.stat().st_size < 1000
        assert (
            terminal.json("download", f"imagenet:{WNID}", "--dry-run")["synsets"][0]["links"] == 4
        )


@pytest.mark.every_python
def test_a_table_is_read_and_a_page_is_refused_in_a_sentence(terminal: Terminal) -> None:
    rows = "url,caption\nhttp://a.com/1,a fish\nhttp://a.com/2,another\n"
    (terminal.folder / "list.csv").write_text(rows)
    command = ("geturls", "imagenet", f"--wnid={WNID}")
    assert terminal.says(*command, "--urls=list.csv") == "http://a.com/1\nhttp://a.com/2\n"
    (terminal.folder / "page").write_text("<html>\nhttp://a.com/1\n")
    said = terminal.refuses(*command, "--urls=page")
    assert said == 'the list "page" cannot be read: line 1 begins a web page, not a list of URLs'
