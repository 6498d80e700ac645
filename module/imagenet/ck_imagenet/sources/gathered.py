"""The lines of a long list, by synset: in a file, so that no list is too long for the memory."""

from __future__ import annotations

import os
import tempfile
from typing import Iterator, NamedTuple

from ..core.errors import BadInput
from ..core.url_lists import Line, parse_line

MOST_LINES = 200_000
"""Of a synset, no two of them the same; ImageNet's largest has 3,047."""

_IN_MEMORY = 32 * 2**20
"""Bytes of all synsets, before the file is one."""

_AT_ONCE = 256
"""Lines of a synset that are written together; the same ones among them once."""


class _Place(NamedTuple):
    begin: int
    length: int


class _Synset:
    """What has come of one synset."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self.waiting: dict[bytes, int] = {}
        """The lines that are not written yet, and their numbers."""


class Gathered:
    """The lines of many synsets as they come, and of each as they are asked for.

    Parameters
    ----------
    what : str
        What the list is called in an error.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._synsets: dict[str, _Synset] = {}

    def __len__(self) -> int:
        return len(self._synsets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._synsets)

    def __contains__(self, wnid: object) -> bool:
        return wnid in self._synsets

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, wnid: str, line: Line) -> None:
        """Add a line to those of a synset."""
        synset = self._synsets.get(wnid) or self._synsets.setdefault(wnid, _Synset())
        text = f"{line.name}\t{line.url}" if line.name else line.url
        synset.waiting.setdefault(text.encode("latin-1"), line.number)
        if len(synset.waiting) >= _AT_ONCE:
            self._write(synset)

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, in their order, each once.

        Raises
        ------
        BadInput
            If there are more than any synset has.
        """
        synset = self._synsets[wnid]
        self._write(synset)
        numbers: dict[bytes, int] = {}
        for place in synset.places:
            self._file.seek(place.begin)
            for line in self._file.read(place.length).split(b"\n")[:-1]:
                number, _, text = line.partition(b"\t")
                numbers.setdefault(text, int(number))
            if len(numbers) > MOST_LINES:
                raise BadInput(
                    f'the list "{self._what}" has more than {MOST_LINES:,} URLs of {wnid}: '
                    "ImageNet's largest synset has 3,047; give a list of a part of them"
                )
        return [_line(number, text) for text, number in numbers.items()]

    def _write(self, synset: _Synset) -> None:
        self._file.seek(0, os.SEEK_END)
        begin = self._file.tell()
        self._file.write(b"".join(b"%d\t%b\n" % (n, text) for text, n in synset.waiting.items()))
        synset.places.append(_Place(begin, self._file.tell() - begin))
        synset.waiting.clear()


def _line(number: int, text: bytes) -> Line:
    name, url = parse_line(text) or (None, "")
    return Line(number, name, url)
