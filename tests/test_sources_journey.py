"""Where a list comes from when the user names none, in the year in which the command is typed."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet_practice import Link, PracticeWeb
from ck_imagenet_practice.archive import LISTED, Patience
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
GETURLS = ("geturls", f"imagenet:{WNID}", "--mapping")
DOWNLOAD = ("download", f"imagenet:{WNID}")
ALL = "Get the lists of all synsets once, then type this again: ck geturls imagenet --all"
PATHS = {
    "newer path, mapping": "/api/imagenet.synset.geturls.getmapping",
    "newer path, URLs": "/api/imagenet.synset.geturls",
    "older path, mapping": "/api/text/imagenet.synset.geturls.getmapping",
    "older path, URLs": "/api/text/imagenet.synset.geturls",
}


def pointed(terminal: Terminal, web: PracticeWeb) -> PracticeWeb:
    terminal.environment.update(web.environment())
    return web


def captured(web: PracticeWeb, name: str, time: str = LISTED) -> str:
    """Return the address of the capture of what image-net.org answered at one of its paths."""
    return f"{web.wayback}/web/{time}id_/http://www.image-net.org{PATHS[name]}?wnid={WNID}"


def lists_asked(web: PracticeWeb) -> list[str]:
    """Return the hosts that were asked for lists, one for each request."""
    hosts = {web.service: "imagenet", web.wayback: "wayback"}
    asked = web.requests.all()
    return [hosts[f"http://{each.host}"] for each in asked if "geturls" in each.path]


def meta(terminal: Terminal, number: int) -> dict[str, object]:
    loaded = terminal.json("load", f"imagenet-{WNID}:dataset:{number}")
    own: dict[str, object] = loaded["dict"]["imagenet"]
    return own


@pytest.fixture
def closed() -> Iterator[str]:
    """The address of a service that is down."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize(
    ("alive", "dead", "first"),
    [
        ("newer-mapping", "missing", 9981),
        ("newer-urls", "page", 0),
        ("older-mapping", "invalid", 9981),
        ("older-urls", "not-ready", 0),
        ("older-urls", "empty", 0),
        ("older-urls", "hang-up", 0),
    ],
)
def test_whichever_path_of_image_net_org_is_alive_is_found(
    terminal: Terminal, alive: str, dead: str, first: int
) -> None:
    with pointed(terminal, PracticeWeb(alive=[alive], dead=dead)) as web:
        link = web.link(WNID, 9981, "good")
        web.set_links(WNID, [link])
        assert terminal.says(*GETURLS) == f"{WNID}_{first}\t{link.url}\n"
        assert "wayback" not in lists_asked(web)


@pytest.mark.parametrize(
    ("captured", "dead", "first"),
    [
        ("older-mapping", "missing", 9981),
        ("older-urls", "page", 0),
        ("newer-mapping", "not-ready", 9981),
        ("newer-urls", "empty", 0),
    ],
)
def test_what_image_net_org_no_longer_says_the_wayback_machine_has(
    terminal: Terminal, captured: str, dead: str, first: int
) -> None:
    with pointed(terminal, PracticeWeb(alive=[], dead=dead, captured=[captured])) as web:
        link = web.link(WNID, 9981, "good")
        web.set_links(WNID, [link])
        assert terminal.says(*GETURLS) == f"{WNID}_{first}\t{link.url}\n"


class TestConfigured:
    """Every address may stand in CK's configuration of the module, and nowhere else."""

    @pytest.fixture
    def web(self) -> Iterator[PracticeWeb]:
        """A web whose image-net.org has no list any more."""
        with PracticeWeb(alive=[], captured=["older-mapping"]) as practice:
            yield practice

    @staticmethod
    def configured(terminal: Terminal, **settings: str) -> Terminal:
        for name in [name for name in terminal.environment if name.startswith("CK_IMAGENET_")]:
            del terminal.environment[name]
        file = terminal.folder / "configuration.json"
        file.write_text(json.dumps({"dict": settings}))
        terminal.says("update", "local:cfg:imagenet", f"@{file}")
        return terminal

    def test_the_services(self, terminal: Terminal, web: PracticeWeb) -> None:
        own = self.configured(terminal, service=web.service, wayback_service=web.wayback)
        assert len(own.says(*GETURLS).splitlines()) == 30
        assert lists_asked(web) == ["imagenet"] * 4 + ["wayback"] * 2

    def test_pictures_of_the_wayback_machine(self, terminal: Terminal, web: PracticeWeb) -> None:
        link = web.link(WNID, 1, "gone")
        web.set_links(WNID, [link])
        web.archive.keep(link.url, link.picture(), "20140301000000")
        web.archive.keep(link.url, b"", "20100301000000")
        there = {"allow_private": "127.0.0.0/8", "wayback_date": "2014"}
        own = self.configured(terminal, service=web.service, wayback_service=web.wayback, **there)
        own.says(*DOWNLOAD, "--wayback")
        assert list(own.pictures().values()) == [link.picture()]

    def test_the_tars(self, terminal: Terminal, web: PracticeWeb) -> None:
        own = self.configured(terminal, winter21=web.tar_address())
        own.says(*DOWNLOAD, "--source=winter21", "--accept-terms")
        assert len(own.pictures()) == 30

    def test_the_list_of_all_urls_by_its_usual_place(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        settings = {"wayback_service": web.wayback, "archive_sha1": "0" * 40}
        own = self.configured(terminal, **settings)
        assert f"not {'0' * 40}" in own.refuses("geturls", "imagenet", "--all")
        own = self.configured(terminal, archive_sha1=web.all_urls_sha1())
        assert "60 URLs of 2 synsets" in own.says("geturls", "imagenet", "--all")
        assert [each.path[:4] for each in web.requests.all()] == ["/web"]

    def test_the_list_of_all_urls_by_its_own_address(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        address = f"{web.wayback}/web/20190130005544id_/http://there.example/all.tgz"
        lines = "".join(f"{link.name}\t{link.url}\n" for link in web.links(WNID))
        web.archive.keep("http://there.example/all.tgz", lines.encode("latin-1"), "20190130005544")
        sha1 = hashlib.sha1(lines.encode("latin-1")).hexdigest()  # noqa: S324 - as ImageNet's is
        own = self.configured(terminal, archive=address, archive_sha1=sha1)
        assert own.json("geturls", "imagenet", "--all")["archive"]["source"] == address


def test_a_service_that_is_down_is_left_at_once_and_for_all_synsets(
    terminal: Terminal, closed: str
) -> None:
    with pointed(terminal, PracticeWeb(captured=["older-urls"])) as web:
        both = ("download", f"imagenet:{WNID},{DALMATIAN}", "--dry-run", f"--service={closed}")
        links = [each["links"] for each in terminal.json(*both)["synsets"]]
        assert links == [30, 30]
        said = terminal.refuses("geturls", "imagenet:n02084071", f"--service={closed}")
        assert f"imagenet: {closed} has none (newer path, mapping: refused: " in said
        assert "newer path, URLs" not in said.partition("wayback:")[0]
        assert set(lists_asked(web)) == {"wayback"}


def test_with_nothing_but_todays_world_a_download_gets_its_pictures(terminal: Terminal) -> None:
    """The older paths are gone, the newer ones say this and that, the archive throttles."""
    dead = {
        "newer-mapping": "not-ready",
        "newer-urls": "page",
        "older-mapping": "missing",
        "older-urls": "missing",
    }
    with pointed(terminal, PracticeWeb(alive=[], dead=dead, captured=["older-urls"])) as web:
        web.archive.be_patient(Patience(requests=2, rest=1))
        links = [web.link(WNID, n, "good", n % 8) for n in range(3)]
        web.set_links(WNID, [*links, web.link(WNID, 9, "gone")])
        done = terminal.ck(*DOWNLOAD)
        assert (done.returncode, len(terminal.pictures())) == (0, 3), done.stdout
        assert done.stderr == f"{web.wayback} asks to be left alone for 1 s; waiting\n"
        assert web.archive.heedless == 0
        assert meta(terminal, 0)["source"] == captured(web, "older path, URLs")
        assert "ask it with --wayback" in done.stdout


def test_the_one_command_that_is_named_helps(terminal: Terminal) -> None:
    """Neither image-net.org nor the Wayback Machine has the synset's own list."""
    with pointed(terminal, PracticeWeb(alive=[], dead="page")) as web:
        said = terminal.refuses(*DOWNLOAD)
        assert said.endswith(ALL)
        terminal.says(*said.rpartition(": ck ")[2].split())
        assert "18 pictures here, 30 links known, 18 saved now" in terminal.says(*DOWNLOAD)
        assert meta(terminal, 9981)["source"] == (
            f"{web.wayback}/web/20190130005544id_/"
            "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz"
        )


def test_where_the_wayback_machine_wants_a_long_rest_the_pictures_themselves_are_named(
    terminal: Terminal,
) -> None:
    with pointed(terminal, PracticeWeb(alive=[], dead="page")) as web:
        web.archive.be_patient(Patience(requests=0, rest=3600))
        said = terminal.refuses(*DOWNLOAD)
        assert said.endswith(
            "Type the same command later. Or download ImageNet's own tar, which needs no list: "
            f"ck download imagenet --wnid={WNID} --source=winter21"
        )
        command = said.rpartition(": ck ")[2].split()
        assert "30 pictures here" in terminal.says(*command, "--accept-terms")


def test_what_each_place_said_is_told_with_the_one_command_that_helps(terminal: Terminal) -> None:
    dead = {
        "newer-mapping": "not-ready",
        "newer-urls": "page",
        "older-mapping": "empty",
        "older-urls": "missing",
    }
    with pointed(terminal, PracticeWeb(alive=[], dead=dead)) as web:
        for command in (DOWNLOAD, GETURLS):
            assert terminal.refuses(*command) == (
                f"no list of URLs for {WNID}:\n"
                "  archive: not on this machine\n"
                f"  imagenet: {web.service} has none ("
                'newer path, mapping: "The synset is not ready yet. Please stay tuned!"; '
                'newer path, URLs: a web page: "ImageNet"; '
                "older path, mapping: an empty answer; "
                "older path, URLs: gone: 404)\n"
                f"  wayback: {web.wayback} has none ("
                "older path, mapping: gone: 404; older path, URLs: gone: 404; "
                "newer path, mapping: gone: 404; newer path, URLs: gone: 404)\n"
                f"{ALL}"
            )
    assert not list(terminal.repos.glob("imagenet-*"))


def test_a_place_that_was_chosen_and_has_nothing_leads_to_the_others(terminal: Terminal) -> None:
    others = f"Other sources may have one: ck download imagenet --wnid={WNID}"
    with pointed(terminal, PracticeWeb(alive=[])) as web:
        for source, address in (("imagenet", web.service), ("wayback", web.wayback)):
            said = terminal.refuses(*DOWNLOAD, f"--source={source}")
            assert said.startswith(f"no list of URLs for {WNID}:\n  {source}: {address} has none (")
            assert said.endswith(f"\n{others}")
        assert terminal.refuses(*DOWNLOAD, "--source=archive") == (
            f"no list of URLs for {WNID}:\n  archive: not on this machine\n{ALL}"
        )


def test_without_a_network_the_same_command_is_what_helps(terminal: Terminal, closed: str) -> None:
    nowhere = (f"--service={closed}", f"--wayback-service={closed}")
    refused = "refused: connection refused"
    assert terminal.refuses(*DOWNLOAD, *nowhere) == (
        f"no list of URLs for {WNID}:\n"
        "  archive: not on this machine\n"
        f"  imagenet: {closed} has none (newer path, mapping: {refused})\n"
        f"  wayback: {closed} has none (older path, mapping: {refused})\n"
        "No source could be reached: type the same command when the network is up"
    )


def test_who_asks_for_a_long_rest_is_left_alone_and_said_so(terminal: Terminal) -> None:
    with pointed(terminal, PracticeWeb(alive=[])) as web:
        web.archive.be_patient(Patience(requests=0, rest=3600))
        said = terminal.refuses("geturls", f"imagenet:{WNID},{DALMATIAN}", "--source=wayback")
        busy = "older path, mapping: busy: 429, come back in 3600 s"
        assert said.startswith(f"no list of URLs for 2 synsets: {WNID}, {DALMATIAN}\n")
        assert said.count(f"wayback: {web.wayback} has none ({busy})\n") == 1
        assert lists_asked(web) == ["wayback"]


def test_one_synset_without_a_list_does_not_keep_the_others_waiting(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(DALMATIAN, [web.link(DALMATIAN, 1, "good")])
    done = terminal.ck("download", f"imagenet:n02084071,{DALMATIAN}")
    assert done.returncode == 1
    assert "no list of URLs for n02084071" in done.stdout
    assert len(terminal.pictures(DALMATIAN)) == 1


@pytest.mark.parametrize("source", ["imagenet", "wayback"])
def test_the_place_that_is_chosen_is_the_one_that_is_asked(terminal: Terminal, source: str) -> None:
    with pointed(terminal, PracticeWeb(captured=["older-urls"])) as web:
        terminal.says(*GETURLS, f"--source={source}")
        assert set(lists_asked(web)) == {source}


@pytest.mark.parametrize("first", [GETURLS, DOWNLOAD])
@pytest.mark.parametrize("second", [GETURLS, DOWNLOAD])
def test_a_list_that_was_given_once_is_asked_for_no_more(
    terminal: Terminal, web: PracticeWeb, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    links = [web.link(WNID, number, "good") for number in (9981, 5)]
    web.set_links(WNID, links)
    terminal.says(*first)
    web.requests.clear()
    terminal.says(*second)
    assert lists_asked(web) == []
    listed = terminal.says(*GETURLS)
    assert listed == "".join(f"{link.name}\t{link.url}\n" for link in links)


def test_a_list_is_kept_under_outdir_too(terminal: Terminal, web: PracticeWeb) -> None:
    command = (*DOWNLOAD, "--outdir=out", "--max-images=1")
    terminal.says(*command)
    web.requests.clear()
    terminal.says(*command)
    assert len(web.requests) == 0
    kept = terminal.folder / "out" / WNID / ".ck-imagenet" / "list.txt"
    head = json.loads(kept.read_text("latin-1").partition("\n")[0])
    assert (head["format"], head["obtained_by"]) == (1, "imagenet")
    assert head["source"] == f"{web.service}{PATHS['newer path, mapping']}?wnid={WNID}"


def test_refresh_asks_again_and_a_failure_leaves_what_is_kept(
    terminal: Terminal, web: PracticeWeb, closed: str
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    terminal.says(*GETURLS)
    web.set_links(WNID, [web.link(WNID, 2, "good")])
    assert f"{WNID}_1\t" in terminal.says(*GETURLS)
    assert f"{WNID}_2\t" in terminal.says(*GETURLS, "--refresh")
    nowhere = (f"--service={closed}", f"--wayback-service={closed}")
    terminal.refuses(*GETURLS, *nowhere, "--refresh")
    assert f"{WNID}_2\t" in terminal.says(*GETURLS, *nowhere)


def test_who_wants_urls_of_pictures_that_have_none_is_told_how_to_get_them(
    terminal: Terminal,
) -> None:
    assert terminal.refuses(*GETURLS, "--source=winter21") == (
        "winter21 has pictures, not URLs. Download them with: ck download imagenet "
        "--wnid=n01440764 --source=winter21"
    )


def test_a_list_that_another_place_gave_is_no_answer_of_the_chosen_one(terminal: Terminal) -> None:
    with pointed(terminal, PracticeWeb(captured=["older-urls"])) as web:
        terminal.says(*GETURLS, "--source=imagenet")
        web.requests.clear()
        terminal.says(*GETURLS, "--source=imagenet")
        assert lists_asked(web) == []
        terminal.says(*GETURLS, "--source=wayback")
        assert set(lists_asked(web)) == {"wayback"}


def test_a_dry_run_keeps_nothing(terminal: Terminal, web: PracticeWeb) -> None:
    terminal.says(*DOWNLOAD, "--dry-run")
    assert not list(terminal.repos.glob("imagenet-*"))


def test_a_list_without_a_place_to_keep_it_is_printed_all_the_same(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """Root may write anywhere, so a file stands where a folder should be."""
    (terminal.repos / f"imagenet-{WNID}").write_text("")
    assert len(terminal.says(*GETURLS).splitlines()) == 30


def test_numbers_and_urls_stay_settled_when_another_place_answers(terminal: Terminal) -> None:
    """URLs alone from image-net.org first; then true numbers, from the Wayback Machine."""
    with pointed(terminal, PracticeWeb(alive=["newer-urls"], captured=["older-mapping"])) as web:
        links: list[Link] = [web.link(WNID, number, "good") for number in (100, 200, 300, 400)]
        web.set_links(WNID, links)
        terminal.says(*DOWNLOAD, "--max-images=2", "--jobs=1")
        had = terminal.pictures()
        assert len(had) == 2
        terminal.says(*DOWNLOAD, "--source=wayback", "--jobs=1")
        pictures = terminal.pictures()
        assert {name: pictures[name] for name in had} == had
        assert sorted(pictures.values()) == sorted(link.picture() for link in links)
        asked = web.requests.counts()
        assert all(asked[link.host, link.path] == 1 for link in links)
        by_url = {link.url: int(link.name.rpartition("_")[2]) for link in links}
        numbers = [int(Path(name).stem.rpartition("_")[2]) for name in pictures]
        sources = {number: str(meta(terminal, number)["source"]) for number in numbers}
        assert sum(source.startswith(web.service) for source in sources.values()) == 2
        true = [number for number in numbers if sources[number].startswith(web.wayback)]
        assert all(by_url[str(meta(terminal, number)["url"])] == number for number in true)


def test_the_places_are_shown_with_their_state_and_what_each_needs(
    terminal: Terminal, web: PracticeWeb
) -> None:
    rows = [
        ("archive", "not on this machine", "334 MB, once: ck geturls imagenet --all"),
        ("kept", "what a service gave last, with each synset", "nothing; --refresh asks again"),
        ("imagenet", web.service, "the network; the service has often been down since 2021"),
        (
            "wayback",
            web.wayback,
            "the network; it has the lists of some synsets, and limits how often you may ask",
        ),
        (
            "winter21",
            web.tar_address(),
            (
                "the network, and your consent to ImageNet's terms of access: download it with "
                "--source=winter21"
            ),
        ),
    ]
    said = terminal.says("geturls", "imagenet", "--sources")
    width = max(len(state) for _, state, _ in rows)
    assert said == "".join(f"{name:8}  {state:{width}}  {needs}\n" for name, state, needs in rows)
    assert len(web.requests) == 0
    keys = ("name", "state", "needs")
    shown = terminal.json("geturls", "imagenet", "--sources")
    assert shown == {"return": 0, "sources": [dict(zip(keys, row)) for row in rows]}


def test_with_a_synset_what_is_kept_of_it_is_shown_too(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says(*GETURLS)
    kept = terminal.json("geturls", f"imagenet:{WNID},{DALMATIAN}", "--sources")["sources"][-2:]
    assert kept[0]["state"].startswith(f"30 URLs of {WNID}, from imagenet, since 20")
    assert kept[1]["state"] == f"no list of {DALMATIAN}"


def test_a_person_who_looks_at_the_places_sees_which_way_is_best(
    terminal: Terminal, web: PracticeWeb
) -> None:
    shown = terminal.shows("geturls", "imagenet", "--sources").splitlines()
    assert shown[:-5] == [
        "archive   not on this machine",
        "          needs 334 MB, once: ck geturls imagenet --all",
        "kept      what a service gave last, with each synset",
        "          needs nothing; --refresh asks again",
        f"imagenet  {web.service}",
        "          needs the network; the service has often been down since 2021",
        f"wayback   {web.wayback}",
        "          needs the network; it has the lists of some synsets, and limits how",
        "            often you may ask",
        f"winter21  {web.tar_address()}",
        "          needs the network, and your consent to ImageNet's terms of access:",
        "            download it with --source=winter21",
    ]
    assert shown[-5:] == [
        "Two ways lead to pictures today:",
        "  links  64% of them are at hosts that ration; 60% may be alive",
        "  tars   one a synset, of some 65 MB: all pictures, unless ImageNet dropped them",
        "         you must first accept their terms. To take them, type:",
        "  ck download imagenet --wnid=n01440764 --source=winter21",
    ]
    assert "Two ways" not in terminal.says("geturls", "imagenet", "--sources")
    named = terminal.shows("geturls", "imagenet", "--sources", f"--wnid={WNID}")
    assert "\n  links  some 650, 415 at hosts that ration; 60% may be alive; 3.5 min\n" in named
