"""Lists of URLs that are tables: which column holds the URLs, and which the names of pictures.

The first lines tell it. A table is CSV with commas, semicolons, tabs or bars, with a head or
without, or a JSON object a line. What may be URLs alone is no table: URLs hold commas, blanks and
tabs too.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, deque
from itertools import chain, islice
from typing import Callable, Iterator, NamedTuple, Optional, Sequence, Tuple

from .text import ImageName, is_wnid, parse_image_name, readable

Parsed = Optional[Tuple[Optional[ImageName], str]]
"""The name of a picture, if there is one, and a URL; None for a line without a URL."""

SAMPLE_LINES = 100
SAMPLE_BYTES = 2**18
"""Lines and bytes of a list's beginning, by which its form is told; also of one row."""

_ENDS_IN_QUOTES = "unexpected end of data"
"""What `csv` says of a row whose last field goes on in the next line."""

_HOLDS_URL = re.compile(r"(?i)https?:[/\\]")
_EXTENSION = r"\.(?:jpe?g|png|gif|bmp|webp|tiff?)"
_PICTURE_ADDRESS = re.compile(rf"(?i).*{_EXTENSION}(?:[?#].*)?", re.DOTALL)
_NAMED = re.compile(rf"(?i)(?:.*[/\\])?([^/\\]+?)(?:{_EXTENSION})?", re.DOTALL)
_ADDRESS = re.compile(r"(?i)https?://[!-.0-~]+/[!-~\x80-\xff]*")
_WORD = re.compile("[A-Za-z]{2}")
_PAGE_TEXT = re.compile(r"(?i)<(?:!doctype|html|head|body|\?xml)\b")
_ARRAY = re.compile(r"""\[\s*(?:["'{[].*)?""", re.DOTALL)
_BEFORE_URLS = re.compile("[ \t]+(?=https?://)", re.IGNORECASE)
"""What separates URLs in one line."""
_FILES = (
    ("PK\3\4", "a ZIP archive: unpack it, or save the spreadsheet as CSV"),
    ("BZh", "a bzip2 file: unpack it"),
    ("\xfd7zXZ\0", "an xz file: unpack it"),
    ("7z\xbc\xaf", "a 7z archive: unpack it"),
    ("(\xb5/\xfd", "a zstd file: unpack it"),
    ("%PDF-", "a PDF: save the list as a text file"),
)
"""How files of other forms begin, and what their user can do."""
_SEPARATOR = re.compile("(?i)sep=.")
"""What spreadsheets write in the first line to tell their separator."""
_TITLE = re.compile("(?i)url|link|src|image|picture|photo|address|href")
_LONGEST_TITLE = 40
_MOSTLY = 0.9
"""The share of a table's first rows that must be alike."""


def is_url(text: str) -> bool:
    """Say whether `text` is a URL of http or https; its slashes may be backslashes."""
    return text[:7].lower().startswith(("http:/", "https:/", "http:\\", "https:\\"))


def name_in(text: str) -> ImageName | None:
    """Return the name of a picture, also from a file's path, or None: `W/W_1.JPEG` is `W_1`."""
    name = parse_image_name(text)  # as in nearly all lists
    match = None if name else _NAMED.fullmatch(text)
    return parse_image_name(match[1]) if match else name


def parse_line(line: bytes) -> tuple[ImageName | None, str] | None:
    """Return the name (or None) and the URL of a line; None for a line without a URL."""
    text = line.decode("latin-1").strip(" \t\r\n")
    if is_url(text):
        return None, text
    name, separator, url = _split_once(text)
    parsed = name_in(name) if separator else None
    url = url.lstrip(" \t")
    return (parsed, url) if parsed and is_url(url) else None


def _split_once(text: str) -> tuple[str, str, str]:
    """Split at the first space or tab: URLs may hold either."""
    return text.partition("\t" if "\t" in text.partition(" ")[0] else " ")


class Named(NamedTuple):
    """The columns that the user names; empty where they are to be told from the first lines."""

    url: str = ""
    name: str = ""


def recognise_table(head: Sequence[bytes], named: Named = Named()) -> Table | None:  # noqa: B008
    """Return the form of a list that is a table, None if it is no table.

    Parameters
    ----------
    head : sequence of bytes
        The first lines.
    named : Named, optional
        The columns that the user names.

    Raises
    ------
    ValueError
        If nobody can tell its URLs: it is a web page, a file of another form, or an unclear table.
    """
    first = _text(next(filter(bytes.strip, head), b""))
    delimited = [_DelimitedSplitter(each) for each in "\t;,|"]
    delimited.sort(key=lambda split: len(split(first)) < 2)
    for split in (_JsonSplitter(), *delimited, _NameLastSplitter(), _CaptionSplitter()):
        told = [
            (at, _text(line))
            for at, line in enumerate(split.joined(iter(head)))
            if line.strip() and line[:1] != b"#"
        ]
        told = told[1:] if told and _SEPARATOR.fullmatch(told[0][1]) else told
        _refuse_others(*told[0] if told else (0, ""))
        rows = [_Row(at, text, split(text)) for at, text in told]
        table = _named_table(rows, split, named) if any(named) else _infer_table(rows, split)
        if table:
            return table
    if any(named):
        raise ValueError(f'no column has the name "{named.url or named.name}" in its first line')
    return None


def _named_table(rows: Sequence[_Row], split: _Splitter, named: Named) -> Table | None:
    """Return the form of the table whose head has the columns that the user names."""
    titles = split.titles(rows[0].fields) if rows else []
    if not all(not each or each in titles for each in named):
        return None
    body = [row for row in rows[0 if split.is_sure else 1 :] if len(row.fields) == len(titles)]
    columns = [[row.fields[index] for row in body] for index in range(len(titles))]
    url = titles.index(named.url) if named.url else _url_column(columns, rows[0])
    if url is None:
        raise ValueError(f"no column has URLs; the columns are {', '.join(titles)}")
    names = [] if named.name or not body else _name_columns(columns, url, rows[0])
    name = titles.index(named.name) if named.name else next(iter(names), None)
    return Table(split, len(titles), url, name)


def _refuse_others(at: int, first: str) -> None:
    """Refuse what is no list of lines, by the beginning of its first line."""
    if _PAGE_TEXT.match(first):
        raise ValueError(f"line {at + 1} begins a web page, not a list of URLs")
    if _ARRAY.fullmatch(first):
        raise ValueError(f"line {at + 1} begins a JSON array: write each URL on its own line")
    for beginning, what in _FILES:
        if first.startswith(beginning):
            raise ValueError(f"line {at + 1} begins {what}")


class _Splitter:
    """Splits a line into its columns."""

    is_sure = False
    """Whether all that it can split is surely a table."""
    separator = " "
    """What stands between two columns."""

    def __call__(self, text: str) -> list[str]:
        raise NotImplementedError

    def joined(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yield one row for each line; a row of several lines is followed by empty rows."""
        return lines

    def titles(self, first: list[str]) -> list[str]:
        """Return the names of columns, given the first row."""
        return first


class _DelimitedSplitter(_Splitter):
    """Splits CSV as spreadsheets write it."""

    def __init__(self, separator: str) -> None:
        self.separator = separator

    def __call__(self, text: str) -> list[str]:
        try:
            (row,) = csv.reader([text], delimiter=self.separator)
        except (csv.Error, ValueError):
            return []
        return [field.strip(" \t") for field in row]

    def joined(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        ahead: deque[bytes] = deque()
        for line in chain.from_iterable(iter(lambda: _next(ahead, lines), [])):
            more = self._rest_of(line, ahead, lines)
            yield b"\n".join([line, *(ahead.popleft() for _ in range(more))])
            yield from [b""] * more

    def _rest_of(self, line: bytes, ahead: deque[bytes], lines: Iterator[bytes]) -> int:
        """Return how many further lines a row has, into which a quoted field goes on.

        It has none if a quote stands alone, so that it only looks so.
        """
        if not line.count(b'"') % 2 or self._fault(line) != _ENDS_IN_QUOTES:
            return 0
        row = line
        for count in range(1, SAMPLE_LINES):
            if count > len(ahead):
                ahead.extend(islice(lines, 1))
            if count > len(ahead) or len(row) > SAMPLE_BYTES:
                break
            row += b"\n" + ahead[count - 1]
            if not row.count(b'"') % 2:
                return 0 if self._fault(row) else count
        return 0

    def _fault(self, row: bytes) -> str:
        """Return what the strict reader of `csv` says against a row, nothing if it takes it."""
        try:
            list(csv.reader([_text(row)], delimiter=self.separator, strict=True))
        except (csv.Error, ValueError) as error:
            return str(error)
        return ""


class _JsonSplitter(_Splitter):
    """Splits a JSON object into its values, in the order of the names of the first object."""

    is_sure = True

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()

    def titles(self, first: list[str]) -> list[str]:
        return list(self._names)

    def __call__(self, text: str) -> list[str]:
        if not text.startswith("{"):
            return []
        try:
            told = json.loads(text.encode("latin-1"))
        except (ValueError, RecursionError):
            return []
        self._names = self._names or tuple(told)
        values = (str(told.get(name) or "").strip(" \t") for name in self._names)
        return [value.encode("utf-8", "surrogatepass").decode("latin-1") for value in values]


class _CaptionSplitter(_Splitter):
    """Splits a picture's URL from a caption behind its first blank, or several URLs."""

    def __call__(self, text: str) -> list[str]:
        if not is_url(text):
            return []
        url, *others = _BEFORE_URLS.split(text)
        if others:
            return [url, *others]
        url, blank, more = text.partition(" ")
        return [url, more.lstrip(" ")] if blank and _PICTURE_ADDRESS.fullmatch(url) else []


class _NameLastSplitter(_Splitter):
    """Splits a URL from a picture's name behind the last blank."""

    def __call__(self, text: str) -> list[str]:
        url, blank, name = text.rpartition(" ")
        return [url.rstrip(" "), name] if blank and name_in(name) else []


def _next(ahead: deque[bytes], lines: Iterator[bytes]) -> list[bytes]:
    """Return the next line in a list, an empty list if there is no more."""
    return [ahead.popleft()] if ahead else list(islice(lines, 1))


class _Row(NamedTuple):
    """A line among the first ones of a list."""

    at: int
    """The number of the line, from 0."""
    text: str
    fields: list[str]

    @property
    def is_quoted(self) -> bool:
        return self.text.startswith('"') and self.text.endswith('"') and len(self.text) > 1


class Table(NamedTuple):
    """The form of a table: how rows are split, and which columns are the URL and the name."""

    split: _Splitter
    width: int
    url: int
    name: int | None

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yield one row for each line; a row of several lines is followed by empty rows."""
        return self.split.joined(lines)

    def is_empty(self, line: bytes) -> bool:
        """Say whether a line is a row whose URL is empty."""
        fields = self.split(_text(line))
        return len(fields) == self.width and not fields[self.url]

    def parse(self, line: bytes) -> Parsed:
        """Return the name and the URL of a row, None if it has no URL."""
        fields = self.split(_text(line))
        if len(fields) <= max(self.url, self.name or 0):
            return parse_line(line)  # no row, but perhaps a line with a URL alone
        url, more = fields[self.url], len(fields) - self.width
        if more > 0 and not _PICTURE_ADDRESS.fullmatch(url):
            # A URL that is not quoted may hold the separator of columns.
            whole = self.split.separator.join(fields[self.url : self.url + more + 1])
            url = whole if _PICTURE_ADDRESS.fullmatch(whole) else url
        name = None if self.name is None else name_in(fields[self.name])
        is_whole = is_url(url) and (name or self.name is None)
        return (name, url) if is_whole else None


def _infer_table(rows: Sequence[_Row], split: _Splitter) -> Table | None:
    """Return the form of the table of these rows, None if it is not sure that they are one."""
    headed = len(rows) > 1 and _titles(rows[0].fields)
    body, width = _body(rows, split, headed)
    columns = [[row.fields[index] for row in body] for index in range(width)]
    url = _url_column(columns, body[0], split.titles(rows[0].fields)) if body else None
    if url is None:
        return None
    names = _name_columns(columns, url, body[0])
    table = Table(split, width, url, names[0] if names else None)
    if names == [0] and (width, url, split.separator) == (2, 1, "\t"):
        lines = [row.text.encode("latin-1") for row in body]
        is_plain = all(parse_line(line) or not table.parse(line) for line in lines)
        return None if is_plain else table  # plain lines are read faster
    is_told = split.is_sure or headed or all(row.is_quoted for row in body)
    if is_told or any(name > url for name in names):
        return table
    width = _sure_width(table, body, columns[url])
    return table._replace(width=width) if width else None


def _body(rows: Sequence[_Row], split: _Splitter, headed: bool) -> tuple[list[_Row], int]:
    """Return the rows with all columns, and the number of columns; no rows if most do not split."""
    holding = [row for row in rows if _HOLDS_URL.search(row.text)]
    body = list(rows if split.is_sure or rows[:1] == holding[:1] else rows[1:])
    if headed or split.is_sure:
        body = holding or body  # the first rows may have no URL
    split_up = [r for r in body if len(r.fields) > 1 or r.is_quoted or (split.is_sure and r.fields)]
    if not body or len(split_up) < _MOSTLY * len(body):
        return [], 0
    widths = Counter(len(row.fields) for row in split_up)
    width = max(widths, key=lambda width: (widths[width], -width))
    return [row for row in split_up if len(row.fields) >= width], width


def _name_columns(columns: Sequence[Sequence[str]], url: int, first: _Row) -> list[int]:
    """Return the indices of the columns with names; raise ValueError if only synsets are named."""
    names = [n for n in range(url) if any(map(name_in, columns[n]))]
    names += [n for n in range(url + 1, len(columns)) if _mostly(name_in, columns[n])]
    if not names and any(_mostly(is_wnid, column) for column in columns):
        raise ValueError(
            f"line {first.at + 1} has a synset, and no picture's name such as n01440764_9981: "
            "write such names, or leave that column out"
        )
    return names


def _sure_width(table: Table, body: Sequence[_Row], urls: Sequence[str]) -> int:
    """Return the sure columns of a table that only its URLs tell, 0 if it may be URLs alone."""
    rests = [row.text.partition(row.fields[table.url])[2] for row in body]
    width = table.width
    if any(map(_PICTURE_ADDRESS.fullmatch, rests)):
        width = table.url + 1  # the rests are the ends of URLs
    if width > table.url + 1:
        return width if _are_captions(urls, rests, table.split.separator) else 0
    return width if table.url > 0 else 0


def _url_column(
    columns: Sequence[Sequence[str]], first: _Row, titles: Sequence[str] = ()
) -> int | None:
    """Return the index of the column of URLs, None if there is none; the one called `url` first."""
    urls = [index for index, column in enumerate(columns) if _mostly(is_url, column)]
    called = [n for n, title in zip(range(len(columns)), titles) if title.lower() == "url"]
    called = [index for index in called if index in urls or not any(columns[index])]
    urls = called if len(called) == 1 else urls
    if len(urls) > 1:
        urls = [
            index for index in urls if _mostly(_PICTURE_ADDRESS.fullmatch, columns[index])
        ] or urls
    if len(urls) > 1:
        raise ValueError(
            f"line {first.at + 1} has {len(urls)} URLs: leave one in each line, or add --url-col"
        )
    return urls[0] if urls else None


def _are_captions(urls: Sequence[str], rests: Sequence[str], separator: str) -> bool:
    """Say whether the text behind URLs is no part of them, although URLs may hold anything."""
    if any(map(_PICTURE_ADDRESS.fullmatch, rests)) or not all(map(_ADDRESS.fullmatch, urls)):
        return False
    are_pictures = all(map(_PICTURE_ADDRESS.fullmatch, urls)) and not any(
        "?" in url for url in urls
    )
    if are_pictures or separator == " ":
        return are_pictures and (separator != " " or len(urls) > 1)
    if not all(readable(rest[1:]).isprintable() for rest in rests):
        return False
    if len(urls) > 1 and not any(rest.strip(f'" {separator}') for rest in rests):
        return True  # an empty column
    are_words = all(map(_WORD.search, rests))
    if separator == "\t":
        return are_words or len(urls) > 1
    return are_words and len(urls) > 1 and all(" " in rest for rest in rests)


def _titles(fields: Sequence[str]) -> bool:
    """Say whether a row is the head of a table."""
    is_short = len(fields) > 1 and all(len(each) < _LONGEST_TITLE for each in fields)
    return is_short and not any(map(is_url, fields)) and any(map(_TITLE.search, fields))


def _mostly(test: Callable[[str], object], column: Sequence[str]) -> bool:
    return sum(bool(test(field)) for field in column) >= _MOSTLY * len(column)


def _text(line: bytes) -> str:
    return line.decode("latin-1").strip("\r\n ")
