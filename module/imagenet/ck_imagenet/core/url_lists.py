"""Lists of URLs: bytes in, numbered lines out, lazily.

A line is a URL alone (image-net.org's `geturls`), or a name and a URL with a space between them
(its `getmapping`) or a tab (`fall11_urls.txt`), or a row of a table with a column of URLs.

A URL is text with a character for each byte (Latin-1), since lists mix encodings. So nothing is
lost, and what is asked is what the list holds.
"""

from __future__ import annotations

import glob
import io
import json
import re
import zlib
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, BinaryIO, Iterable, Iterator, NamedTuple

from . import columns
from .columns import Named, is_url, parse_line
from .errors import BadInput
from .files import path_of
from .outcomes import plain
from .packings import unpacked_list
from .text import ImageName, visible

__all__ = [
    "LONGEST_LINE",
    "Line",
    "Named",
    "blocks",
    "display_name",
    "expanded",
    "is_url",
    "parse_line",
    "read",
    "read_plain",
]

LONGEST_LINE = 65_536
"""Bytes; a longer line is no URL, and a list without line ends must not fill the memory."""

_READ_AT_ONCE = 2**20
_LONGEST_BLOCK = 4 * 2**20
"""Bytes; a file with a longer line is no list."""

MOST_LINES = 100_000_000
"""ImageNet's own list has 14 million; a gzip of 7 MB may hold a hundred times as many."""

_NOT_OF_A_LINE = b"\0 \t\r"
"""The bytes of lines that count as empty."""

_PARQUET = b"PAR1"
"""How a Parquet file begins."""

_LARGEST_GROUP = 2**28
"""Bytes of text that a group of rows in Parquet unpacks to; usual writers make it some 100 MB."""

_ROWS_AT_ONCE = 2_000
"""Rows of Parquet that become Python's together."""

_MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8; it stands inside a list that was joined from several files."""

_SEAM = re.compile(rb"(\xef\xbb\xbf|\r(?!\Z))")


class Line(NamedTuple):
    """One line of a list that holds a URL."""

    number: int
    """Its number in the list, from 0; lines without a URL count too."""
    name: ImageName | None
    """The picture's name, if the list gives it."""
    url: str


class WrongShape(BadInput):
    """A list whose lines are mostly no URLs."""


def display_name(where: str) -> str:
    """Return how others are told of a list: its URL, or the name of its file.

    Neither folders of this machine are told, nor user and password in a URL.
    """
    if is_url(where):
        return re.sub(r"(?<=[/\\])[^/\\?#]*@", "", where, count=1)
    return re.split(r"[/\\]", where)[-1]


def read(
    stream: BinaryIO,
    what: str,
    strict: bool = False,
    named: Named = Named(),  # noqa: B008
) -> Iterator[Line]:
    """Yield the lines of a list that hold a URL.

    Parameters
    ----------
    stream : binary file, seekable
        The list: plain, gzip, tar or gzipped tar.
    what : str
        The name of the list in errors.
    strict : bool
        Whether to refuse the list, in the end, if most of its lines hold no URL.
    named : Named, optional
        The columns that the user names.

    Raises
    ------
    BadInput
        If the file is damaged.
    WrongShape
        If it is no list.
    ModuleNotFoundError
        If it is a Parquet file, and pyarrow is missing.
    """
    with _damage_named(what):
        is_parquet = stream.read(len(_PARQUET)) == _PARQUET
        stream.seek(0)
        lines = _parquet_lines(stream) if is_parquet else _lines(unpacked_list(stream))
        head, rest = _beginning(lines)
        try:
            table = columns.recognise_table(head, named)
        except ValueError as error:
            raise WrongShape(f'the list "{what}" cannot be read: {error}') from None
        lines = chain(head, rest)
        lines, parse = (table.rows(lines), table.parse) if table else (lines, parse_line)
        last, parsed = b"", None
        good = odd = 0
        first_odd = 0, b""
        for number, line in enumerate(lines):
            if line != last:
                last, parsed = line, parse(line)
            if parsed:
                good += 1
                yield Line(number, *parsed)
            elif (
                line.strip(_NOT_OF_A_LINE)
                and line[:1] != b"#"
                and not (table and table.is_empty(line))
            ):
                odd += 1
                first_odd = first_odd if first_odd[1] else (number, line)
    if strict and odd > good:
        raise WrongShape(_wrong(what, good, *first_odd))


def _beginning(lines: Iterator[bytes]) -> tuple[list[bytes], Iterator[bytes]]:
    """Return the first lines of a list, by which its form is told, and the other lines."""
    head: list[bytes] = []
    size = 0

    def rest() -> Iterator[bytes]:
        if broken:
            raise broken
        yield from lines

    broken: Exception | None = None
    try:
        for line in islice(lines, columns.SAMPLE_LINES):
            head.append(line)
            size += len(line)
            if size > columns.SAMPLE_BYTES:
                break
    except Exception as error:  # what stands before the damage is read
        broken = error
    return head, rest()


def blocks(stream: BinaryIO, what: str) -> Iterator[bytes]:
    """Yield all bytes of a list, unpacked, in blocks of whole lines, each with its line end.

    It is for lists that are too long to be read line by line.

    Parameters
    ----------
    stream : binary file, seekable
        The list: plain, gzip, tar or gzipped tar.
    what : str
        The name of the list in errors.

    Raises
    ------
    BadInput
        If the file is damaged, or no list.
    """
    with _damage_named(what):
        plain, torn = unpacked_list(stream), b""
        for data in iter(lambda: plain.read(_READ_AT_ONCE), b""):
            whole, end, rest = data.rpartition(b"\n")
            if end:
                yield torn + whole + end
                torn = rest
            else:
                torn += rest
            if len(torn) > _LONGEST_BLOCK:
                raise BadInput(f'"{what}" is not a list of URLs: it has a line of more than 4 MB')
        if torn:
            yield torn + b"\n"


@contextmanager
def _damage_named(what: str) -> Iterator[None]:
    """Turn the exceptions of unpacking into a sentence for users."""
    try:
        yield
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise BadInput(
            f'the list "{what}" is damaged or incomplete ({plain(str(error))}): download it again'
        ) from error


def _wrong(what: str, good: int, number: int, line: bytes) -> str:
    """Return the sentence for a list whose lines are mostly odd."""
    text = visible(line[:60].decode("latin-1").strip())
    holds = "has no URL" if not good else "has hardly any URL"
    return (
        f'the list "{what}" {holds}: a line is a URL, or a name such as n01440764_9981 and a URL, '
        f'or a row of a table with such columns; line {number + 1} begins with "{text}"'
    )


def read_plain(text: bytes) -> Iterator[Line]:
    """Yield the lines with a URL of a list that is in memory and not packed."""
    for number, line in enumerate(io.BytesIO(text)):
        parsed = parse_line(line) if len(line) < LONGEST_LINE else None
        if parsed:
            yield Line(number, *parsed)


def _parquet_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the texts of a table in Parquet as JSON, a row a line; the first line is an empty head.

    Its footer says how much a group of rows unpacks to, which is asked before any is read. A text
    that many rows share stands there once, and is not repeated before it is seen to be short.
    """
    import pyarrow as pa  # which only such lists need
    import pyarrow.parquet as pq

    limits = {"thrift_string_size_limit": 2**24, "thrift_container_size_limit": 2**20}
    try:
        found = pq.ParquetFile(stream, **limits)
        texts = [field.name for field in found.schema_arrow if _is_text(field.type)]
        _refuse_large(found.metadata, texts)
        table = pq.ParquetFile(stream, read_dictionary=texts, **limits)
        yield b""
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=texts):
            for row in zip(*map(_short_texts, batch.columns)):
                line = json.dumps(dict(zip(texts, row))).encode()
                yield line if len(line) < LONGEST_LINE else b""
    except (pa.ArrowException, MemoryError, OverflowError, LookupError) as error:
        raise ValueError(f"not a Parquet file that can be read: {error}") from None


def _refuse_large(footer: Any, texts: list[str]) -> None:
    """Raise ValueError if a table has more than any list, by what its footer says."""
    if footer.num_rows > MOST_LINES:
        raise ValueError(f"more than {MOST_LINES:,} rows")
    chunks = {footer.schema.column(n).path: n for n in range(footer.num_columns)}
    for group in map(footer.row_group, range(footer.num_row_groups)):
        sizes = (group.column(chunks[name]).total_uncompressed_size for name in texts)
        if not 0 <= sum(sizes) <= _LARGEST_GROUP:
            raise ValueError("a group of its rows has more than 256 MB of text")


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _short_texts(column: Any) -> list[str | None]:
    """Return the texts of some rows; None for one that is too long for a URL."""
    indices = column.indices.to_pylist()
    texts: dict[int | None, str | None] = {None: None}
    for index in set(indices) - {None}:
        text = column.dictionary[index]
        shared = text.as_buffer()  # whose size is known before the text is copied
        texts[index] = text.as_py() if shared and shared.size < LONGEST_LINE else None
    return [texts[index] for index in indices]


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines, which end with LF, CRLF or CR.

    A line that is too long for a URL is yielded as an empty one, so that it is counted.
    """
    torn, ends_with_cr, count = b"", False, 0
    for number, data in enumerate(iter(lambda: stream.read(_READ_AT_ONCE), b"")):
        ends_with_cr = ends_with_cr or (number == 0 and b"\r" in data and b"\n" not in data)
        data = torn + data
        held = b"\r" if data.endswith(b"\r") else b""  # half of a line end, perhaps
        if ends_with_cr:
            data = data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            data += held
        *lines, torn = data.split(b"\n")
        count += len(lines)
        if count > MOST_LINES:
            raise ValueError(f"more than {MOST_LINES:,} lines")
        is_plain = _MARK not in data and data.count(b"\r") == data.count(b"\r\n")
        yield from lines if is_plain and _are_short(lines) else _whole(lines)
        torn = torn[:LONGEST_LINE]
    if torn:
        yield from _whole([torn.rstrip(b"\r")])


def _are_short(lines: list[bytes]) -> bool:
    return max(map(len, lines), default=0) < LONGEST_LINE


def _whole(lines: list[bytes]) -> Iterator[bytes]:
    """Yield lines, split where files were joined without a line end.

    There, a byte order mark or a CR stands before what would be a line of its own.
    """
    for line in lines:
        if len(line) >= LONGEST_LINE:
            yield b""
            continue
        whole, *others = _SEAM.split(line)
        for seam, other in zip(others[::2], others[1::2]):
            if whole and not parse_line(other):
                whole += seam + other
                continue
            if whole:
                yield whole
            whole = other
        yield whole


# Many files or addresses, as a shell lets name them.

_MOST_PARTS = 100_000
"""Parts of a copy; ImageNet's largest in use has 4,096."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_SEQUENCE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})(?:\.\.-?([0-9]{1,9}))?")


def expanded(option: str, named: str) -> list[str]:
    """Return the paths or addresses that a user names with braces and wildcards, in order.

    Parameters
    ----------
    option : str
        The option that gives them, for the error.
    named : str
        A path or an address, in which `{0000..1023}` and `{train,val}` may stand; a path may also
        have the wildcards of a shell.

    Raises
    ------
    BadInput
        If that means too many, or nothing.
    """
    path = None if is_url(named) else path_of(option, named)
    if path and path.exists():
        return [named]
    parts = list(islice(_without_braces(named), _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        raise BadInput(f'"{named}" means more than {_MOST_PARTS:,} parts')
    return parts if is_url(named) else [each for part in parts for each in _matches(option, part)]


def _without_braces(named: str) -> Iterator[str]:
    """Yield what a shell makes of `{0000..1023}` and `{train,val}`."""
    found = _BRACES.search(named)
    if not found:
        yield named
        return
    told = _SEQUENCE.fullmatch(found.group(1))
    begin = named[: found.start()]
    if told and "{" not in begin:
        first, last, step = int(told[1]), int(told[2]), int(told[3] or 1) or 1
        is_padded = any(len(each) > 1 and each[0] == "0" for each in told.group(1, 2))
        width = max(map(len, told.group(1, 2))) if is_padded else 0
        numbers = range(first, last + 1, step) if last >= first else range(first, last - 1, -step)
        words: Iterable[str] = (f"{number:0{width}}" for number in numbers)
    elif "," in found.group(1) and "{" not in begin:
        words = found.group(1).split(",")
    else:
        raise BadInput(f'"{named}": write {{0000..1023}} or {{train,val}} in braces, or {{wnid}}')
    rests = list(islice(_without_braces(named[found.end() :]), _MOST_PARTS + 1))
    yield from (f"{begin}{word}{rest}" for word in words for rest in rests)


def _matches(option: str, named: str) -> list[str]:
    """Return the paths that wildcards mean, in order; what has none as it is."""
    path = path_of(option, named)
    if not glob.has_magic(named) or path.exists():
        return [named]
    found = sorted(glob.glob(str(path)))  # noqa: PTH207  `Path` cannot begin at any folder
    if not found:
        raise BadInput(f'there is no file "{named}"')
    return found
