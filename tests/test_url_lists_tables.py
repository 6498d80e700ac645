"""Lists that are tables with columns that cannot be told, or tables in Parquet."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from ck_imagenet.core import url_lists
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.url_lists import Named
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

A, B = "http://a.example/1", "http://b.example/2"
NAME = f"{WNID}_7"


def read(data: bytes, url: str = "", name: str = "") -> list[tuple[str | None, str]]:
    """Return the names and URLs of a list."""
    lines = url_lists.read(io.BytesIO(data), "mine", strict=True, named=Named(url, name))
    return [(str(line.name) if line.name else None, line.url) for line in lines]


def parquet(**columns: list[Any]) -> bytes:
    import pyarrow as pa  # large, and brings pandas: not for who only collects the tests
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def test_the_column_of_urls_is_found_in_parquet() -> None:
    table = parquet(TEXT=["a\tb", "c\nd", None], URL=[f"{A}.jpg", None, B], n=[1, 2, 3])
    assert read(table) == [(None, f"{A}.jpg"), (None, B)]
    assert read(parquet(key=[NAME], url=[A], final_url=[B])) == [(NAME, A)]


def test_texts_of_parquet_stay_in_their_columns_whatever_they_hold() -> None:
    url = f'{A}/a\tb,"c".jpg?d=1;e'
    rows = parquet(Titel=['"open', "a,b", 'c "d"'], Bild=[url, f" {A}", f"{B} "])
    assert read(rows) == [(None, url), (None, A), (None, B)]
    assert [line.number for line in url_lists.read(io.BytesIO(rows), "mine")] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_a_table_may_begin_with_rows_without_a_url(kind: str) -> None:
    """As the links of an export do, if pictures of a copy come first: so many tell no column."""
    keys, urls = [f"{WNID}_{n}" for n in range(300)], [*[None] * 200, *[A] * 100]
    rows = list(zip(keys, urls))
    tables = {
        "parquet": parquet(key=keys, url=urls),
        "csv": "".join(f"{key},{url or ''}\n" for key, url in [("key", "url"), *rows]).encode(),
        "jsonl": "\n".join(json.dumps({"key": key, "url": url}) for key, url in rows).encode(),
    }
    assert read(tables[kind]) == [(key, A) for key in keys[200:]]


def test_a_separator_that_the_head_does_not_have_separates_nothing() -> None:
    rows = "".join(f'{A}.jpg?x={n};y={n},"a ""fish"", {n}"\n' for n in range(3))
    expected = [(None, f"{A}.jpg?x={n};y={n}") for n in range(3)]
    assert read(f"adresse,Titel\n{rows}".encode()) == expected


def test_of_several_columns_the_one_called_url_is_taken() -> None:
    assert read(f"final_url,url\n{A},{B}\n{A},{B}\n".encode()) == [(None, B)] * 2
    assert read(f"final_url\turl\n{A}\t{B}\n".encode()) == [(None, B)]


@pytest.mark.parametrize(
    "table",
    [
        None,
        f"one,other,key,file\n{A},{B},{NAME},n01440764_9\n".encode(),
        f"one\tother\tkey\tfile\n{A}\t{B}\t{NAME}\tn01440764_9\n".encode(),
        f'{{"one":"{A}","other":"{B}","key":"{NAME}","file":"n01440764_9"}}\n'.encode(),
    ],
    ids=["parquet", "csv", "tsv", "jsonl"],
)
def test_columns_that_cannot_be_told_are_named(table: bytes | None) -> None:
    table = table or parquet(one=[A], other=[B], key=[NAME], file=["n01440764_9"])
    with pytest.raises(BadInput, match=r"2 URLs: leave one in each line, or add --url-col$"):
        read(table)
    assert read(table, "other", "key") == [(NAME, B)]
    assert read(table, "one", "file") == [("n01440764_9", A)]
    with pytest.raises(BadInput, match=r'no column has the name "links" in its first line$'):
        read(table, "links")


def test_parquet_that_is_damaged_is_refused_with_a_sentence() -> None:
    """Whatever becomes of its bytes: it is read, or refused as damaged or no list."""
    whole = parquet(URL=[f"http://a.example/{n}.jpg" for n in range(3_000)])
    drawn = random.Random(1)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(drawn.randrange(1, 6)):
            damaged[drawn.randrange(4, len(damaged))] = drawn.randrange(256)
        try:
            read(bytes(damaged))
        except BadInput as error:
            refused += 1
            assert str(error).startswith('the list "mine" ')
    assert refused > 100
    for data in (b"PAR1", b"PAR1" + bytes(99), whole[:-9]):
        with pytest.raises(BadInput, match="not a Parquet file"):
            read(data)


def packed(texts: list[str], rows: list[int]) -> bytes:
    """Return a table of texts by their positions, in which each stands once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file, shared = io.BytesIO(), pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32()), texts)
    pq.write_table(pa.table({"url": shared}), file, compression="zstd", store_schema=False)
    assert len(file.getvalue()) < 200_000
    return file.getvalue()


def test_a_small_file_that_unpacks_to_much_is_refused_before_that() -> None:
    texts = [f"{A}?{n}".ljust(10_000_000) for n in range(28)]
    with pytest.raises(BadInput, match="256 MB of text"):
        read(packed(texts, list(range(28))))


def test_a_long_text_that_many_rows_share_is_passed_over() -> None:
    """Written out, it would be 30 GB."""
    table = packed([A.ljust(30_000_000, "x"), B], [0] * 1_000 + [1] * 1_000)
    assert read(table) == [(None, B)] * 1_000


def test_links_of_an_export_are_a_list_that_download_reads(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(WNID, number, "good") for number in (3, 5)]
    web.set_links(WNID, links)
    terminal.says("download", f"imagenet:{WNID}", "--quiet", "--outdir=first")
    for layout, file in (("links", "links.csv"), ("links-parquet", "links.parquet")):
        terminal.says(
            "export", "imagenet", f"--layout={layout}", f"--to={layout}", "--outdir=first"
        )
        urls = f"--urls={layout}/{file}"
        terminal.says("download", "imagenet", urls, f"--outdir=from {layout}", "--quiet")
        found = (terminal.folder / f"from {layout}" / WNID).glob("*.jpg")
        assert sorted(path.stem for path in found) == [f"{WNID}_3", f"{WNID}_5"]


def test_the_column_of_urls_is_named_on_the_command_line(terminal: Terminal) -> None:
    (terminal.folder / "mine.parquet").write_bytes(parquet(one=[A], other=[B], key=[NAME]))
    given = ("geturls", "imagenet", "--urls=mine.parquet", "--mapping")
    said = terminal.says(*given, "--url-col=other")
    assert said == f"{NAME}\t{B}\n"
    assert "add --url-col" in terminal.refuses(*given)
    refused = terminal.refuses("geturls", "imagenet", f"--wnid={WNID}", "--url-col=other")
    assert refused == "--url-col needs --urls: give both, or neither"


def test_without_pyarrow_a_list_in_parquet_names_that_package(terminal: Terminal) -> None:
    hidden = "import sys; sys.modules['pyarrow'] = None"
    (terminal.folder / "sitecustomize.py").write_text(hidden)
    terminal.environment["PYTHONPATH"] = str(terminal.folder)
    (terminal.folder / "mine.parquet").write_bytes(parquet(url=[A]))
    said = terminal.refuses("geturls", "imagenet", "--urls=mine.parquet")
    assert said.startswith('the Python package "pyarrow" is missing; ')
    assert said.endswith("-m pip install pyarrow")
