"""Which synsets a user means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.catalogue.selection import Selection, among, any_synset, chosen, with_pictures
from ck_imagenet.commands.download import run as download
from ck_imagenet.commands.listing import listed
from ck_imagenet.core.actions import DownloadOptions, ListOptions
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.options import concern
from ck_imagenet.core.text import Progress
from ck_imagenet.storage.folder_store import FolderStore

TENCH = "n01440764"
ENTITY = "n00001740"


def refusal(wnid: str) -> str:
    with pytest.raises(BadInput) as refused:
        with_pictures([wnid])
    return str(refused.value)


def refused(wanted: Selection) -> str:
    with pytest.raises(BadInput) as said:
        chosen(wanted)
    return str(said.value)


def test_synsets_of_imagenet_come_back_in_their_order() -> None:
    assert with_pictures(["n02110341", TENCH]) == ("n02110341", TENCH)
    assert with_pictures([]) == ()


def test_unknown_stands_for_a_list_that_names_no_synset() -> None:
    assert with_pictures(["unknown"]) == ("unknown",)


def test_a_synset_above_imagenets_has_no_pictures_but_something_below_it() -> None:
    assert refusal(ENTITY) == (
        "--wnid=n00001740 (entity) has no pictures of its own in ImageNet. See the synsets below "
        "it: ck-imagenet list --under=n00001740"
    )
    assert any_synset(ENTITY).words == ("entity",)


def test_a_wnid_of_no_synset_is_refused() -> None:
    expected = "--wnid=n99999999: ImageNet has no such synset. See all synsets: ck-imagenet list"
    assert refusal("n99999999") == expected
    with pytest.raises(BadInput, match=r"^--under=n99999999: ImageNet has no such synset"):
        any_synset("n99999999")


def test_words_give_the_synsets_to_choose_from() -> None:
    for said in (refusal("tench"), refused(Selection(under=("tench",)))):
        assert "is not a wnid. 1 synset matches:\n" in said
        assert "\n  n01440764      0  tench, Tinca tinca\n" in said


@pytest.mark.parametrize("text", ["qwertyuiop", "../xyzzy", " ", "n01440764x"])
def test_what_is_neither_wnid_nor_word_is_refused(text: str) -> None:
    assert refusal(text).startswith(f'--wnid="{text}" is not a wnid.\nNo synset has these words.')


def test_all_means_every_synset_of_imagenet() -> None:
    everything = tuple(synset.wnid for synset in synsets.load().synsets)
    assert chosen(Selection(), everything=True) == everything
    assert chosen(Selection(upper=21_841)) == everything


def test_who_says_nothing_of_synsets_means_none() -> None:
    assert chosen(Selection()) == ()
    assert chosen(concern(DownloadOptions(urls="list.txt", max_images=3), Selection)) == ()


@pytest.mark.parametrize(
    "conditions",
    [
        {"under": ("n02084071",)},
        {"search": "terrier"},
        {"ilsvrc2012": True},
        {"lower": 300, "upper": 600},
        {"under": ("n02084071",), "search": "terrier", "ilsvrc2012": True, "lower": 1600},
    ],
)
def test_conditions_choose_what_ck_list_shows_of_them(conditions: dict[str, Any]) -> None:
    shown = [row.synset.wnid for row in listed(ListOptions(**conditions), {})]
    assert chosen(Selection(**conditions)) == tuple(shown) != ()
    assert among([TENCH, *shown, "unknown"], Selection(under=(ENTITY,))) == [TENCH, *shown]


def test_conditions_choose_among_what_is_named() -> None:
    named = ("n02110341", TENCH, "n02084071")
    assert chosen(Selection(wnid=named, under=("n02084071",))) == ("n02110341", "n02084071")
    assert chosen(Selection(wnid=named, ilsvrc2012=True)) == ("n02110341", TENCH)


def test_a_file_names_a_synset_a_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_bytes(b"\xef\xbb\xbf# dogs\r\nn02110341 # spotted\r\n\r\n  n01440764\nn02110341")
    assert chosen(Selection(wnids=str(file))) == ("n02110341", TENCH)
    both = Selection(wnids=str(file), wnid=("n02084071", TENCH))
    assert chosen(both) == ("n02084071", TENCH, "n02110341")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("n01440764\n\nn99999999", ", line 3: --wnid=n99999999: ImageNet has no such synset"),
        ("# mine\ntench\n", ', line 2: --wnid="tench" is not a wnid. 1 synset matches:'),
        ("n01440764\tn02110341", ', line 1: --wnid="n01440764\tn02110341" is not a wnid'),
        ("n00001740", ", line 1: --wnid=n00001740 (entity) has no pictures of its own"),
        ("\xff\xfe\0", ", line 1: --wnid="),
    ],
)
def test_a_line_that_names_no_synset_is_refused_with_its_number(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(text, "latin-1")
    with pytest.raises(BadInput) as refused:
        chosen(Selection(wnids=str(file)))
    assert str(refused.value).startswith(f'"{file}"{sentence}')


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"wnids": "nowhere.txt"}, '--wnids="nowhere.txt" cannot be read: No such file'),
        ({"wnids": "/dev/null"}, '--wnids="/dev/null" has no synset: write one wnid on each line'),
        (
            {"search": "tench", "under": ("n02084071",)},
            "no synset meets all these conditions: leave one out",
        ),
        ({"search": "xyzzy"}, '--search="xyzzy": no synset has these words.'),
        (
            {"search": "dalmation"},
            '--search="dalmation": no synset has these words. Did you mean dalmatian?',
        ),
        (
            {"search": "n02084071"},
            "--search=n02084071 is a wnid, and --search finds words: write --wnid=n02084071, or "
            "--under=n02084071 for all below it too",
        ),
        ({"lower": 3, "upper": 2}, "there is no position from --lower=3 to --upper=2"),
        ({"under": ("tench",)}, '--under="tench" is not a wnid. 1 synset matches:'),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], sentence: str) -> None:
    assert refused(Selection(**options)).startswith(sentence)


def test_several_trees_may_be_meant_at_once() -> None:
    dogs, cats = (chosen(Selection(under=(wnid,))) for wnid in ("n02084071", "n02121808"))
    assert chosen(Selection(under=("n02121808", "n02084071"))) == tuple(sorted(dogs + cats))
    assert refused(Selection(under=("n02084071", "dog"))).startswith('--under="dog" is not')


def test_all_is_not_for_those_that_are_named(tmp_path: Path) -> None:
    named: Any
    for named in ({"wnid": (TENCH,)}, {"wnids": "mine"}):
        with pytest.raises(BadInput, match=r"--all and --wnids? cannot be used together"):
            list(download(DownloadOptions(all=True, **named), FolderStore(tmp_path), Progress()))


def test_all_needs_the_lists_of_all(tmp_path: Path) -> None:
    options = DownloadOptions(all=True, urls="all.tgz")
    with pytest.raises(BadInput) as refused:
        list(download(options, FolderStore(tmp_path), Progress()))
    assert str(refused.value) == (
        "--all needs the lists of all synsets. Make an archive of your list, then leave --urls "
        "out: ck-imagenet geturls --all --archive=all.tgz"
    )
