"""The main job as a user does it: `ck download imagenet`, against the practice web."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from ck_imagenet_practice import Link, PracticeWeb
from terminal import CK, WNID, Terminal

DALMATIAN = "n02110341"

OUTCOMES = {
    "gone": "gone",
    "flickr": "placeholder",
    "parked": "not-a-picture",
    "parked-as-jpeg": "not-a-picture",
    "refused": "refused",
    "truncated": "cut-short",
    "cut": "truncated",
    "broken": "broken",
    "empty": "empty",
    "busy": "busy",
    "limited": "busy",
    "loop": "redirects",
}
"""What each kind of dead link of the practice web must be called."""


def had(web: PracticeWeb, wnid: str = WNID) -> dict[str, bytes]:
    """Return the pictures that are to be had, by the names that their files must have."""
    links = [link for link in web.links(wnid) if link.obtainable]
    return {f"{link.name}.{Path(link.path).suffix[1:]}": link.picture() for link in links}


def good(web: PracticeWeb, count: int, wnid: str = WNID, start: int = 0) -> list[Link]:
    """Return new links to pictures that are there, on several hosts."""
    return [web.link(wnid, n, "good", n % len(web.hosts)) for n in range(start, start + count)]


def lists_asked(web: PracticeWeb) -> int:
    return sum("geturls" in request.path for request in web.requests.all())


@pytest.mark.every_python
def test_a_synset_ends_with_exactly_the_pictures_to_be_had(
    terminal: Terminal, web: PracticeWeb
) -> None:
    result = terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=1")
    assert terminal.pictures() == had(web)
    dead = Counter(OUTCOMES[link.kind] for link in web.links(WNID) if not link.obtainable)
    assert result == {
        "return": 0,
        "synsets": [
            {
                "wnid": WNID,
                "links": 30,
                "here": 18,
                "saved": 18,
                "to_fetch": 30,
                "failed": dict(dead),
                "set_aside": [],
                "taken_out": {},
                "renamed": 0,
                "from_wayback": 0,
                "for_wayback": 10,
                "left": {},
                "paces": {},
                "wayback_trouble": "",
            }
        ],
    }


@pytest.mark.every_python
def test_every_dead_link_is_called_what_it_is_and_leaves_no_entry(
    terminal: Terminal, web: PracticeWeb
) -> None:
    # Each host that asks to come later is asked for nothing else: what it says after that is left
    # open, since it may be a ban's page, and which of two answers comes first is anybody's guess.
    alone = {"busy": 6, "limited": 7}
    dead = [web.link(WNID, n, kind, alone.get(kind, n % 6)) for n, kind in enumerate(OUTCOMES)]
    web.set_links(WNID, [*dead, *good(web, 1, start=100)])
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--retry=0", "--quiet")
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    records = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    said = {record["url"]: record["outcome"] for record in records}
    assert {link.kind: said[link.url] for link in dead} == OUTCOMES
    assert list(terminal.pictures()) == [f"{WNID}_100.jpg"]


@pytest.mark.every_python
def test_an_entry_tells_all_that_is_known_of_its_picture(
    terminal: Terminal, web: PracticeWeb
) -> None:
    link = web.link(WNID, 9981, "moved")
    web.set_links(WNID, [link])
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    meta = json.loads(terminal.says("load", f"imagenet-{WNID}:dataset:9981", "--min"))["dict"]
    time = meta["imagenet"].pop("time")
    assert (len(time), time[-1]) == (len("2026-01-01T00:00:00Z"), "Z")
    assert meta == {
        "dataset_files": [f"{WNID}_9981.jpg"],
        "tags": ["imagenet", WNID, "9981", link.url, "dataset", "image", "jpeg", "jpg"],
        "imagenet": {
            "format": 1,
            "wnid": WNID,
            "number": 9981,
            "words": ["tench", "Tinca tinca"],
            "url": link.url,
            "final_url": f"http://{link.host}/good{link.path}",
            "sha256": hashlib.sha256(link.picture()).hexdigest(),
            "bytes": len(link.picture()),
            "width": 500,
            "height": meta["imagenet"]["height"],
            "image_format": "jpeg",
            "source": f"{web.service}/api/imagenet.synset.geturls.getmapping?wnid={WNID}",
        },
    }


def test_every_entry_is_found_by_its_url_also_one_with_a_comma(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--retry=1")
    asked = [link for link in web.links(WNID) if link.obtainable and link.url.isascii()]
    assert any("," in link.url for link in asked)
    for link in asked:
        tag = link.url.replace(",", "%2C")
        found = terminal.says("search", "dataset:*", f"--tags=imagenet,{tag}").split()
        assert found == [f"imagenet-{WNID}:dataset:{link.name.partition('_')[2]}"]


@pytest.mark.every_python
def test_a_second_run_asks_for_nothing_that_is_settled(
    terminal: Terminal, web: PracticeWeb
) -> None:
    first = terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=1")["synsets"][0]
    web.requests.clear()
    second = terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=1")["synsets"][0]
    assert len(web.requests) == lists_asked(web)
    assert second == {**first, "saved": 0, "to_fetch": 0}


@pytest.mark.parametrize(("option", "kinds"), [("--retry-failed", ["truncated"]), ("=all", [])])
def test_retry_failed_asks_again_for_what_may_pass_or_for_all_that_failed(
    terminal: Terminal, web: PracticeWeb, option: str, kinds: list[str]
) -> None:
    terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=1")
    web.requests.clear()
    again = option if option != "=all" else "--retry-failed=all"
    terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=0", again)
    failed = [link for link in web.links(WNID) if not link.obtainable and link.kind != "refused"]
    dead = [link for link in failed if not kinds or link.kind in kinds]
    asked = {request.path for request in web.requests.all() if "geturls" not in request.path}
    assert asked == {link.path for link in dead}


@pytest.mark.every_python
def test_every_host_learns_who_asks_and_where_to_opt_out(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=0")
    agents = {request.headers["user-agent"] for request in web.requests.all()}
    assert len(agents) == 1
    assert "ck-imagenet/" in agents.copy().pop()
    assert "(+https://" in agents.pop()


def test_several_synsets_are_named_with_commas_or_after_the_colon(
    terminal: Terminal, web: PracticeWeb
) -> None:
    for wnid in (WNID, DALMATIAN):
        web.set_links(wnid, good(web, 2, wnid))
    terminal.says("download", f"imagenet:{WNID},{DALMATIAN}")
    assert len(terminal.pictures(WNID)) == len(terminal.pictures(DALMATIAN)) == 2
    web.requests.clear()
    again = terminal.json("download", "imagenet", f"--wnid={WNID},{DALMATIAN}")
    assert [synset["wnid"] for synset in again["synsets"]] == [WNID, DALMATIAN]
    assert len(web.requests) == 0


def test_max_images_ends_with_so_many_pictures(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 100, "gone"), *good(web, 20)])
    for most in (5, 7):
        terminal.says("download", "imagenet", f"--wnid={WNID}", f"--max-images={most}")
        assert len(terminal.pictures()) == most
    assert len(web.requests) - lists_asked(web) <= 8


def test_offset_skips_lines_and_changes_no_number(terminal: Terminal, web: PracticeWeb) -> None:
    urls = terminal.folder / f"{WNID}_urls.txt"
    urls.write_text("\n".join(["", *(link.url for link in good(web, 5))]))
    terminal.says("download", "imagenet", f"--urls={urls}", "--offset=4")
    assert sorted(terminal.pictures()) == [f"{WNID}_4.jpg", f"{WNID}_5.jpg"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    before = sorted(terminal.repos.rglob("*"))
    said = terminal.says("download", "imagenet", f"--wnid={WNID}", "--dry-run")
    assert "0 pictures here, 30 links known, 30 to ask for" in said
    assert sorted(terminal.repos.rglob("*")) == before
    assert len(web.requests) == lists_asked(web)


@pytest.mark.every_python
def test_outdir_gets_plain_files_resumes_and_touches_no_repository(
    terminal: Terminal, web: PracticeWeb
) -> None:
    before = sorted(terminal.repos.rglob("*"))
    command = ("download", "imagenet", f"--wnid={WNID}", "--retry=1", "--outdir=pictures")
    terminal.says(*command)
    files = (terminal.folder / "pictures" / WNID).glob("*.*g")
    assert {path.name: path.read_bytes() for path in files} == had(web)
    web.requests.clear()
    assert terminal.json(*command)["synsets"][0]["saved"] == 0
    assert len(web.requests) == lists_asked(web)
    assert sorted(terminal.repos.rglob("*")) == before


def test_a_picture_that_was_removed_comes_back(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, good(web, 3))
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    (terminal.repository() / "dataset" / "2" / f"{WNID}_2.jpg").unlink()
    assert terminal.json("download", "imagenet", f"--wnid={WNID}")["synsets"][0]["saved"] == 2
    assert len(terminal.pictures()) == 3
    assert len(terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()) == 3


def test_the_summary_names_each_cause_in_words(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [*good(web, 2), web.link(WNID, 8, "gone"), web.link(WNID, 9, "flickr")])
    assert terminal.says("download", "imagenet", f"--wnid={WNID}") == (
        f"{WNID}  tench, Tinca tinca\n"
        "  2 pictures here, 4 links known, 2 saved now\n"
        "      1  gone            the host says that the picture is gone (404, 410)\n"
        "      1  placeholder     a picture that only says that the real one is gone\n"
        "  The Wayback Machine may have pictures of 2 of these: ask it with --wayback\n"
    )


def test_verbose_shows_each_url_on_standard_error_and_quiet_shows_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    link = web.link(WNID, 8, "gone")
    web.set_links(WNID, [link])
    done = terminal.ck("download", "imagenet", f"--wnid={WNID}", "--verbose")
    assert done.stderr == f"{WNID}_8  gone  {link.url} (404)\n"
    quiet = ("download", "imagenet", f"--wnid={WNID}", "--quiet", "--retry-failed=all")
    assert terminal.says(*quiet) == ""


def test_nothing_private_is_asked_unless_it_is_allowed(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, good(web, 2))
    del terminal.environment["CK_IMAGENET_ALLOW_PRIVATE"]
    result = terminal.json("download", "imagenet", f"--wnid={WNID}")
    assert result["synsets"][0]["failed"] == {"private-address": 2}
    assert len(web.requests) == lists_asked(web)
    host = web.hosts[0].partition(":")[0]
    result = terminal.json(
        "download", "imagenet", f"--wnid={WNID}", "--retry-failed", f"--allow-private={host}"
    )
    assert result["synsets"][0]["failed"] == ({"private-address": 1} if len(web.hosts) > 1 else {})


def test_what_was_private_is_asked_as_soon_as_it_is_allowed(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, good(web, 2))
    allowed = terminal.environment.pop("CK_IMAGENET_ALLOW_PRIVATE")
    said = terminal.says("download", "imagenet", f"--wnid={WNID}")
    assert "If these addresses are yours, name them: --allow-private=" in said
    terminal.environment["CK_IMAGENET_ALLOW_PRIVATE"] = allowed
    assert terminal.json("download", "imagenet", f"--wnid={WNID}")["synsets"][0]["saved"] == 2


def test_an_entry_whose_meta_was_lost_is_described_anew(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, good(web, 2))
    command = ("download", "imagenet", f"--wnid={WNID}")
    terminal.says(*command)
    before = terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"]
    (terminal.repository() / "dataset" / "1" / ".cm" / "meta.json").write_text("{")
    assert terminal.json(*command)["synsets"][0]["saved"] == 0
    assert terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"] == before


def test_a_url_in_utf_8_is_found_as_people_write_it(terminal: Terminal, web: PracticeWeb) -> None:
    url = web.url(0, "/good/caf\u00e9-\u9bc9.jpg")
    (terminal.folder / "list").write_text(f"{WNID}_5 {url}\n", "utf-8")
    terminal.says("download", "imagenet", "--urls=list")
    found = terminal.says("search", "dataset:*", f"--tags=imagenet,{url}")
    assert found == f"imagenet-{WNID}:dataset:5\n"


def test_a_log_that_cannot_be_written_does_not_end_the_run(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, good(web, 5))
    with Path("/dev/full").open("w") as full:
        done = terminal.ck("download", "imagenet", f"--wnid={WNID}", "--verbose", stderr=full)
    assert (done.returncode, len(terminal.pictures())) == (0, 5)


@pytest.mark.parametrize("closing", [">&-", ">/dev/full", "<&- >&-"])
def test_an_output_that_cannot_be_written_is_no_traceback(
    terminal: Terminal, web: PracticeWeb, closing: str
) -> None:
    web.set_links(WNID, good(web, 2))
    command = " ".join(shlex.quote(word) for word in [*CK, "download", f"imagenet:{WNID}"])
    done = subprocess.run(
        ["sh", "-c", f"{command} {closing}"],
        env=terminal.environment,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stderr
    assert len(terminal.pictures()) == 2


def test_a_list_from_the_network_shows_that_the_network_is_there(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, n, "refused") for n in range(3)])
    result = terminal.json("download", "imagenet", f"--wnid={WNID}", "--retry=0")
    assert result["synsets"][0]["failed"] == {"refused": 3}


def test_a_run_that_reaches_nothing_says_so_and_records_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    urls = terminal.folder / "urls.txt"
    urls.write_text("".join(f"{WNID}_{n} http://{web.refusing}/{n}.jpg\n" for n in range(3)))
    command = ("download", "imagenet", f"--wnid={WNID}", f"--urls={urls}", "--retry=0")
    said = terminal.refuses(*command)
    assert "the network seems to be down" in said
    assert "run the same command when" in said
    assert not list(terminal.repository().rglob("*.jsonl"))
    assert terminal.says("list", "imagenet", "--downloaded-only") == ""


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"alow_private": "x"},
            'local:cfg:imagenet: "alow_private" is not a setting; the settings are accept-terms, '
            "allow-private, archive, archive-sha1, pace, resolve, service, user-agent, "
            "wayback-date, wayback-service, winter21",
        ),
        ({"service": 5}, "in local:cfg:imagenet: --service=5 is not a text: write --service=…"),
    ],
)
def test_a_wrong_setting_is_refused_and_its_place_named(
    terminal: Terminal, settings: dict[str, object], sentence: str
) -> None:
    configuration = terminal.folder / "configuration.json"
    configuration.write_text(json.dumps({"dict": settings}))
    terminal.says("update", "local:cfg:imagenet", f"@{configuration}")
    terminal.environment.pop("CK_IMAGENET_SERVICE")
    assert terminal.refuses("download", f"imagenet:{WNID}") == sentence


def test_settings_come_from_the_option_then_the_environment_then_cks_configuration(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, good(web, 1))
    elsewhere = f"http://{web.refusing}"
    settings = {"service": web.service, "allow_private": "127.0.0.0/8"}
    configuration = terminal.folder / "configuration.json"
    configuration.write_text(json.dumps({"dict": settings}))
    terminal.says("update", "local:cfg:imagenet", f"@{configuration}")
    command = ("geturls", "imagenet", f"--wnid={WNID}")
    terminal.environment["CK_IMAGENET_SERVICE"] = elsewhere
    assert elsewhere in terminal.refuses(*command)
    assert terminal.says(*command, f"--service={web.service}") != ""
    for name in web.environment():
        del terminal.environment[name]
    assert terminal.says(*command) != ""
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    assert len(terminal.pictures()) == 1
