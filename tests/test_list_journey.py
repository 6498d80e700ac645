"""`ck list imagenet` as a user types it."""

from __future__ import annotations

import subprocess

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import CK, WNID, Terminal

TENCH = {
    "wnid": WNID,
    "index": 359,
    "words": ["tench", "Tinca tinca"],
    "hypernyms": ["n01439121"],
    "ilsvrc2012": 0,
    "below": 0,
    "downloaded": 0,
    "urls": None,
}


def listed(terminal: Terminal, *options: str) -> list[str]:
    return terminal.says("list", "imagenet", *options).split()


def test_the_whole_catalogue_is_listed_a_wnid_a_line(terminal: Terminal) -> None:
    wnids = listed(terminal)
    assert (len(wnids), wnids[0], wnids[-1]) == (21_842, "n00004475", "n15102894")
    assert wnids == sorted(wnids)


@pytest.mark.parametrize(
    ("options", "wnids"),
    [
        (["--lower=359", "--upper=360"], [WNID, "n01441117"]),
        (["--search=tinca tench"], [WNID]),
        (["--search=great white sha"], ["n01484850"]),
        (["--under=n01439121", "--ilsvrc2012"], [WNID, "n01443537"]),
        ([f"--wnid=n01443537,{WNID}"], ["n01443537", WNID]),
        ([f"--wnid=n01443537,{WNID}", "--search=tench"], [WNID]),
        (["--wnid=n00001740"], ["n00001740"]),
        (["--ilsvrc2012", "--lower=359", "--upper=420"], [WNID, "n01443537"]),
        (["--under=n00001740", "--search=goldfish", "--ilsvrc2012"], ["n01443537"]),
    ],
)
def test_options_narrow_the_list_and_combine(
    terminal: Terminal, options: list[str], wnids: list[str]
) -> None:
    assert listed(terminal, *options) == wnids


def test_positions_count_from_zero_in_the_order_of_wnids(terminal: Terminal) -> None:
    everything = listed(terminal)
    assert listed(terminal, "--lower=21841") == everything[-1:]
    assert listed(terminal, "--upper=2") == everything[:3]
    assert listed(terminal, "--lower=5", "--upper=7") == everything[5:8]


def test_words_follow_a_tab(terminal: Terminal) -> None:
    said = terminal.says("list", "imagenet", "--search=tinca", "--words")
    assert said == f"{WNID}\ttench, Tinca tinca\n"


@pytest.mark.every_python
def test_json_and_python_get_all_that_is_known(terminal: Terminal) -> None:
    expected = {"return": 0, "lst": [TENCH]}
    assert terminal.json("list", "imagenet", "--search=tinca") == expected
    request = {"action": "list", "module_uoa": "imagenet", "lower": 359, "upper": 359}
    assert terminal.access(request) == expected


def test_what_is_here_is_counted(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good") for n in range(3)])
    web.set_links("n02110341", [web.link("n02110341", 1, "gone")])
    assert listed(terminal, "--downloaded-only") == []
    terminal.says("download", f"imagenet:{WNID},n02110341")
    assert listed(terminal, "--downloaded-only") == [WNID]
    here = terminal.json("list", "imagenet", "--downloaded_only")["lst"]
    assert here == [{**TENCH, "downloaded": 3}]
    assert listed(terminal, "--downloaded-only", "--search=dalmatian") == []


@pytest.mark.every_python
def test_a_terminal_gets_a_table_that_fits_it(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good") for n in range(12)])
    terminal.says("download", f"imagenet:{WNID}")
    assert terminal.shows("list", "imagenet", "--lower=357", "--upper=359") == (
        "wnid       here  below  words\n"
        "n01440242     0      0  mirror carp\n"
        "n01440467     0      0  European bream, Abramis brama\n"
        "n01440764    12      0  tench, Tinca tinca\n"
    )
    wide = terminal.shows("list", "imagenet", "--search=nigripes albatross").splitlines()
    assert wide[1:] == [
        "n02058747     0      0  black-footed albatross, gooney, gooney bird, goonie, go…"
    ]


def test_a_person_sees_how_many_are_below_and_what_each_means(terminal: Terminal) -> None:
    assert terminal.shows("list", "imagenet", "--wnid=n02084071", "--words") == (
        "wnid       here  below  words\n"
        "n02084071     0    189  dog, domestic dog, Canis familiaris\n"
        "                        a member of the genus Canis (probably descended from the\n"
        "                        common wolf) that has been domesticated by man since\n"
        "                        prehistoric times; occurs in many breeds\n"
    )


def test_words_for_a_wnid_show_the_synsets_and_both_commands_which_is_no_error(
    terminal: Terminal,
) -> None:
    for action in ("list", "download"):
        said = terminal.asks(action, "imagenet", "--wnid=dog").splitlines()
        assert said[2] == "  n02084071    189  dog, domestic dog, Canis familiaris"
        assert said[-4:] == [
            "Only n02084071:",
            f"  ck {action} imagenet --wnid=n02084071",
            "n02084071 and the 189 synsets below it:",
            f"  ck {action} imagenet --under=n02084071",
        ]
        assert not list(terminal.repos.glob("imagenet-*"))


def test_head_ends_it_quietly(terminal: Terminal) -> None:
    shell = f"{' '.join(map(repr, CK))} list imagenet | head -1"
    done = subprocess.run(
        ["sh", "-c", shell], env=terminal.environment, capture_output=True, encoding="utf-8"
    )
    assert (done.stdout, done.stderr) == ("n00004475\n", "")


def test_a_closed_standard_input_does_no_harm(terminal: Terminal) -> None:
    shell = f"{' '.join(map(repr, CK))} list imagenet --upper=0 <&-"
    done = subprocess.run(
        ["sh", "-c", shell], env=terminal.environment, capture_output=True, encoding="utf-8"
    )
    assert (done.stdout, done.stderr) == ("n00004475\n", "")


def test_entries_of_the_module_are_listed_by_ck_itself(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    terminal.says("download", f"imagenet:{WNID}")
    assert terminal.says("list", f"imagenet-{WNID}:imagenet:*") == f"{WNID}\n"
    entries = terminal.json("list", f"imagenet-{WNID}:imagenet:*")["lst"]
    assert [entry["data_uoa"] for entry in entries] == [WNID]
