"""The catalogue, as the library reads it and as `tools/build_catalogue.py` makes it."""

from __future__ import annotations

import gzip
import importlib.util
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.catalogue.synsets import Synset
from ck_imagenet.core.errors import ImagenetError
from hypothesis import given, settings
from hypothesis import strategies as st

CATALOGUE = synsets.load()
ROOT = "n00001740"
TOOL = Path(__file__).parents[1] / "tools" / "build_catalogue.py"


def everything() -> list[Synset]:
    """Return every synset of the data file, found again through the catalogue."""
    with gzip.open(synsets.SYNSETS_FILE, "rt", encoding="ascii") as lines:
        found = [CATALOGUE.get(line.split("\t")[0]) for line in lines]
    return [synset for synset in found if synset is not None]


def found(text: str) -> list[str]:
    """Return the wnids that a search for `text` finds."""
    return [synset.wnid for synset in CATALOGUE.search(text)]


def test_the_catalogue_lists_21842_synsets_and_knows_1705_above_them() -> None:
    all_known = everything()
    assert len(CATALOGUE.synsets) == 21_842
    assert sum(synset.listed for synset in all_known) == 21_842
    assert sum(not synset.listed for synset in all_known) == 1_705


def test_positions_count_the_listed_synsets_in_the_order_of_wnids() -> None:
    assert [synset.position for synset in CATALOGUE.synsets] == list(range(21_842))
    wnids = [synset.wnid for synset in CATALOGUE.synsets]
    assert wnids == sorted(set(wnids))


def test_the_catalogue_is_read_once() -> None:
    assert synsets.load() is CATALOGUE


def test_ilsvrc_labels_are_0_to_999_in_the_order_of_wnids() -> None:
    labels = [synset.ilsvrc2012 for synset in CATALOGUE.synsets]
    assert [label for label in labels if label is not None] == list(range(1000))
    assert all(synset.ilsvrc2012 is None for synset in everything() if not synset.listed)


def test_a_synset_has_its_words_its_hypernyms_and_its_label() -> None:
    tench = Synset("n01440764", 359, ("tench", "Tinca tinca"), ("n01439121",), 0)
    assert CATALOGUE.get("n01440764") == tench
    assert CATALOGUE.synsets[359] == tench


def test_the_synset_that_fall_2011_lacks_is_there() -> None:
    teddy = CATALOGUE.get("n04399382")
    assert teddy is not None
    assert teddy.listed
    assert (teddy.words, teddy.ilsvrc2012) == (("teddy", "teddy bear"), 850)


def test_a_synset_above_has_no_position() -> None:
    assert CATALOGUE.get("n00001930") == Synset(
        "n00001930", None, ("physical entity",), (ROOT,), None
    )


def test_an_unknown_wnid_is_none() -> None:
    assert CATALOGUE.get("n00000001") is None


def test_every_hypernym_is_known_and_the_one_root_is_entity() -> None:
    known = {synset.wnid for synset in everything()}
    assert {above for synset in everything() for above in synset.hypernyms} <= known
    assert [synset.wnid for synset in everything() if not synset.hypernyms] == [ROOT]


def test_453_listed_synsets_and_45_above_have_several_hypernyms() -> None:
    several = [synset for synset in everything() if len(synset.hypernyms) > 1]
    assert sum(synset.listed for synset in several) == 453
    assert sum(not synset.listed for synset in several) == 45


def test_the_hierarchy_has_no_cycle() -> None:
    settled: set[str] = set()
    waiting = everything()
    while waiting:
        next_round = [synset for synset in waiting if not settled.issuperset(synset.hypernyms)]
        assert len(next_round) < len(waiting), f"a cycle among {next_round[:3]}"
        settled |= {synset.wnid for synset in waiting} - {synset.wnid for synset in next_round}
        waiting = next_round


# The first search makes the index that the others share.
@settings(deadline=None)
@given(st.data())
def test_a_synset_is_found_by_any_prefix_of_any_of_its_words(data: st.DataObject) -> None:
    """A prefix without a letter or digit, such as the dot of ".22 caliber", finds nothing."""
    synset = data.draw(st.sampled_from(CATALOGUE.synsets))
    word = data.draw(st.sampled_from(synset.words))
    prefix = word[: data.draw(st.integers(1, len(word)))]
    assert (synset in CATALOGUE.search(prefix)) == any(map(str.isalnum, prefix))


# The first search makes the index that the others share.
@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_text_at_all_can_be_searched_for(text: str) -> None:
    result = CATALOGUE.search(text)
    assert result == sorted(result)


def test_given_words_may_be_prefixes_in_any_order_and_of_several_words_of_the_synset() -> None:
    assert found("great whi sha") == ["n01484850"]
    assert found("carchar great-white") == ["n01484850"]


def test_a_search_does_not_match_inside_a_word() -> None:
    assert "n01440764" in found("tench")
    assert "n01440764" not in found("ench")


def test_a_search_finds_only_listed_synsets() -> None:
    entity = CATALOGUE.get(ROOT)
    assert entity is not None
    assert entity.words == ("entity",)
    assert found("entity") == []


def test_one_word_may_belong_to_several_synsets() -> None:
    """ "crane" is twice among ILSVRC's words: the bird and the machine."""
    cranes = [synset for synset in CATALOGUE.search("crane") if synset.ilsvrc2012 is not None]
    assert [synset.ilsvrc2012 for synset in cranes if synset.words[0] == "crane"] == [134, 517]


@pytest.mark.parametrize(
    ("text", "wnid"),
    [
        ("t-shirt", "n03595614"),
        ("tshirt", "n03595614"),
        ("T Shirt", "n03595614"),
        ("Cassin's kingbird", "n01548694"),
        ("Cassin\u2019s kingbird", "n01548694"),
        ("cassins", "n01548694"),
        ("cassin", "n01548694"),
        ("caf\u00e9 au lait", "n07919572"),
        ("great_white_shark", "n01484850"),
        ("tench, Tinca tinca", "n01440764"),
        ("c.p.u.", "n02995345"),
        ("read/write", "n04058721"),
    ],
)
def test_spelling_variants_find_the_synset(text: str, wnid: str) -> None:
    assert wnid in found(text)


@pytest.mark.parametrize("text", ["", "  ", "!", "-", "'", ",", "\u0301"])
def test_a_text_without_a_letter_or_digit_finds_nothing(text: str) -> None:
    assert found(text) == []


def test_dogs_are_under_dog_and_cats_are_not() -> None:
    dogs = CATALOGUE.under("n02084071")
    assert {"n02084071", "n02085620", "n02113978"} <= dogs  # dog, Chihuahua, Mexican hairless
    assert "n02121620" not in dogs  # cat
    labels = [synset.ilsvrc2012 for synset in CATALOGUE.synsets if synset.wnid in dogs]
    assert [label for label in labels if label is not None] == list(range(151, 269))


def test_a_synset_without_any_below_it_is_alone() -> None:
    assert CATALOGUE.under("n01440764") == {"n01440764"}


def test_a_synset_with_several_hypernyms_is_under_each() -> None:
    for synset in CATALOGUE.synsets:
        if len(synset.hypernyms) > 1:
            assert all(synset.wnid in CATALOGUE.under(above) for above in synset.hypernyms)


def test_under_a_synset_above_are_only_listed_ones() -> None:
    physical = CATALOGUE.under("n00001930")
    assert "n00001930" not in physical
    assert "n01440764" in physical
    assert CATALOGUE.under(ROOT) == {synset.wnid for synset in CATALOGUE.synsets}


def test_a_lineage_leads_from_the_top_to_the_synset_above_it_by_every_way() -> None:
    ways = synsets.load().lineages("n02084071")
    assert [" > ".join(above.words[0] for above in way) for way in ways] == [
        "entity > physical entity > object > whole > living thing > organism > animal > chordate"
        " > vertebrate > mammal > placental > carnivore > canine",
        "entity > physical entity > object > whole > living thing > organism > animal"
        " > domestic animal",
    ]
    assert synsets.load().lineages("n00001740") == synsets.load().lineages("unknown") == []


def test_directly_below_are_the_next_ones_only() -> None:
    below = synsets.load().directly_below("n02084071")
    assert [synset.words[0] for synset in below][:3] == ["puppy", "pooch", "cur"]
    assert all("n02084071" in synset.hypernyms for synset in below)
    assert synsets.load().directly_below("n01440764") == []


def test_under_an_unknown_synset_is_an_error_that_names_it() -> None:
    with pytest.raises(synsets.UnknownSynset, match=r"^n00000001 is not a synset") as caught:
        CATALOGUE.under("n00000001")
    assert isinstance(caught.value, ImagenetError)
    assert caught.value.wnid == "n00000001"


def test_the_licence_of_wordnet_is_beside_the_data() -> None:
    licence = synsets.SYNSETS_FILE.with_name("WORDNET-LICENSE.txt").read_text("ascii")
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in licence
    assert licence.endswith("LICENSEE agrees to preserve same.\n")


def test_the_data_are_ascii_text_in_which_no_word_holds_a_separator() -> None:
    words = {word for synset in everything() for word in synset.words}
    assert all(word.isascii() and word.strip() == word and "," not in word for word in words)
    assert all(unicodedata.category(sign)[0] != "C" for sign in set("".join(words)))


def test_a_definition_tells_what_the_words_do_not() -> None:
    cranes = [synset.wnid for synset in CATALOGUE.search("crane") if synset.words[0] == "crane"]
    bird, machine = map(synsets.definition, cranes)
    assert bird == "large long-necked wading bird of marshes and plains in many parts of the world"
    assert machine.startswith("lifts and moves heavy objects; lifting tackle is suspended from")


def test_every_synset_has_a_definition_without_an_example() -> None:
    assert [each.wnid for each in everything() if not synsets.definition(each.wnid)] == []
    assert [each.wnid for each in everything() if '"' in synsets.definition(each.wnid)] == []
    assert synsets.definition("n00000001") == synsets.definition("unknown") == ""


# The script that makes the data


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Import the script as a module, by its path."""
    spec = importlib.util.spec_from_file_location("build_catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Three synsets and two lines of the licence, in the form of data.noun, whose every line ends
# with two spaces.
DATA_NOUN = """\
  1 This software and database is being provided to you, the LICENSEE, by
  2
  3 Princeton University and LICENSEE agrees to preserve same.
00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is
00001930 03 n 01 physical_entity 0 002 @ 00001740 n 0000 ~ 00002684 n 0000 | an entity @ 1
02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 004 @ 00001930 n 0000 @i 00001740 n 0000 \
#m 07994941 n 0000 + 01234567 v 0101 | a member of the genus Canis; "the dog barked" | all night
""".replace("\n", "  \n")
LICENCE = """\
This software and database is being provided to you, the LICENSEE, by

Princeton University and LICENSEE agrees to preserve same.
"""
TABLE = (
    "wnid\twords\thypernyms\tilsvrc2012\tlisted\n"
    "n00001740\tentity\t\t\tno\n"
    "n00001930\tphysical entity\tn00001740\t\tyes\n"
    "n02084071\tdog, domestic dog, Canis familiaris\tn00001930 n00001740\t0\tyes\n"
)

DEFINITIONS = (
    "wnid\tdefinition\n"
    "n00001740\tthat which is\n"
    "n00001930\tan entity @ 1\n"
    "n02084071\ta member of the genus Canis\n"
)


def test_a_line_of_data_noun_gives_words_hypernyms_and_the_definition(script: ModuleType) -> None:
    """Instance hypernyms (@i) count; pointers of other kinds and examples do not."""
    dog = DATA_NOUN.splitlines()[-1]
    words, above = ("dog", "domestic dog", "Canis familiaris"), ("n00001930", "n00001740")
    assert script.parse_noun(dog) == ("n02084071", (words, above, "a member of the genus Canis"))


def test_the_number_of_words_is_hexadecimal(script: ModuleType) -> None:
    words = [f"w{number}" for number in range(17)]
    line = f"00000042 03 n 11 {' '.join(word + ' 0' for word in words)} 001 @ 00001740 n 0000 | x"
    assert script.parse_noun(line) == ("n00000042", (tuple(words), ("n00001740",), "x"))


@pytest.mark.parametrize(
    ("gloss", "definition"),
    [
        ("a fish; of two parts  ", "a fish; of two parts"),
        ('a cow; "the cow is out"; "moo"  ', "a cow"),
        ('female of cattle: "moo"  ', "female of cattle"),
        ("leaps high out of the water;  ", "leaps high out of the water"),
        ("often marketed as `red snapper';  ", "often marketed as `red snapper'"),
    ],
)
def test_a_definition_is_a_gloss_without_examples(
    script: ModuleType, gloss: str, definition: str
) -> None:
    assert script.parse_gloss(gloss) == definition


def test_the_licence_is_the_preamble_without_its_numbers(script: ModuleType) -> None:
    assert script.parse_licence(DATA_NOUN.splitlines()) == LICENCE


def test_the_table_holds_the_listed_synsets_and_those_above(script: ModuleType) -> None:
    nouns = script.parse_nouns(DATA_NOUN.splitlines())
    assert script.table(nouns, ["n00001930"], ["n02084071"]) == TABLE


def test_the_same_text_is_compressed_to_the_same_bytes(script: ModuleType, tmp_path: Path) -> None:
    for name in ("one.gz", "other.gz"):
        script.write_compressed(tmp_path / name, "tench\n")
    written = (tmp_path / "one.gz").read_bytes()
    assert written == (tmp_path / "other.gz").read_bytes()
    assert gzip.decompress(written) == b"tench\n"


def test_the_script_writes_table_definitions_and_licence(
    script: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "data.noun").write_text(DATA_NOUN)
    with zipfile.ZipFile(tmp_path / "timm.whl", "w") as wheel:
        wheel.writestr(script.FALL_2011, "n00001930\n")
        wheel.writestr(script.ILSVRC_2012, "n02084071\n")
    places = ["--data-noun=data.noun", "--timm-wheel=timm.whl", "--output=synsets.tsv.gz"]
    subprocess.run([sys.executable, str(TOOL), *places], cwd=tmp_path, check=True)
    assert gzip.decompress((tmp_path / "synsets.tsv.gz").read_bytes()) == TABLE.encode()
    definitions = gzip.decompress((tmp_path / script.DEFINITIONS_NAME).read_bytes())
    assert definitions == DEFINITIONS.encode()
    assert (tmp_path / script.LICENCE_NAME).read_text() == LICENCE


def test_the_script_names_the_source_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, str(TOOL), "--data-noun=absent.noun"]
    done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"absent.noun is not there; --help shows the commands that fetch it" in done.stderr
