"""Words where a wnid is wanted: what matches them, and what to type next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.catalogue.matches import NotAWnid
from ck_imagenet.cli.choosing import choices
from ck_imagenet.core.actions import CleanOptions, DownloadOptions

DOG = "n02084071"
ENTITY = "n00001740"
KNOWN = synsets.load()
LIBRARY = Path(__file__).parents[1] / "module" / "imagenet"


def told(words: str, option: str = "--wnid") -> list[str]:
    return str(NotAWnid(option, words)).splitlines()


def commands(words: str, action: str, options: object, option: str = "--wnid") -> list[str]:
    """Return the lines that can be pasted."""
    said = choices(NotAWnid(option, words), action, options)
    return [line[2:] for line in said.splitlines() if line.startswith("  ck-imagenet ")]


def test_a_match_has_the_number_of_synsets_below_it_its_words_and_its_meaning() -> None:
    assert told("tench") == [
        '--wnid="tench" is not a wnid. 1 synset matches:',
        "  wnid       below  words and meaning",
        "  n01440764      0  tench, Tinca tinca",
        "                    freshwater dace-like game fish of Europe and western Asia",
        "                    noted for ability to survive outside water",
        "Only n01440764:",
        "  --wnid=n01440764",
    ]


def test_words_that_mean_several_things_are_told_apart() -> None:
    lines = "\n".join(told("crane"))
    assert "lifts and moves heavy objects" in lines
    assert "large long-necked wading bird" in lines


def test_the_closest_match_comes_first_and_has_both_commands() -> None:
    lines = told("dog")
    assert lines[:3] == [
        '--wnid="dog" is not a wnid. 92 synsets match:',
        "  wnid       below  words and meaning",
        "  n02084071    189  dog, domestic dog, Canis familiaris",
    ]
    assert lines[-5:] == [
        "  84 more: ck-imagenet list --search=dog --words",
        "Only n02084071:",
        "  --wnid=n02084071",
        "n02084071 and the 189 synsets below it:",
        "  --under=n02084071",
    ]


@pytest.mark.parametrize("words", ["dog", "crane", "great whi sha", "entity", "a", "fish"])
def test_all_fits_a_terminal_of_80_columns(words: str) -> None:
    assert [line for line in told(words) if len(line) > 80] == []


def test_what_is_called_so_comes_before_what_has_the_word_and_then_what_begins_so() -> None:
    found = [synset.words for synset in KNOWN.closest("dog")]
    called = [index for index, words in enumerate(found) if "dog" in words]
    assert called == [0, 1]
    assert found.index(("hunting dog",)) < found.index(
        ("dog violet", "heath violet", "Viola canina")
    )
    assert found.index(("dog stinkhorn", "Mutinus caninus")) < found.index(("dogfish",))


def test_a_synset_above_imagenets_matches_too_and_has_no_pictures_of_its_own() -> None:
    lines = told("entity", "--under")
    assert lines[:3] == [
        '--under="entity" is not a wnid. 3 synsets match:',
        "  wnid       below  words and meaning",
        "  n00001740  21842  entity",
    ]
    assert lines[-2:] == ["The 21842 synsets below n00001740:", "  --under=n00001740"]
    assert "Only n00001740:" not in lines


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("dalmation", " Did you mean dalmatian?"),
        ("golden retreiver", " Did you mean golden retriever?"),
        ("xyzzy", ""),
        (" ", ""),
        ("\x1b[2J", ""),
    ],
)
def test_words_that_match_nothing_say_so_with_those_that_are_much_like_them(
    words: str, meant: str
) -> None:
    shown = words.replace("\x1b", "\\x1b")
    assert told(words) == [
        f'--wnid="{shown}" is not a wnid.',
        f"No synset has these words.{meant}",
        'A wnid, such as n01440764, is an "n" and eight digits',
    ]


def test_below_are_the_synsets_of_imagenet_without_the_synset_itself() -> None:
    for wnid in (DOG, ENTITY, "n01440764", "n02085374", "n00001930"):
        assert KNOWN.count_below(wnid) == len(KNOWN.under(wnid) - {wnid})


def test_commands_are_what_was_typed_with_the_closest_match_in_its_place() -> None:
    options = DownloadOptions(wnid=("dog",), max_images=3)
    assert commands("dog", "download", options)[-2:] == [
        "ck-imagenet download --wnid=n02084071 --max-images=3",
        "ck-imagenet download --under=n02084071 --max-images=3",
    ]
    under = DownloadOptions(under=("dog",), ilsvrc2012=True)
    assert commands("dog", "download", under, "--under")[-2:] == [
        "ck-imagenet download --wnid=n02084071 --ilsvrc2012",
        "ck-imagenet download --under=n02084071 --ilsvrc2012",
    ]


@pytest.mark.parametrize(
    ("plural", "wnid"),
    [
        ("dogs", DOG),
        ("Great White Sharks", "n01484850"),
        ("wolves", "n02114100"),
        ("churches", "n03028079"),
        ("glasses", "n04272054"),
    ],
)
def test_a_plural_means_what_is_called_so_or_by_its_singular(plural: str, wnid: str) -> None:
    assert KNOWN.closest(plural)[0].wnid == wnid


def test_a_plural_finds_its_singular_where_it_is_a_word_of_its_own() -> None:
    found = {synset.wnid for synset in KNOWN.search("dogs")}
    assert {DOG, "n02087122"} <= found
    assert "n01491874" not in found  # dogfish


@pytest.mark.parametrize("written", ["2084071", "02084071", "N02084071", "n2084071"])
def test_the_number_of_a_wnid_is_told_as_the_wnid(written: str) -> None:
    assert told(written, "--under") == [
        f'--under="{written}" is not a wnid.',
        "Did you mean n02084071 (dog, domestic dog, Canis familiaris)?",
    ]


@pytest.mark.parametrize("option", ["--wnid", "--under"])
def test_other_names_beside_the_words_are_kept(option: str) -> None:
    named: Any = {option[2:]: ("n01440764", "dog", "cat")}
    options = CleanOptions(**named, failed=True)
    assert commands("dog", "clean", options, option)[-2:] == [
        "ck-imagenet clean --wnid=n01440764,n02084071,cat --failed",
        "ck-imagenet clean --under=n01440764,n02084071,cat --failed",
    ]


READ = """
import sys
sys.path.insert(0, {library!r})
opened = []
sys.addaudithook(lambda event, told: opened.append(str(told[0])) if event == "open" else None)
from ck_imagenet.__main__ import main
code = main({arguments!r})
print(code, [name for name in opened if name.endswith("definitions.tsv.gz")] != [])
"""


@pytest.mark.parametrize(
    ("arguments", "is_read"),
    [
        (["list", "--search=tinca", "--words"], False),
        (["download", "--wnid=n01440764", "--max-images=0"], False),
        (["download", "--wnid=tench"], True),
    ],
)
def test_what_synsets_mean_is_read_only_where_somebody_chooses(
    tmp_path: Path, arguments: list[str], is_read: bool
) -> None:
    code = READ.format(library=str(LIBRARY), arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    assert done.stdout.decode().split()[-1] == str(is_read)
