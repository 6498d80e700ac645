"""The archive of all URLs as a user makes and uses it."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.archive import Patience
from keeper import Keeper, places
from peer import Serve, serving
from terminal import WNID, Terminal
from test_url_archive import tgz

DALMATIAN = "n02110341"
GET = ("geturls", "imagenet", "--all")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


@pytest.fixture
def offline(terminal: Terminal) -> Terminal:
    """A terminal whose list service is a port where nobody listens."""
    terminal.environment["CK_IMAGENET_SERVICE"] = "http://127.0.0.1:9"
    del terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"]
    return terminal


def home(terminal: Terminal) -> Path:
    return terminal.repos / "local" / "imagenet" / "fall11"


def facts(terminal: Terminal) -> str:
    return (home(terminal) / "archive.json").read_text()


def lines(web: PracticeWeb) -> bytes:
    """Return a list of all synsets of a web, with one odd line."""
    wnids = (WNID, DALMATIAN)
    listed = (f"{link.name}\t{link.url}\n" for wnid in wnids for link in web.links(wnid))
    return ("odd\n" + "".join(listed)).encode("latin-1")


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()  # noqa: S324 - as ImageNet has published it


def got(terminal: Terminal, data: bytes, *options: str) -> str:
    """Make the archive from a file, and return what that says."""
    (terminal.folder / "list.tgz").write_bytes(tgz(data))
    return terminal.says(*GET, "--archive=list.tgz", *options)


@pytest.mark.every_python
def test_all_urls_are_here_afterwards_with_their_true_numbers_and_nobody_is_asked(
    offline: Terminal, web: PracticeWeb
) -> None:
    said = got(offline, lines(web))
    assert said == (
        f"60 URLs of 2 synsets are here, in {home(offline)}/urls.gz\n"
        "  from list.tgz\n"
        "  its SHA-1 has not been checked; add --archive-sha1=HEX to check it\n"
        f"  odd lines, without a name or a URL: 1, kept in {home(offline)}/rest.txt\n"
    )
    listed = gzip.decompress((home(offline) / "urls.gz").read_bytes())
    assert b"odd\n" + listed == lines(web)
    with offline.start("geturls", f"imagenet:{WNID}", "--mapping", encoding="latin-1") as process:
        own = process.communicate()[0]
    assert own == "".join(f"{link.name}\t{link.url}\n" for link in web.links(WNID))


def test_a_download_has_its_lists_from_there_and_urls_come_through_unchanged(
    offline: Terminal, web: PracticeWeb
) -> None:
    got(offline, lines(web))
    offline.says("download", f"imagenet:{WNID}")
    links = [link for link in web.links(WNID) if link.kind == "good"]
    assert {link.url.translate({ord("\xe9"): "e"}) == link.url for link in links} == {True, False}
    for link in links:
        number = link.name.partition("_")[2]
        meta = offline.json("load", f"imagenet-{WNID}:dataset:{number}")["dict"]["imagenet"]
        assert (meta["url"], meta["source"]) == (link.url, "list.tgz")
    offline.says("download", f"imagenet:{DALMATIAN}", "--outdir=plain")
    assert list((offline.folder / "plain" / DALMATIAN).glob("*.jpg"))


def test_a_given_list_comes_before_the_archive_and_the_service_after_it(
    terminal: Terminal, web: PracticeWeb
) -> None:
    del terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"]
    web.set_links(DALMATIAN, [])
    got(terminal, lines(web))
    web.set_links(DALMATIAN, [web.link(DALMATIAN, 4, "good")])
    (terminal.folder / "mine").write_text("http://127.0.0.1/mine.jpg\n")
    mine = terminal.says("geturls", f"imagenet:{WNID}", "--urls=mine")
    assert mine == "http://127.0.0.1/mine.jpg\n"
    asked = terminal.json("geturls", f"imagenet:{WNID},{DALMATIAN}")["lst"]
    assert [each["name"] for each in asked if each["name"].startswith(DALMATIAN)] == [
        f"{DALMATIAN}_4"
    ]
    assert len(asked) == 31


@pytest.mark.every_python
def test_synsets_are_listed_and_sorted_by_how_many_urls_they_have(
    offline: Terminal, web: PracticeWeb
) -> None:
    said = offline.refuses("list", "imagenet", "--sort=urls")
    assert said == ("--sort needs the archive of all URLs; get it with: ck geturls imagenet --all")
    links = [f"{WNID}_1\thttp://a.example/\n", f"{DALMATIAN}_1\thttp://a.example/\n"]
    got(offline, (links[0] * 7 + links[1] * 1200).encode())
    assert offline.says("list", "imagenet", "--sort=urls").split()[:3] == [
        DALMATIAN,
        WNID,
        "n00004475",
    ]
    assert offline.shows("list", "imagenet", "--lower=358", "--upper=359", "--sort=urls") == (
        "wnid       here  below  URLs  words\n"
        "n01440764     0      0     7  tench, Tinca tinca\n"
        "n01440467     0      0     0  European bream, Abramis brama\n"
    )
    (row,) = offline.json("list", "imagenet", "--search=dalmatian dog")["lst"]
    assert (row["wnid"], row["urls"]) == (DALMATIAN, 1200)


def test_urls_are_counted_by_host(offline: Terminal) -> None:
    hosts = ("farm1.static.flickr.com", "www.flickr.com", "farm1.static.flickr.com", "a.example")
    urls = [f"{WNID}_{number}\thttp://{host}/\n" for number, host in enumerate(hosts)]
    got(offline, "".join(urls).encode() + f"{DALMATIAN}_1\thttp://www.flickr.com\n".encode())
    search = ("geturls", "imagenet", "--search-url=flickr.com")
    assert sorted(offline.says(*search).splitlines()) == [
        "farm1.static.flickr.com\t2",
        "www.flickr.com\t2",
    ]
    assert offline.json(*search, f"--wnid={WNID}")["lst"] == [
        {"host": "farm1.static.flickr.com", "urls": 2},
        {"host": "www.flickr.com", "urls": 1},
    ]
    shown = offline.shows(*search, f"--wnid={WNID}")
    assert shown.endswith("3 URLs, 2 hosts\n2  farm1.static.flickr.com\n1  www.flickr.com\n")
    assert offline.says("geturls", "imagenet", "--search-url=nowhere.example") == ""


def test_the_list_is_fetched_checked_and_not_kept(
    offline: Terminal, web: PracticeWeb, serve: Serve
) -> None:
    packed = tgz(lines(web))
    peer = serve(Keeper(packed))
    offline.environment["CK_IMAGENET_ARCHIVE"] = peer.url("/all.tgz")
    offline.environment["CK_IMAGENET_ARCHIVE_SHA1"] = sha1(packed)
    del offline.environment["CK_IMAGENET_ALLOW_PRIVATE"]
    assert "60 URLs of 2 synsets are here" in offline.says(*GET)
    assert not list(home(offline).glob("fetched*"))
    known = offline.json(*GET)["archive"]
    assert (known["source"], known["urls"]) == (peer.url("/all.tgz"), 60)
    assert len(peer.heads) == 1
    assert offline.json(*GET, "--force")["archive"]["time"] >= known["time"]
    assert len(peer.heads) == 2


def test_by_default_it_is_the_copy_of_the_wayback_machine_that_is_fetched(
    terminal: Terminal, web: PracticeWeb
) -> None:
    capture = (
        f"{web.wayback}/web/20190130005544id_/"
        "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz"
    )
    assert terminal.says(*GET) == (
        f"60 URLs of 2 synsets are here, in {home(terminal)}/urls.gz\n  from {capture}\n"
    )


def test_another_file_than_was_published_is_the_users_to_decide_on(
    offline: Terminal, web: PracticeWeb, serve: Serve
) -> None:
    packed = tgz(lines(web))
    peer = serve(Keeper(packed))
    address = f"--archive={peer.url()}"
    fetched = home(offline) / "fetched.tgz"
    assert offline.refuses(*GET, address) == (
        f'"{peer.url()}" is not the list that ImageNet published: its SHA-1 is {sha1(packed)}, '
        "not f5fd118232b871727fe333778be81df6c6fec372. To use it anyway: ck geturls imagenet "
        f'--all {address} --force; to download it again, first remove "{fetched}"'
    )
    assert f"its SHA-1 is {sha1(packed)}, not f5fd118" in offline.says(*GET, address, "--force")
    assert len(peer.heads) == 1
    assert not fetched.exists()


def test_the_command_that_takes_another_file_names_the_place_that_has_it(
    terminal: Terminal, web: PracticeWeb
) -> None:
    for name in ("CK_IMAGENET_WAYBACK_SERVICE", "CK_IMAGENET_ARCHIVE_SHA1"):
        del terminal.environment[name]
    said = terminal.refuses(*GET, f"--wayback-service={web.wayback}")
    typed = said.partition("To use it anyway: ck ")[2].partition(" --force")[0]
    command = [*typed.split(), "--force"]
    assert command[:4] == [*GET, f"--wayback-service={web.wayback}"]
    assert f"  from {web.wayback}/web/" in terminal.says(*command)


def test_a_file_is_checked_if_the_user_says_what_its_sha1_is(
    offline: Terminal, web: PracticeWeb
) -> None:
    packed = tgz(lines(web))
    known = "f5fd118232b871727fe333778be81df6c6fec372"
    wrong = (*GET, "--archive=own list.tgz", f"--archive-sha1={known}")
    (offline.folder / "own list.tgz").write_bytes(packed)
    assert offline.refuses(*wrong) == (
        f'"own list.tgz" is not the list that ImageNet published: its SHA-1 is {sha1(packed)}, '
        f"not {known}. To use it anyway: ck geturls imagenet --all '--archive=own list.tgz' "
        "--force"
    )
    assert not (home(offline) / "archive.json").exists()
    assert f"  its SHA-1 is {sha1(packed)}, not {known}\n" in offline.says(*wrong, "--force")
    right = offline.says(*wrong[:-1], f"--archive-sha1={sha1(packed).upper()}")
    assert right.endswith(
        f"\n  odd lines, without a name or a URL: 1, kept in {home(offline)}/rest.txt\n"
    )
    assert json.loads(facts(offline))["sha1"] == sha1(packed)


def test_of_a_file_its_name_is_told_and_not_where_the_user_has_it(
    offline: Terminal, web: PracticeWeb
) -> None:
    (offline.folder / "list.tgz").write_bytes(tgz(lines(web)))
    offline.says(*GET, f"--archive={offline.folder}/list.tgz")
    offline.says("download", f"imagenet:{WNID}", "--max-images=1")
    (name,) = offline.pictures()
    number = Path(name).stem.partition("_")[2]
    meta = offline.json("load", f"imagenet-{WNID}:dataset:{number}")["dict"]["imagenet"]
    assert meta["source"] == "list.tgz"


def test_a_page_in_its_place_is_dropped_and_asked_for_again(
    offline: Terminal, web: PracticeWeb, serve: Serve
) -> None:
    peer = serve(Keeper(b"<html>We are moving house.</html>"))
    for _ in range(2):
        assert offline.refuses(*GET, f"--archive={peer.url()}") == (
            f'"{peer.url()}" gave no archive today: a web page: "We are moving house.". '
            "Type the same command later. "
            "If you have the file: ck geturls imagenet --all --archive=FILE"
        )
    assert len(peer.heads) == 2
    assert not (home(offline) / "fetched.tgz").exists()


def test_an_interrupted_fetch_goes_on_from_there(
    offline: Terminal, web: PracticeWeb, serve: Serve
) -> None:
    packed = tgz(lines(web))
    keeper = Keeper(packed, most=500)
    peer = serve(keeper)
    options = (f"--archive={peer.url()}", f"--archive-sha1={sha1(packed)}")
    said = offline.refuses(*GET, *options)
    assert said.startswith(f'"{peer.url()}" cannot be downloaded: the connection ended before the')
    assert said.endswith(
        ". What has come is kept, and the same command goes on from there. "
        "If you have the file: ck geturls imagenet --all --archive=FILE"
    )
    keeper.most = len(packed)
    offline.says(*GET, *options)
    assert places(peer) == [0, 500]


def test_a_file_that_is_given_ends_an_interrupted_fetch(
    offline: Terminal, web: PracticeWeb, serve: Serve
) -> None:
    peer = serve(Keeper(tgz(lines(web)), most=500))
    offline.refuses(*GET, f"--archive={peer.url()}")
    assert list(home(offline).glob("fetched*"))
    got(offline, lines(web))
    assert not list(home(offline).glob("fetched*"))


def test_where_the_list_is_not_to_be_had_the_user_is_told_what_helps(offline: Terminal) -> None:
    said = offline.refuses(*GET, "--archive=http://127.0.0.1:9/all.tgz")
    assert said.startswith('"http://127.0.0.1:9/all.tgz" cannot be downloaded: the host refused')
    assert said.endswith(
        "). Type the same command later. "
        "If you have the file: ck geturls imagenet --all --archive=FILE"
    )


def test_a_wayback_machine_that_throttles_is_waited_for(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.archive.be_patient(Patience(requests=1, rest=1))
    terminal.says(*GET)
    done = terminal.ck(*GET, "--force")
    assert (done.returncode, "60 URLs" in done.stdout) == (0, True)
    assert done.stderr.endswith(" asks to be left alone for 1 s; waiting\n")
    assert web.archive.heedless == 0


def test_one_that_wants_a_long_rest_is_left_alone_and_said_so(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.archive.be_patient(Patience(requests=0, rest=3600))
    assert terminal.refuses(*GET).endswith(
        " cannot be downloaded: the host asks you to come back later "
        "(429, come back in 3600 s). Type the same command later. "
        "If you have the file: ck geturls imagenet --all --archive=FILE"
    )
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--archive=nowhere.tgz"], '--archive="nowhere.tgz" cannot be read: No such file'),
        (["--archive=."], '--archive="." cannot be read: Is a directory'),
        (["--archive=/dev/null"], '--archive="/dev/null" cannot be read: Is no regular file'),
        (
            ["--archive-sha1=f5"],
            ('--archive-sha1="f5" is not a SHA-1, which has 40 hexadecimal digits'),
        ),
        (["--wayback-service=a"], '--wayback-service="a" is not a URL such as https://web.arch'),
        ([f"--wnid={WNID}"], "--all and --wnid cannot be used together: leave one of them out"),
        (
            ["--search-url=a.b"],
            "--all and --search-url cannot be used together: leave one of them out",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(
    offline: Terminal, options: list[str], sentence: str
) -> None:
    assert offline.refuses(*GET, *options).startswith(sentence)
    assert not home(offline).exists()


def test_it_is_an_entry_of_ck(offline: Terminal, web: PracticeWeb) -> None:
    got(offline, lines(web))
    assert offline.says("find", "local:imagenet:fall11").strip() == str(home(offline))
    assert offline.json("load", "local:imagenet:fall11")["dict"] == {"format": 1}
    assert offline.says("list", "local:imagenet:*") == "fall11\n"
    offline.says("rm", "local:imagenet:fall11", "--force")
    assert not home(offline).exists()
    assert "60 URLs" in got(offline, lines(web))


def test_a_terminal_shows_how_far_it_is(offline: Terminal) -> None:
    new = b"".join(b"n%08d_1\thttp://a.example/%d\n" % (n // 9, n) for n in range(800_000))
    (offline.folder / "list").write_bytes(new)
    with offline.screen(*GET, "--archive=list") as screen:
        screen.shows(lambda text: re.match("building  █+·+  .* of .* MB", text))
        assert screen.ends() == 0
        assert screen.lines[0].startswith("800,000 URLs of 88,889 synsets are here")


def test_one_that_a_newer_version_has_made_is_refused(offline: Terminal, web: PracticeWeb) -> None:
    got(offline, lines(web))
    facts = home(offline) / "archive.json"
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "format": 2}))
    for command in (("geturls", f"imagenet:{WNID}"), GET, ("download", f"imagenet:{WNID}")):
        assert "was written by a newer ck-imagenet: it has format 2" in offline.refuses(*command)


def test_an_interrupted_build_begins_anew_and_says_so(offline: Terminal, web: PracticeWeb) -> None:
    got(offline, lines(web))
    new = b"".join(b"n%08d_1\thttp://a.example/%d\n" % (n // 9, n) for n in range(2_000_000))
    (offline.folder / "list").write_bytes(new)
    process = offline.start(*GET, "--archive=list")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not list(home(offline).glob(".new-*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "Stopped. The same command makes the archive again.\n"
    assert json.loads(facts(offline))["urls"] == 60
    assert not list(home(offline).glob(".new-*"))


class TestDamaged:
    """An archive that is not what was built stands in nobody's way."""

    @pytest.fixture
    def damaged(self, terminal: Terminal, web: PracticeWeb) -> Terminal:
        """A terminal whose archive has lost its URLs."""
        return self.damage(terminal, web)

    @staticmethod
    def damage(terminal: Terminal, web: PracticeWeb) -> Terminal:
        del terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"]
        got(terminal, lines(web))
        (home(terminal) / "urls.gz").write_bytes(b"x")
        return terminal

    @staticmethod
    def said(terminal: Terminal) -> str:
        return (
            f'the archive of all URLs in "{home(terminal)}" is damaged (urls.gz has not the '
            f"{json.loads(facts(terminal))['sizes']['urls.gz']} bytes that it had): make it again "
            "with: ck geturls imagenet --all"
        )

    @pytest.mark.parametrize(
        "command",
        [
            ("geturls", f"imagenet:{WNID}", "--source=imagenet"),
            ("geturls", f"imagenet:{WNID}", "--source=wayback"),
            ("geturls", f"imagenet:{WNID}", "--urls=list"),
            ("download", "imagenet", f"--wnid={WNID}", "--source=imagenet", "--dry-run"),
        ],
    )
    def test_what_does_not_need_it_does_not_even_look(
        self, terminal: Terminal, command: tuple[str, ...]
    ) -> None:
        with PracticeWeb(captured=["older-urls"]) as web:
            terminal.environment.update(web.environment())
            self.damage(terminal, web)
            (terminal.folder / "list").write_text("http://127.0.0.1/mine.jpg\n")
            assert terminal.says(*command)

    def test_the_next_place_is_asked_and_the_damage_told_in_a_line(self, damaged: Terminal) -> None:
        done = damaged.ck("geturls", f"imagenet:{WNID},{DALMATIAN}", "--mapping")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 60)
        assert done.stderr == f"{self.said(damaged)}\n"
        done = damaged.ck("download", f"imagenet:{WNID}", "--max-images=1", "--refresh")
        assert (done.returncode, done.stderr) == (0, f"{self.said(damaged)}\n")

    def test_damage_within_a_synset_is_told_too(self, terminal: Terminal, web: PracticeWeb) -> None:
        del terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"]
        got(terminal, lines(web))
        urls = home(terminal) / "urls.gz"
        urls.write_bytes(bytes(urls.stat().st_size))
        done = terminal.ck("geturls", f"imagenet:{WNID}", "--mapping")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 30)
        assert done.stderr.endswith("make it again with: ck geturls imagenet --all\n")
        terminal.says(*GET, "--archive=list.tgz")
        urls.write_bytes(bytes(urls.stat().st_size))
        terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"] = web.all_urls_sha1()
        terminal.says(*GET)
        assert len(terminal.says("geturls", f"imagenet:{WNID}").splitlines()) == 30

    def test_where_nobody_else_has_a_list_the_command_that_mends_it_is_named(
        self, damaged: Terminal
    ) -> None:
        assert damaged.refuses("geturls", f"imagenet:{WNID}", "--source=archive") == (
            f"no list of URLs for {WNID}:\n  archive: damaged\n"
            "Get the lists of all synsets once, then type this again: ck geturls imagenet --all"
        )
        for command in (("list", "imagenet", "--sort=urls"), ("geturls", "imagenet")):
            option = [] if command[0] == "list" else ["--search-url=flickr.com"]
            assert damaged.refuses(*command, *option) == self.said(damaged)

    def test_it_is_shown_among_the_places(self, damaged: Terminal) -> None:
        shown = damaged.json("geturls", "imagenet", "--sources")["sources"][0]
        assert (shown["name"], shown["state"]) == ("archive", "damaged")
        assert shown["needs"] == "to be made again: ck geturls imagenet --all"

    def test_tars_are_read_without_it(self, damaged: Terminal, web: PracticeWeb) -> None:
        done = damaged.ck("download", f"imagenet:{WNID}", "--source=winter21", "--accept-terms")
        assert (done.returncode, done.stderr) == (0, f"{self.said(damaged)}\n")
        (damaged.folder / "own.tar").write_bytes(web.winter21.tar(DALMATIAN))
        done = damaged.ck("download", f"imagenet:{DALMATIAN}", "--tar=own.tar")
        assert (done.returncode, done.stderr) == (0, f"{self.said(damaged)}\n")
        assert (len(damaged.pictures()), len(damaged.pictures(DALMATIAN))) == (30, 30)

    def test_synsets_are_listed_without_its_counts(self, damaged: Terminal) -> None:
        damaged.says("download", f"imagenet:{WNID}", "--source=imagenet", "--max-images=1")
        shown = damaged.shows("list", "imagenet", "--downloaded-only")
        assert "make it again with: ck geturls imagenet --all" in shown
        assert shown.endswith(
            f"wnid       here  below  words\n{WNID}     1      0  tench, Tinca tinca\n"
        )

    def test_it_is_made_again_without_force_and_what_is_fetched_is_checked(
        self, damaged: Terminal, web: PracticeWeb
    ) -> None:
        assert "is not the list that ImageNet published" in damaged.refuses(*GET)
        damaged.says(*GET, f"--archive-sha1={web.all_urls_sha1()}")
        web.requests.clear()
        assert len(damaged.says("geturls", f"imagenet:{WNID}").splitlines()) == 30
        damaged.says(*GET)
        assert len(web.requests) == 0


def test_a_kill_at_any_moment_leaves_the_old_archive_or_none(
    offline: Terminal, web: PracticeWeb
) -> None:
    chance = random.Random(3)
    got(offline, lines(web))
    new = b"".join(b"n%08d_1\thttp://a.example/%d\n" % (n // 9, n) for n in range(200_000))
    (offline.folder / "list").write_bytes(new)
    for _ in range(6):
        process = offline.start(*GET, "--archive=list")
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=chance.uniform(0.05, 0.6))
        process.kill()
        process.communicate()
        facts = home(offline) / "archive.json"
        if facts.exists():
            urls = json.loads(facts.read_text())["urls"]
            plain = gzip.decompress((home(offline) / "urls.gz").read_bytes())
            assert (urls, plain.count(b"\n")) in ((60, 60), (200_000, 200_000))
    assert "200,000 URLs" in offline.says(*GET, "--archive=list")
    assert not list(home(offline).glob(".new-*"))
