"""`ck download imagenet` of many synsets as a user types it."""

from __future__ import annotations

from typing import Any

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet_practice import PracticeWeb
from terminal import LAST_WORDS, WNID, Terminal
from test_url_archive import tgz

DALMATIAN, GOLDFISH = "n02110341", "n01443537"
HUNDRED_AND_FIVE = [synset.wnid for synset in synsets.load().synsets[:105]]
RATIONED = (
    "  64% of ImageNet's links lead to one service, flickr, and it gives 2 a second; {} links "
    "left, about {}\n"
    "  --source=winter21 has the pictures of these synsets without that service\n"
)
FOUNDED = (
    "  assumed, as measured: 60% of the links work, a picture has 100 kB, and each of 32 "
    "connections takes 0.9 s for a URL, with time-outs\n"
)


@pytest.fixture
def archive(terminal: Terminal, web: PracticeWeb) -> list[str]:
    """The synsets of an archive that is on the terminal's machine: 104, a picture each."""
    wnids = HUNDRED_AND_FIVE[1:]
    links = (web.link(wnid, 7, "good") for wnid in wnids)
    listed = "".join(f"{link.name}\t{link.url}\n" for link in links)
    (terminal.folder / "all.tgz").write_bytes(tgz(listed.encode()))
    terminal.says("geturls", "imagenet", "--all", "--archive=all.tgz", "--force", "--force")
    web.requests.clear()
    return wnids


def downloaded(terminal: Terminal, *options: str, **popen: Any) -> list[str]:
    done = terminal.json("download", "imagenet", "--retry=0", *options, **popen)["synsets"]
    return sorted(each["wnid"] for each in done)


def test_what_ck_list_shows_ck_download_takes(terminal: Terminal, web: PracticeWeb) -> None:
    for wnid in (WNID, GOLDFISH):
        web.set_links(wnid, [web.link(wnid, 1, "good")])
    conditions = ("--under=n01439121", "--ilsvrc2012")
    shown = terminal.says("list", "imagenet", *conditions).split()
    assert downloaded(terminal, *conditions) == shown == [WNID, GOLDFISH]
    assert downloaded(terminal, "--lower=359", "--upper=359") == [WNID]
    assert downloaded(terminal, "--search=goldfish carassius") == [GOLDFISH]
    assert len(terminal.pictures(GOLDFISH)) == 1


def test_a_file_or_a_pipe_names_synsets(terminal: Terminal, web: PracticeWeb) -> None:
    for wnid in (WNID, DALMATIAN):
        web.set_links(wnid, [web.link(wnid, 1, "good")])
    mine = terminal.folder / "mine.txt"
    mine.write_text(f"# mine\n{DALMATIAN}\n{WNID}  # a fish\n")
    assert downloaded(terminal, "--wnids=mine.txt") == [WNID, DALMATIAN]
    with mine.open() as lines:
        assert downloaded(terminal, "--wnids=/dev/stdin", stdin=lines) == [WNID, DALMATIAN]
    mine.write_text(f"{WNID}\nn0211034\n")
    said = terminal.refuses("download", "imagenet", "--wnids=mine.txt")
    assert said.startswith('"mine.txt", line 2: --wnid="n0211034" is not a wnid')


def test_more_than_a_hundred_synsets_are_told_of_first_with_the_command_that_takes_them(
    terminal: Terminal, web: PracticeWeb, archive: list[str]
) -> None:
    said = terminal.asks("download", "imagenet", "--lower=1", "--upper=104", "--outdir=plain")
    told, _, command = said.rpartition("\nNobody can be asked here. To say yes, type: ck ")
    assert told == (
        f"{RATIONED.format(66, '33 s')}"
        "  pictures that are here already are counted too, but not downloaded again\n"
        f"{FOUNDED}"
        "Download 104 synsets, 104 links, about 6.2 MB, 33 s?"
    )
    assert len(web.requests) == 0
    assert not (terminal.folder / "plain").exists()
    terminal.says(*command.split())
    assert len(list((terminal.folder / "plain").glob("*/*.jpg"))) == 104


def test_a_hundred_synsets_are_taken_at_once(
    terminal: Terminal, web: PracticeWeb, archive: list[str]
) -> None:
    options = ("--lower=1", "--upper=100", "--outdir=plain")
    assert downloaded(terminal, *options) == archive[:100]


def test_a_dry_run_of_many_asks_nobody_and_says_what_it_does_not_know(
    terminal: Terminal, web: PracticeWeb, archive: list[str]
) -> None:
    said = terminal.says("download", "imagenet", "--upper=104", "--dry-run")
    assert said == (
        "105 synsets, 754 URLs to ask for: some 452 pictures, 45.2 MB, 4 minutes\n"
        "  no list of 1 synset is here: 650 URLs are assumed for each, ImageNet's mean\n"
        f"{RATIONED.format(481, '4 minutes')}  pictures that are here already are counted too, "
        "but not downloaded again\n"
        f"{FOUNDED}"
    )
    assert len(web.requests) == 0
    assert not terminal.repository(archive[0]).exists()


def test_a_dry_run_of_a_few_says_what_is_left(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in range(3)])
    assert terminal.says("download", "imagenet", f"--wnid={WNID}", "--dry-run") == (
        f"{WNID}  tench, Tinca tinca\n"
        "  0 pictures here, 3 links known, 3 to ask for\n"
        "1 synset, 3 URLs to ask for: some 2 pictures, 200 kB, 1 s\n"
        f"{FOUNDED}"
    )
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    done = terminal.json("download", "imagenet", f"--wnid={WNID}", "--dry-run")
    assert done["estimate"] == {
        "synsets": 1,
        "urls": 0,
        "unlisted": 0,
        "pictures": 0,
        "bytes": 0,
        "seconds": 0.0,
        "jobs": 32,
        "rationed": 0,
        "pace": 0.0,
    }


def test_a_dry_run_foresees_no_more_pictures_than_are_still_wanted(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in range(30)])
    command = ("download", "imagenet", f"--wnid={WNID}")
    terminal.says(*command, "--max-images=4")
    meant = terminal.json(*command, "--max-images=7", "--dry-run")["estimate"]
    assert (meant["urls"], meant["pictures"]) == (5, 3)


def test_a_program_that_asks_for_many_is_told_the_same(
    terminal: Terminal, archive: list[str]
) -> None:
    request = {"action": "download", "module_uoa": "imagenet", "upper": 104, "outdir": "plain"}
    told = terminal.access(request)
    assert (told["return"], told["estimate"]["urls"], told["synsets"]) == (1, 754, [])
    typed = "type: ck download imagenet --upper=104 --outdir=plain --yes"
    assert told["error"].endswith(f"{typed}{LAST_WORDS}"), told


def test_a_synset_without_a_list_does_not_end_a_run_over_many(
    terminal: Terminal, web: PracticeWeb, archive: list[str]
) -> None:
    command = ("download", "imagenet", "--outdir=plain", "--source=archive")
    said = terminal.says(*command, "--upper=2").splitlines()
    missing = HUNDRED_AND_FIVE[0]
    assert said[0].startswith(f"{missing}  ")
    assert said[1] == (
        f"  no list of its URLs: see ck geturls imagenet --wnid={missing} --outdir=plain"
    )
    assert [line for line in said if "1 picture here, 1 link known, 1 saved now" in line] == [
        said[3],
        said[5],
    ]
    assert len(list((terminal.folder / "plain").glob("*/*.jpg"))) == 2
    told = terminal.json(*command, "--upper=2", "--dry-run")
    assert told["synsets"][0]["wnid"] == missing
    assert told["synsets"][0]["unlisted"].startswith(f"no list of URLs for {missing}:\n")
    assert told["estimate"]["synsets"] == 2


def test_where_no_synset_has_a_list_that_is_an_error(terminal: Terminal) -> None:
    said = terminal.refuses("download", "imagenet", "--upper=9", "--source=archive")
    assert said == (
        f"no list of URLs for 10 synsets: {', '.join(HUNDRED_AND_FIVE[:5])}, …\n"
        f"of {HUNDRED_AND_FIVE[0]}, the places said:\n"
        "  archive: not on this machine\n"
        "Get the lists of all synsets once, then type this again: ck geturls imagenet --all\n"
        "Or take ImageNet's own pictures, which need no list: "
        "ck download imagenet --upper=9 --source=winter21"
    )


def test_conditions_choose_among_the_synsets_of_a_given_list(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(wnid, 7, "good") for wnid in (DALMATIAN, WNID, GOLDFISH)]
    listed = "".join(f"{link.name} {link.url}\n" for link in links)
    (terminal.folder / "list").write_text(listed)
    assert downloaded(terminal, "--urls=list", "--under=n01439121") == [WNID, GOLDFISH]


def test_a_synset_that_meets_conditions_and_has_no_list_of_its_own_ends_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    link = web.link(WNID, 7, "good")
    (terminal.folder / f"{WNID}.txt").write_text(f"{link.name} {link.url}\n")
    command = ("download", "imagenet", "--urls={wnid}.txt", "--lower=359", "--upper=360")
    said = terminal.says(*command)
    missing = synsets.load().synsets[360].wnid
    hint = f"see ck geturls imagenet --wnid={missing} '--urls={{wnid}}.txt'\n"
    assert f"  no list of its URLs: {hint}" in said
    assert len(terminal.pictures()) == 1
    told = terminal.json(*command)["synsets"]
    assert [each["wnid"] for each in told if "here" in each] == [WNID]
    why = f'the list "{missing}.txt" cannot be read: No such file or directory'
    assert {"wnid": missing, "unlisted": why} in told


def test_a_given_list_with_none_of_the_synsets_that_meet_the_conditions_is_refused_in_short(
    terminal: Terminal, web: PracticeWeb
) -> None:
    link = web.link("unknown", 7, "good")
    (terminal.folder / "list").write_text(f"{WNID}_7 {link.url}\n")
    command = ("download", "imagenet", "--urls=list", "--under=n02084071")
    told = terminal.asks(*command).splitlines()
    assert told[-2] == "Download 190 synsets, 123,500 links, about 7.4 GB, 58 min?"
    assert told[:2] == [
        "  what the list has of these synsets is not known yet: 650 URLs are assumed for each, "
        "ImageNet's mean",
        "  pictures that are here already are counted too, but not downloaded again",
    ]
    said = terminal.refuses(*command, "--yes", "--quiet")
    assert said.startswith('the list "list" has no URL of n01322604, n02084071, ')
    assert said.endswith(f", …; it has {WNID}")
    assert len(said) < 500


def test_tars_of_more_than_a_hundred_synsets_are_asked_about_too(terminal: Terminal) -> None:
    said = terminal.asks("download", "imagenet", "--ilsvrc2012", "--source=winter21")
    assert said == (
        "Download 1,000 tars of winter21, one for each synset, about 65 MB each?\n"
        "If you want them, type: ck download imagenet --ilsvrc2012 --source=winter21 --yes"
    )


def test_a_person_sees_both_ways_before_many_links_and_a_pipe_none(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """Once: links, and ImageNet's own tars."""
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    command = ("download", "imagenet", "--lower=355", "--upper=362", "--outdir=plain")
    assert "Two ways lead" not in terminal.shows(*command, "--quiet", "--source=archive")
    shown = terminal.shows(*command)
    assert shown.startswith(
        "Two ways lead to pictures today:\n"
        "  links  some 5,200, 3,318 at hosts that ration; 60% may be alive; 28 min\n"
        "  tars   8 of some 65 MB each: all pictures, unless ImageNet dropped them\n"
        "         you must first accept their terms. To take them, type:\n"
        "  ck download imagenet --lower=355 --upper=362 --source=winter21 --outdir=plain\n"
    )
    assert shown.count("Two ways lead") == 1
    assert "\nno list of links for 7 synsets: " in shown
    assert "Two ways lead" not in terminal.shows(*command)  # one list is here: that is few
