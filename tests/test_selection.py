"""Which synsets a user means."""

from __future__ import annotations

import pytest
from ck_imagenet.errors import BadInput
from ck_imagenet.selection import any_synset, with_pictures

TENCH = "n01440764"
ENTITY = "n00001740"


def refusal(wnid: str) -> str:
    with pytest.raises(BadInput) as refused:
        with_pictures([wnid])
    return str(refused.value)


def test_synsets_of_imagenet_come_back_in_their_order() -> None:
    assert with_pictures(["n02110341", TENCH]) == ("n02110341", TENCH)
    assert with_pictures([]) == ()


def test_unknown_stands_for_a_list_that_names_no_synset() -> None:
    assert with_pictures(["unknown"]) == ("unknown",)


def test_a_synset_above_imagenets_has_no_pictures_but_something_below_it() -> None:
    assert refusal(ENTITY) == (
        "--wnid=n00001740 (entity) has no pictures of its own in ImageNet; "
        "see what is below it: ck list imagenet --under=n00001740"
    )
    assert any_synset(ENTITY) == ENTITY


def test_a_wnid_of_no_synset_is_refused() -> None:
    expected = "--wnid=n99999999: ImageNet has no such synset; see ck list imagenet"
    assert refusal("n99999999") == expected
    with pytest.raises(BadInput, match=r"^--under=n99999999: ImageNet has no such synset"):
        any_synset("n99999999")


def test_words_give_the_wnids_to_choose_from() -> None:
    assert refusal("tench") == (
        '--wnid="tench" is no wnid. These synsets match:\n'
        "  n01440764  tench, Tinca tinca\n"
        "Choose one, for example --wnid=n01440764"
    )


def test_words_of_many_synsets_show_the_first_and_how_to_see_the_rest() -> None:
    lines = refusal("dog").splitlines()
    assert lines[0] == '--wnid="dog" is no wnid. These synsets match:'
    assert len(lines) == 1 + 20 + 1 + 1
    assert lines[-2].endswith('in all: ck list imagenet --search="dog" --words')
    assert lines[-1] == f"Choose one, for example --wnid={lines[1].split()[0]}"


@pytest.mark.parametrize(
    "text", ["qwertyuiop", "n0144076", "N01440764", "../xyzzy", " ", "n01440764x"]
)
def test_what_is_neither_wnid_nor_word_is_refused(text: str) -> None:
    assert refusal(text) == (
        f'--wnid="{text}" is no wnid, which is an "n" and eight digits such as n01440764, '
        "and no synset has such words"
    )
