"""Which number a picture has."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import LARGEST_NUMBER, ImageName
from ck_imagenet.core.url_lists import Line
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.numbering import KeptNames, Link, by_number, number
from ck_imagenet.storage.records import Record
from hypothesis import given
from hypothesis import strategies as st

WNID = "n01440764"


def plain(*urls: str) -> list[Line]:
    """Return a list of URLs alone; an empty text is a blank line."""
    return [Line(place, None, url) for place, url in enumerate(urls) if url]


def named(**numbers: int) -> list[Line]:
    """Return a list with names."""
    return [
        Line(place, ImageName(WNID, number), url)
        for place, (url, number) in enumerate(numbers.items())
    ]


def settled(outcome: Outcome = Outcome.SAVED, **numbers: int) -> dict[str, Record]:
    """Return the records of URLs that are settled."""
    return {
        url: Record(ImageName(WNID, number), url, outcome, "2020")
        for url, number in numbers.items()
    }


def numbered(
    lines: Iterable[Line],
    kept: Mapping[str, int] | None = None,
    records: Mapping[str, Record] | None = None,
) -> dict[str, int]:
    """Return the numbers that URLs get, in the list's order."""
    links = number(WNID, lines, kept or {}, records or {})
    assert all(link.name.wnid == WNID for link in links)
    return {link.url: link.name.number for link in links}


def test_a_list_without_a_url_has_no_links() -> None:
    assert number(WNID, [], {"a": 1}, settled(b=2)) == []


def test_a_name_gives_the_true_number() -> None:
    assert number(WNID, named(a=9981), {}, {}) == [Link(ImageName(WNID, 9981), "a")]


def test_a_url_alone_takes_the_number_of_its_line() -> None:
    """Blank and odd lines count."""
    assert numbered(plain("a", "", "b", "", "", "c")) == {"a": 0, "b": 2, "c": 5}


def test_a_url_alone_takes_the_number_under_which_it_is_known_here() -> None:
    assert numbered(plain("a", "b", "c"), kept={"b": 9981}) == {"a": 0, "b": 9981, "c": 2}


def test_a_line_whose_number_is_known_of_another_url_comes_above_all() -> None:
    assert numbered(plain("a", "b", "c"), kept={"x": 1, "y": 70}) == {"a": 0, "b": 71, "c": 2}


def test_a_line_that_gives_way_does_not_drive_out_the_next() -> None:
    assert numbered(plain("a", "b", "c"), kept={"x": 0}) == {"a": 3, "b": 1, "c": 2}


def test_a_name_that_gives_way_does_not_drive_out_the_next() -> None:
    links = numbered(named(a=5, b=6, c=7), records=settled(x=5))
    assert links == {"a": 8, "b": 6, "c": 7}


def test_each_url_comes_once_and_a_line_with_a_name_counts_more() -> None:
    lines = [*plain("a", "b", "a"), Line(3, ImageName(WNID, 7), "b"), Line(4, None, "b")]
    assert numbered(lines) == {"a": 0, "b": 7}


def test_of_two_names_of_one_url_the_first_counts() -> None:
    lines = [*named(a=3), Line(1, ImageName(WNID, 4), "a"), *named(b=4)]
    assert numbered(lines) == {"a": 3, "b": 4}


def test_of_two_urls_with_one_name_the_first_has_it() -> None:
    lines = [*named(a=3), *named(b=3)]
    assert numbered(lines) == {"a": 3, "b": 4}


def test_the_true_number_counts_more_than_a_guess() -> None:
    """The service's list first, a list with names second, and nothing fetched in between."""
    guessed = numbered(plain("a", "b", "c"))
    assert numbered(named(c=0, a=1, b=9981), kept=guessed) == {"c": 0, "a": 1, "b": 9981}


@pytest.mark.parametrize("outcome", [Outcome.SAVED, Outcome.GONE])
def test_what_is_settled_keeps_its_number_whatever_a_later_list_says(outcome: Outcome) -> None:
    records = settled(outcome, a=0, b=1)
    assert numbered(named(a=50, b=51, c=52), records=records) == {"a": 0, "b": 1, "c": 52}
    assert numbered(named(c=0), records=records) == {"c": 2}


def test_a_failure_gives_its_number_up_to_a_picture_that_is_here_under_it() -> None:
    """Such as one that the user put there himself: asking again must not overwrite it."""
    records = {**settled(Outcome.BUSY, a=7), **settled(mine=7)}
    assert numbered(plain("", "a"), records=records) == {"a": 1}
    assert numbered(named(a=7), records=records) == {"a": 8}


def test_a_picture_that_is_known_by_its_name_holds_its_number_and_what_failed_so_does_not() -> None:
    saved, failed = Outcome.SAVED, Outcome.DUPLICATE
    records = {**settled(saved, n01440764_5=5), **settled(failed, n01440764_6=6)}
    assert numbered(named(a=5, b=6), records=records) == {"a": 7, "b": 6}


def test_the_services_list_first_and_one_with_names_second_have_every_picture_once() -> None:
    first = numbered(plain("a", "b", "c", "d"))
    fetched = settled(a=first["a"], c=first["c"])
    second = numbered(named(d=0, c=1, b=2, a=3, e=9), first, fetched)
    assert second == {"d": 3, "c": 2, "b": 1, "a": 0, "e": 9}


def test_numbers_and_names_are_kept_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    kept = KeptNames(path)
    assert kept.numbers == {}
    lines = [*named(**{"http://a/ü x": 3}), *plain("", "https://b")]
    kept.keep(WNID, number(WNID, lines, {}, {}), lines)
    assert path.read_bytes() == b"3\tn01440764_3\thttp://a/\xfc x\n1\thttps://b\n"
    assert KeptNames(path).numbers == {"http://a/ü x": 3, "https://b": 1}
    assert KeptNames(path).true == {"http://a/ü x": 3}


def test_imagenets_own_numbers_are_known_beside_those_here(tmp_path: Path) -> None:
    """As after a list without names, downloads, and then one with names."""
    path = tmp_path / "names.tsv"
    records = settled(Outcome.SAVED, **{"http://a": 0})
    for lines in (plain("http://a", "http://b"), named(**{"http://a": 9981, "http://c": 7})):
        kept = KeptNames(path)
        kept.keep(WNID, number(WNID, lines, kept.numbers, records), lines)
    kept = KeptNames(path)
    assert kept.numbers == {"http://a": 0, "http://b": 1, "http://c": 7}
    assert kept.true == {"http://a": 9981, "http://c": 7}
    assert by_number(kept.true) == {9981: "http://a", 7: "http://c"}
    assert by_number({"x": 1, "y": 1}) == {1: "x"}


def test_nothing_is_written_when_nothing_is_new(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    lines = plain("http://a", "http://b")
    links = number(WNID, lines, {}, {})
    KeptNames(path).keep(WNID, links, lines)
    written = path.stat().st_mtime_ns, path.stat().st_ino
    KeptNames(path).keep(WNID, links[:1], lines[:1])
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == written


def test_what_a_shorter_list_lacks_stays_known(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    for lines in (plain("http://a", "http://b"), plain("http://c")):
        kept = KeptNames(path)
        kept.keep(WNID, number(WNID, lines, kept.numbers, {}), lines)
    assert KeptNames(path).numbers == {"http://a": 0, "http://b": 1, "http://c": 2}


def test_a_guess_is_forgotten_when_a_name_gives_its_number_to_another(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    guessed, true = plain("http://a", "http://b"), named(**{"http://c": 1})
    for lines in (guessed, true):
        kept = KeptNames(path)
        kept.keep(WNID, number(WNID, lines, kept.numbers, {}), lines)
    assert KeptNames(path).numbers == {"http://a": 0, "http://c": 1}


def test_no_url_can_make_the_kept_names_unreadable(tmp_path: Path) -> None:
    """A list that is given may be packed; the kept one is not, whatever its bytes look like."""
    path = tmp_path / "names.tsv"
    url = "http://a/".ljust(257 - len("0\t"), "x") + "ustar"
    long = "http://a/" + "x" * 65_520
    lines = plain(url, long)
    KeptNames(path).keep(WNID, number(WNID, lines, {}, {}), lines)
    assert KeptNames(path).numbers == {url: 0, long: 1}


URLS = st.sampled_from([f"http://a/{place}" for place in range(8)])
NUMBERS = st.integers(0, 9)
NAMES = st.none() | st.builds(ImageName, st.just(WNID), NUMBERS)
LISTS = st.lists(st.tuples(NAMES, URLS), max_size=10).map(
    lambda pairs: [Line(place, name, url) for place, (name, url) in enumerate(pairs)]
)
OUTCOMES = st.sampled_from([Outcome.SAVED, Outcome.GONE, Outcome.BUSY])


@st.composite
def states(draw: st.DrawFn) -> dict[str, Record]:
    """Return records as runs leave them: no number twice."""
    numbers = draw(st.dictionaries(URLS, NUMBERS, max_size=5))
    unique = {number: url for url, number in numbers.items()}
    return {
        url: Record(ImageName(WNID, number), url, draw(OUTCOMES), "2020")
        for number, url in unique.items()
    }


@given(lines=LISTS, kept=st.dictionaries(URLS, NUMBERS), records=states())
def test_every_url_comes_once_no_number_twice_and_what_is_settled_stays(
    lines: list[Line], kept: dict[str, int], records: dict[str, Record]
) -> None:
    links = number(WNID, lines, kept, records)
    assert [link.url for link in links] == list(dict.fromkeys(line.url for line in lines))
    numbers = {link.url: link.name.number for link in links}
    everywhere = {**{url: record.name.number for url, record in records.items()}, **numbers}
    assert len(set(everywhere.values())) == len(everywhere)
    for url, record in records.items():
        assert numbers.get(url, record.name.number) == record.name.number


@given(data=st.data(), lines=LISTS, kept=st.dictionaries(URLS, NUMBERS), records=states())
def test_a_rerun_gives_every_url_the_same_number_wherever_the_first_run_ended(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    lines: list[Line],
    kept: dict[str, int],
    records: dict[str, Record],
) -> None:
    path = tmp_path_factory.getbasetemp() / "names.tsv"
    path.unlink(missing_ok=True)
    names = KeptNames(path)
    names.numbers = dict(kept)
    links = number(WNID, lines, kept, records)
    names.keep(WNID, links, lines)
    done = data.draw(st.lists(st.sampled_from(links), unique=True) if links else st.just([]))
    progress = dict(records)
    for link in done:
        progress[link.url] = Record(link.name, link.url, data.draw(OUTCOMES), "2021")
    again = names if names.numbers == kept else KeptNames(path)
    assert number(WNID, lines, again.numbers, progress) == links


def test_at_the_end_of_all_numbers_a_free_one_is_taken() -> None:
    """A number of ten digits would be no picture's name."""
    largest = ImageName(WNID, LARGEST_NUMBER)
    lines = [Line(0, largest, "http://a/1"), Line(1, largest, "http://a/2")]
    given = [link.name.number for link in number(WNID, lines, {}, {})]
    assert given == [LARGEST_NUMBER, 0]


def test_a_number_that_no_picture_has_is_not_known(tmp_path: Path) -> None:
    """As where a file is damaged: the URL is numbered anew."""
    lines = [b"9" * 5000 + b"\thttp://a/1", b"9999999999\thttp://a/2", b"7\thttp://a/3"]
    (tmp_path / "names.tsv").write_bytes(b"\n".join(lines) + b"\n")
    assert KeptNames(tmp_path / "names.tsv").numbers == {"http://a/3": 7}


def test_all_that_is_known_is_a_list_in_the_order_of_numbers(tmp_path: Path) -> None:
    names = KeptNames(tmp_path / "names.tsv")
    links = [Link(ImageName(WNID, number), f"http://a/{number}") for number in (3, 1)]
    names.keep(WNID, links, [Line(0, ImageName(WNID, 8), "http://a/3")])
    odd = ("n01440764_5", "http://a/\n", "http://a/\u20ac", " http://a/x", "ftp://a/")
    urls = ["http://a/2", "http://a/1", *odd]
    told = [Record(ImageName(WNID, 2), url, Outcome.GONE, "2020") for url in urls]
    assert names.lines(WNID, told) == [
        Line(1, None, "http://a/1"),
        Line(2, None, "http://a/2"),
        Line(3, ImageName(WNID, 8), "http://a/3"),
    ]


def test_a_list_that_is_made_up_is_in_the_order_of_numbers_not_of_urls(tmp_path: Path) -> None:
    names = KeptNames(tmp_path / "names.tsv")
    names.keep(WNID, number(WNID, plain("http://b", "http://a"), {}, {}), [])
    assert [line.url for line in names.lines(WNID)] == ["http://b", "http://a"]


def test_a_list_tells_more_of_imagenets_own_numbers_than_is_kept(tmp_path: Path) -> None:
    names = KeptNames(tmp_path / "names.tsv")
    names.keep(WNID, [], named(**{"http://a": 3, "http://b": 4}))
    lines = [*named(**{"http://c": 4, "http://d": 5}), *plain("http://e")]
    assert names.urls(lines) == {3: "http://a", 4: "http://c", 5: "http://d"}


def test_the_names_of_a_synset_are_kept_with_its_state(tmp_path: Path) -> None:
    synset_store = FolderStore(tmp_path).synset(WNID)
    synset_store.create()
    lines = plain("http://a")
    KeptNames.of(synset_store).keep(WNID, number(WNID, lines, {}, {}), lines)
    assert KeptNames.of(synset_store).numbers == {"http://a": 0}
    assert (synset_store.state / "names.tsv").read_bytes() == b"0\thttp://a\n"
