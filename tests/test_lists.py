"""Lists that are kept with their synsets."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ck_imagenet.core.errors import NoList, StoreError
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.url_lists import Line
from ck_imagenet.sources import lists
from ck_imagenet.sources.lists import KeptListSource, SynsetList
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.store import SynsetStore
from hypothesis import given
from hypothesis import strategies as st

WNID = "n01440764"
LINES = [
    Line(2, ImageName(WNID, 9981), "http://a.example/b,c d.jpg"),
    Line(5, None, "http://b/\xe9"),
]
FOUND = SynsetList(WNID, "http://www.image-net.org/api?wnid=n01440764", LINES, "imagenet")

URLS = st.text(st.characters(max_codepoint=255, blacklist_characters="\n"), max_size=20).map(
    lambda text: f"http://{text}".strip(" \t\r")
)
NAMES = st.none() | st.builds(ImageName, st.just(WNID), st.integers(0, 999_999_999))


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.fixture
def place(store: FolderStore) -> SynsetStore:
    made = store.synset(WNID)
    made.create()
    return made


def test_without_a_list_there_is_none(store: FolderStore) -> None:
    assert lists.kept(store.synset(WNID)) is None
    with pytest.raises(NoList):
        KeptListSource(store).find(WNID)
    assert KeptListSource(store).state_of(WNID) == f"no list of {WNID}"


def test_the_lines_of_a_kept_list_are_counted_without_reading_them(place: SynsetStore) -> None:
    assert (lists.is_kept(place), lists.count(place)) == (False, 0)
    lists.keep(place, FOUND)
    assert (lists.is_kept(place), lists.count(place)) == (True, len(LINES))


def test_a_kept_list_tells_who_gave_it_and_when(place: SynsetStore, store: FolderStore) -> None:
    lists.keep(place, FOUND)
    known = lists.kept(place)
    assert known
    assert (known.found, len(known.time)) == (FOUND, len("2026-01-01T00:00:00Z"))
    since = known.time[:10]
    assert KeptListSource(store).state_of(WNID) == f"2 URLs of {WNID}, from imagenet, since {since}"


@given(st.lists(st.tuples(st.integers(0, 50), NAMES, URLS), max_size=8))
def test_every_line_comes_back_with_its_number_its_name_and_its_bytes(
    lines: list[tuple[int, ImageName | None, str]],
) -> None:
    numbered = {number: Line(number, name, url) for number, name, url in lines}
    found = FOUND._replace(lines=[numbered[number] for number in sorted(numbered)])
    with TemporaryDirectory() as folder:
        place = FolderStore(Path(folder)).synset(WNID)
        place.create()
        lists.keep(place, found)
        known = lists.kept(place)
    assert (known.found if known else found._replace(lines=[])) == found


def test_a_list_from_the_place_that_is_wished_is_found_and_needs_no_keeping(
    place: SynsetStore, store: FolderStore
) -> None:
    lists.keep(place, FOUND)
    for wish in ("", "imagenet"):
        assert KeptListSource(store, wish).find(WNID) == FOUND._replace(obtained_by="")
    with pytest.raises(NoList):
        KeptListSource(store, "wayback").find(WNID)


@pytest.mark.parametrize(
    "content", ["", "{", "5\nhttp://a/", "{}\nhttp://a/", '{"source": "x", "obtained_by": "y"}']
)
def test_what_is_no_kept_list_is_as_if_there_were_none(place: SynsetStore, content: str) -> None:
    (place.state / "list.txt").write_text(content)
    assert lists.kept(place) is None


def test_a_list_in_a_newer_form_is_refused(place: SynsetStore) -> None:
    (place.state / "list.txt").write_text('{"format": 2}\n')
    with pytest.raises(StoreError, match="Upgrade with"):
        lists.kept(place)
