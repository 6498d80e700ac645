"""`ck status imagenet` as a user types it."""

from __future__ import annotations

import re
import time

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import CHECKOUT, WNID, Terminal
from test_copies_journey import class_tar
from test_docs_examples import shell

DALMATIAN = "n02110341"
STATUS = ("status", "imagenet")


@pytest.fixture
def rotten(terminal: Terminal, web: PracticeWeb) -> PracticeWeb:
    """A web whose links have been downloaded: of two synsets, one with all kinds of fates."""
    kinds = ("good", "good", "gone", "parked", "truncated", "good-png")
    web.set_links(WNID, [web.link(WNID, n, kind, 0) for n, kind in enumerate(kinds)])
    web.set_links(DALMATIAN, [web.link(DALMATIAN, 7, "good", 1)])
    terminal.says("download", f"imagenet:{WNID},{DALMATIAN}", "--retry=0")
    return web


def fields(said: str) -> list[list[str]]:
    return [line.split("\t") for line in said.splitlines()]


def test_where_nothing_is_nothing_is_said_in_a_pipe_and_the_way_on_on_a_terminal(
    terminal: Terminal,
) -> None:
    assert terminal.says(*STATUS) == ""
    assert terminal.shows(*STATUS).strip() == (
        "no pictures are here yet. Begin with: ck download imagenet --wnid=n01440764"
    )


def test_in_a_pipe_each_synset_is_a_line_of_fields_and_the_last_is_their_sum(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    size = sum(map(len, terminal.pictures().values()))
    more = sum(map(len, terminal.pictures(DALMATIAN).values()))
    tench, dalmatian, total = fields(terminal.says(*STATUS))
    assert tench[:6] == [WNID, "3", "6", "0", str(size), "0.500"]
    assert set(tench[7].split(",")) == {"gone=1", "not-a-picture=1", "cut-short=1"}
    assert dalmatian[:6] == [DALMATIAN, "1", "1", "0", str(more), "0.000"]
    assert total[:6] == ["total", "4", "7", "0", str(size + more), "0.429"]
    assert total[6] == max(tench[6], dalmatian[6])


@pytest.mark.every_python
def test_on_a_terminal_it_is_a_table_with_a_bar_and_what_it_means(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    shown = terminal.shows(*STATUS, "--search=tench").splitlines()
    assert shown[0].split() == ["wnid", "here", "known", "rot", "size", "latest"]
    assert shown[1].startswith(f"{WNID}     3      6  █████▒▒░░░  50%  ")
    assert shown[1].endswith("  tench, Tinca tinca")
    assert shown[2] == "█ here  ▒ may work later  ░ failed  · not asked"
    assert shown[3].startswith("3 pictures here of 6 known, ")
    assert "      1  gone            the host says that the picture is gone (404, 410)" in shown
    assert all(len(line) <= 80 for line in shown)


def test_hosts_are_summed_up_over_synsets(terminal: Terminal, rotten: PracticeWeb) -> None:
    asked = {link.host for wnid in (WNID, DALMATIAN) for link in rotten.links(wnid)}
    *hosts, total = fields(terminal.says(*STATUS, "--hosts"))
    assert {host[0] for host in hosts} == asked
    assert (total[0], total[2]) == ("total", "7")
    known = [int(host[2]) for host in hosts]
    assert (known, sum(known)) == (sorted(known, reverse=True), 7)


def test_failures_are_a_list_that_download_reads(terminal: Terminal, rotten: PracticeWeb) -> None:
    failed = [link for link in rotten.links(WNID) if not link.name.endswith(("_0", "_1", "_5"))]
    said = terminal.says(*STATUS, "--failures")
    assert [line[:2] for line in fields(said)] == [[link.name, link.url] for link in failed]
    assert [line[2] for line in fields(said)] == ["gone", "not-a-picture", "cut-short"]
    lines = ["\t".join(line[:2]) for line in fields(said)]
    (terminal.folder / "list").write_text("\n".join(lines))
    done = terminal.json("download", "imagenet", "--urls=list", "--dry-run")["synsets"]
    assert [(each["wnid"], each["links"]) for each in done] == [(WNID, 3)]


def test_a_person_sees_failures_as_a_table_that_fits(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    head, gone, *others = terminal.shows(*STATUS, "--failures").splitlines()
    assert head.split() == ["picture", "outcome", "link", "what", "happened"]
    assert re.match(rf"{WNID}_2          gone             127\..*…  404$", gone)
    assert all(len(line) <= 80 for line in (head, gone, *others))
    assert "  ck status imagenet --failures | cut -f 1,2 > again.txt" in others
    wide = terminal.shows(*STATUS, "--failures", columns=140)
    assert f"/gone/{WNID}-2.jpg" in wide


@pytest.mark.parametrize("door", ["ck {} imagenet", "python -m ck_imagenet {}"])
def test_the_links_that_a_pipe_chooses_among_the_failures_are_asked_again(
    terminal: Terminal, web: PracticeWeb, door: str
) -> None:
    kinds = ("good", "gone", "gone", "refused")
    web.set_links(WNID, [web.link(WNID, n, kind, 0) for n, kind in enumerate(kinds)])
    terminal.environment["PYTHONPATH"] = str(CHECKOUT / "module" / "imagenet")
    download, status = door.format("download"), door.format("status")
    assert shell(terminal, f"{download} --wnid={WNID} --retry=0 --quiet").stdout == ""
    web.requests.clear()
    chosen = f"{status} --failures | awk -F'\t' '$3 == \"gone\"' | cut -f 1,2 > again.txt"
    again = f"{download} --urls=again.txt --retry-failed=all --retry=0 | head -2"
    said = shell(terminal, f"{chosen}\n{again}").stdout
    assert said == f"{WNID}  tench, Tinca tinca\n  1 picture here, 2 links known, 0 saved now\n"
    assert sorted(each.path for each in web.requests.all()) == [
        f"/gone/{WNID}-{number}.jpg" for number in (1, 2)
    ]


@pytest.mark.every_python
def test_json_has_all_of_it(terminal: Terminal, rotten: PracticeWeb) -> None:
    told = terminal.json(*STATUS, f"--wnid={DALMATIAN}")
    (synset,) = told["synsets"]
    assert synset["wnid"] == DALMATIAN
    assert {key: synset[key] for key in told["total"]} == told["total"]
    assert synset["failed"] == {}
    assert terminal.json(*STATUS, "--hosts")["hosts"][0]["failed"]["gone"] == 1
    causes = {each["outcome"] for each in terminal.json(*STATUS, "--failures")["failures"]}
    assert causes == {"gone", "not-a-picture", "cut-short"}


def test_a_folder_has_its_own_status(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good"), web.link(WNID, 2, "gone")])
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--outdir=out")
    assert fields(terminal.says(*STATUS, "--outdir=out"))[0][:4] == [WNID, "1", "2", "0"]
    assert terminal.says(*STATUS) == ""
    assert terminal.refuses(*STATUS, "--outdir=none") == (
        '--outdir="none" is not a folder: choose another'
    )


def test_it_tells_of_a_download_that_is_at_work_in_another_terminal(
    terminal: Terminal, web: PracticeWeb
) -> None:
    good = [web.link(WNID, n, "good", 5) for n in range(5)]
    silent = [web.link(WNID, n, "silent", n % 4) for n in range(100, 110)]
    web.set_links(WNID, [*good, *silent])
    process = terminal.start("download", "imagenet", f"--wnid={WNID}", "--retry=0")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(terminal.pictures()) < len(good):
        time.sleep(0.05)
    (line,) = fields(terminal.says(*STATUS))
    assert process.poll() is None
    process.kill()
    process.communicate()
    assert line[:3] == [WNID, "5", "15"]
    assert int(line[3]) > 0


def test_a_picture_that_is_removed_waits_to_be_asked_for(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    assert fields(terminal.says(*STATUS, f"--wnid={WNID}"))[0][1:4] == ["2", "6", "1"]


def test_the_rate_of_rot_stays_when_pictures_are_removed(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    """For it is known that their links have given them."""

    def standing() -> list[str]:
        return fields(terminal.says(*STATUS, f"--wnid={WNID}"))[0]

    assert (standing()[1], standing()[5]) == ("3", "0.500")
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    assert (standing()[1], standing()[5]) == ("2", "0.500")
    terminal.says("check", "imagenet", "--repair")
    assert standing()[5] == "0.500"
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--force")
    assert (standing()[1], standing()[5]) == ("0", "0.500")
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--retry=0")
    assert (standing()[1], standing()[5]) == ("3", "0.500")


def test_the_rate_of_rot_stays_when_a_tar_brings_what_links_did_not(
    terminal: Terminal, rotten: PracticeWeb
) -> None:
    (terminal.folder / "tench.tar").write_bytes(class_tar(2, 3, 4))
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--from=tench.tar")
    (standing,) = fields(terminal.says(*STATUS, f"--wnid={WNID}"))
    assert (standing[1], standing[2], standing[5]) == ("6", "6", "0.500")
    hosts = fields(terminal.says(*STATUS, f"--wnid={WNID}", "--hosts"))
    assert hosts[-1][5] == "0.500"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--hosts", "--failures"],
            "--hosts and --failures cannot be used together: leave one of them out",
        ),
        (
            [f"--wnid={WNID}"],
            "no pictures of n01440764 are here. See which synsets have some: "
            "ck list imagenet --downloaded-only",
        ),
        (["--under=n1"], '--under="n1" is not a wnid.\nA wnid, such as n01440764'),
    ],
)
def test_what_cannot_be_meant_is_refused(
    terminal: Terminal, options: list[str], sentence: str
) -> None:
    assert terminal.refuses(*STATUS, *options).startswith(sentence)
