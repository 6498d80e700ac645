"""Hosts of 2011 that have changed: their pictures come from where they are today."""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.kinds_of_changed_hosts import CHANGED
from ck_imagenet_practice.world import KINDS, Link
from dask_cluster import DaskCluster
from terminal import WNID, Terminal

NEW = "live.staticflickr.com"
QUICK = ("--timeout=5", "--retry=0", "--processes=1", "--pace=flickr.com:50")


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A web of hosts that have changed."""
    with PracticeWeb(mix=dict.fromkeys(CHANGED, 1), wnids=(WNID,)) as practice:
        yield practice


def download(terminal: Terminal, *options: str) -> str:
    return terminal.says("download", "imagenet", f"--wnid={WNID}", *QUICK, *options)


def records(terminal: Terminal, web: PracticeWeb) -> dict[str, Record]:
    """Return what became of the link of each kind."""
    known = Journal(terminal.repository() / "imagenet" / WNID / "journal").records
    return {link.kind: known[link.url] for link in web.links(WNID)}


def asked(web: PracticeWeb) -> list[str]:
    """Return what picture hosts were asked for, each with the name that was used."""
    asked = [each for each in web.requests.all() if each.host in web.hosts]
    return [each.headers["host"].partition(":")[0] + each.path for each in asked]


def urls(web: PracticeWeb) -> dict[str, str]:
    return {link.kind: link.url for link in web.links(WNID)}


def test_what_is_gone_under_the_old_name_comes_from_the_new_one(
    terminal: Terminal, web: PracticeWeb
) -> None:
    download(terminal)
    found = records(terminal, web)
    assert {kind: record.outcome.word for kind, record in found.items()} == {
        kind: KINDS[kind].outcome for kind in CHANGED
    }
    pictures = terminal.pictures()
    for link in web.links(WNID):
        assert not link.obtainable or pictures[f"{link.name}.jpg"] == link.picture()
    lists = urls(web)
    old, port = "farm1.static.flickr.com", lists["renamed"].split("/")[2].partition(":")[2]
    assert found["renamed"].final_url == lists["renamed"].replace(old, NEW)
    assert found["rewritten"].final_url == lists["rewritten"].replace("/300px", "/330px")
    gone = lists["renamed-and-gone"]
    assert found["renamed-and-gone"].detail == f"410; {gone.replace(old, NEW)}: gone: 404"
    assert found["renamed-noai"].outcome.word == "opted-out"
    assert f"http://{NEW}:{port}" in found["renamed-noai"].detail
    assert found["altered"].altered
    assert not found["renamed"].altered
    meta = terminal.repository() / f"dataset/{found['renamed'].name.number}/.cm/meta.json"
    told = json.loads(meta.read_text())
    assert told["imagenet"]["url"] == lists["renamed"] in told["tags"]
    # Each address once, and none again by later runs.
    assert len(set(asked(web))) == len(asked(web))
    web.requests.clear()
    assert "0 saved now" in download(terminal, "--retry-failed")
    assert asked(web) == []


def test_no_known_hosts_does_without_what_is_known(terminal: Terminal, web: PracticeWeb) -> None:
    said = download(terminal, "--no-known-hosts")
    assert [each for each in asked(web) if each.startswith(NEW)] == []
    found = records(terminal, web)
    words = {kind: record.outcome.word for kind, record in found.items()}
    assert words == {
        "renamed": "gone",
        "renamed-twice": "gone",
        "renamed-and-gone": "gone",
        "renamed-noai": "gone",
        "renamed-no-such-host": "no-such-host",
        "rewritten": "http-error",
        "rewritten-to-original": "http-error",
        "altered": "saved",
    }
    assert not found["altered"].altered
    assert "other names today" not in said
    # Nor were they marked by earlier versions: an export goes by the host.
    said = terminal.says("export", "imagenet", "--to=all", "--layout=csv")
    assert "altered copies among them: 1; --unaltered leaves them out" in said
    refused = terminal.refuses("export", "imagenet", "--to=none", "--unaltered")
    assert refused.startswith(f"all pictures of {WNID} here are altered copies")


def test_what_an_older_version_recorded_is_asked_under_the_new_name_alone(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """And only when --retry-failed says so; no answer is asked for again."""
    download(terminal, "--no-known-hosts", "--wayback")
    assert records(terminal, web)["renamed-and-gone"].wayback
    web.requests.clear()
    assert "Hosts of 7 of these have other names or addresses today: ask there with" in (
        download(terminal)
    )
    assert asked(web) == []
    assert "7 to ask for" in download(terminal, "--retry-failed", "--dry-run")
    download(terminal, "--retry-failed")
    assert {each.partition("/")[0] for each in asked(web)} == {NEW, "upload.wikimedia.org"}
    assert not any("/300px" in each or "/800px" in each for each in asked(web))
    assert records(terminal, web)["renamed-and-gone"].wayback
    assert {kind: record.outcome.word for kind, record in records(terminal, web).items()} == {
        kind: KINDS[kind].outcome for kind in CHANGED
    }


def test_what_is_gone_under_both_names_is_asked_of_the_wayback_machine(
    terminal: Terminal, web: PracticeWeb
) -> None:
    (link,) = (link for link in web.links(WNID) if link.kind == "renamed-and-gone")
    web.archive.keep(link.url, link.picture())
    download(terminal, "--wayback")
    found = records(terminal, web)["renamed-and-gone"]
    assert (found.outcome.word, found.source) == ("saved", "wayback")
    (opted_out,) = (link.url for link in web.links(WNID) if link.kind == "renamed-noai")
    assert not any(opted_out in each.path for each in web.requests.all())


def test_altered_copies_are_marked_and_can_be_left_out(
    terminal: Terminal, web: PracticeWeb
) -> None:
    download(terminal, "--quiet")
    altered = records(terminal, web)["altered"].name.number
    meta = terminal.repository() / f"dataset/{altered}/.cm/meta.json"
    assert json.loads(meta.read_text())["imagenet"]["altered"] is True
    assert terminal.says("status", "imagenet").split("\t")[8:] == ["1\n"]
    assert terminal.json("status", "imagenet")["synsets"][0]["altered"] == 1
    assert "1  altered         of those here" in terminal.shows("status", "imagenet")
    terminal.says("browse", "imagenet", f"--wnid={WNID}", "--save=page.html")
    page = (terminal.folder / "page.html").read_text()
    assert page.count('data-altered="yes"') == 1
    assert ">altered</span>" in page
    said = terminal.says("export", "imagenet", "--to=all", "--layout=flat")
    assert "altered copies among them: 1; --unaltered leaves them out" in said
    said = terminal.says("export", "imagenet", "--to=some", "--layout=flat", "--unaltered")
    assert "altered copies" not in said
    files = {path.name for path in (terminal.folder / "all").glob("*.jpg")}
    assert files - {path.name for path in (terminal.folder / "some").glob("*.jpg")} == {
        f"{WNID}_{altered}.jpg"
    }
    refused = terminal.refuses("export", "imagenet", "--to=some", "--layout=flat")
    assert "has an export with --unaltered: give the same" in refused


def test_several_processes_ask_as_one(terminal: Terminal, web: PracticeWeb) -> None:
    terminal.says("download", "imagenet", f"--wnid={WNID}", *QUICK[:2], "--processes=3")
    assert {kind: record.outcome.word for kind, record in records(terminal, web).items()} == {
        kind: KINDS[kind].outcome for kind in CHANGED
    }
    assert len(set(asked(web))) == len(asked(web))


def test_an_old_host_that_is_given_up_holds_no_picture(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """None of its links is lost, those that were never asked there neither."""
    (known,) = (link for link in web.links(WNID) if link.kind == "renamed")
    port = known.host.partition(":")[2]
    refusing = web.refusing.partition(":")[0]
    web.set_links(
        WNID,
        [
            Link(f"{WNID}_{n}", f"http://farm3.static.flickr.com:{port}/good/{n}.jpg", "good")
            for n in range(12)
        ],
    )
    download(terminal, f"--resolve=farm3.static.flickr.com:{refusing},{web.resolve}")
    assert len(terminal.pictures()) == 12
    assert web.connections.made(web.refusing) <= 12


def test_a_cluster_asks_as_one(terminal: Terminal, web: PracticeWeb) -> None:
    with DaskCluster(terminal.folder / "dask", terminal.environment, workers=2) as cluster:
        terminal.says(
            "download",
            "imagenet",
            f"--wnid={WNID}",
            *QUICK[:2],
            "--engine=dask",
            f"--scheduler={cluster.address}",
        )
    assert {kind: record.outcome.word for kind, record in records(terminal, web).items()} == {
        kind: KINDS[kind].outcome for kind in CHANGED
    }
    assert len(set(asked(web))) == len(asked(web))
