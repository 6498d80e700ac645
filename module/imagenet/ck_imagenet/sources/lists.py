"""Lists of synsets: what a list is, what every list source does, and the lists that are kept.

A list that a service or the user once gave is kept with the synset's state, so that none is asked
for twice. It is a file: a line of JSON that tells where the list comes from, then its lines, each
at its number.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, NamedTuple, Sequence

from ..core import url_lists
from ..core.errors import NoList
from ..core.files import json_object, write_whole
from ..core.registries import SourceRow, source
from ..core.text import Progress, counted
from ..core.url_lists import Line
from ..storage.journal import Journal
from ..storage.numbering import KeptNames
from ..storage.records import FORMAT, now, refuse_newer
from ..storage.store import Store, SynsetStore

if TYPE_CHECKING:  # a list that is here is read without a network, and without its imports
    from ..http.client import Client
    from ..http.retry import Spacing


class SynsetList(NamedTuple):
    """The lines of one synset, and where they come from."""

    wnid: str
    source: str
    """An address, a path, or what the source is called."""
    lines: list[Line]
    obtained_by: str = ""
    """The list source that was asked over the network, if so: then the list is worth keeping."""


class Unlisted(NamedTuple):
    """A synset of which no source has a list."""

    wnid: str
    why: str
    """What each source said, and what would help."""

    def facts(self) -> dict[str, str]:
        """Return the same in plain types."""
        return {"wnid": self.wnid, "unlisted": self.why}


class SourceContext(NamedTuple):
    """What a run has for those who find lists: each takes what it needs."""

    address: str
    """Where it is, if it is asked over the network."""
    only: str
    """The one source that the user wants, if any."""
    store: Store
    client: Client
    """It trusts the address."""
    progress: Progress
    archive: ListSource
    """The archive of this machine, or the lack of it."""
    wayback_spacing: Spacing
    """Where all requests of this process to the Wayback Machine wait for their turn."""


class ListSource(ABC):
    """A source that may have the lists of synsets."""

    row: SourceRow
    """What is known of it beforehand: the row that names this class."""

    @classmethod
    @abstractmethod
    def made(cls, context: SourceContext) -> ListSource:
        """Return it as a run needs it."""

    @property
    def name(self) -> str:
        """What users call it."""
        return self.row.name

    @property
    @abstractmethod
    def state(self) -> str:
        """How things stand there, as far as is known without asking anybody."""

    @property
    def needs(self) -> str:
        """What it takes to have a list from there."""
        return self.row.needs

    def state_of(self, wnid: str) -> str:
        """Return what it keeps of one synset, nothing if it keeps nothing beside a list."""
        return ""

    @abstractmethod
    def find(self, wnid: str) -> SynsetList:
        """Return the list of a synset.

        Raises
        ------
        NoList
            If there is none, with what was said instead, if anything.
        """


EARLIER = "an earlier list"
"""What the source of URLs is called of which nobody knows any more which list told them."""


_MOST_EMPTY_LINES = 10_000
"""Lines without a URL, beside as many as have one, in a list that is kept as it was."""


class KeptList(NamedTuple):
    """A list, where it comes from, and since when it is here."""

    found: SynsetList
    time: str


def keep(synset_store: SynsetStore, found: SynsetList) -> None:
    """Keep a list in place of another.

    Parameters
    ----------
    synset_store : SynsetStore
        Where the synset has its state.
    found : SynsetList
        The list.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    head = {
        "format": FORMAT,
        "obtained_by": found.obtained_by,
        "source": found.source,
        "time": now(),
    }
    text = json.dumps(head) + "\n" + _spaced(_near(found.lines))
    write_whole(_path(synset_store), text.encode("latin-1"))


def kept(synset_store: SynsetStore) -> KeptList | None:
    """Return the list that is kept of a synset, or None; raise StoreError for a newer form."""
    try:
        first, _, body = _path(synset_store).read_bytes().partition(b"\n")
        head = json_object(first) or {}
        refuse_newer(head.get("format"), _path(synset_store))
        lines = list(url_lists.read_plain(body))
        found = SynsetList(synset_store.wnid, str(head["source"]), lines, str(head["obtained_by"]))
        return KeptList(found, str(head["time"])) if lines else None
    except (OSError, ValueError, LookupError, AttributeError):
        return None  # as if it had never been


def known_lines(synset_store: SynsetStore) -> list[Line]:
    """Return what numbers and journal know of a synset's URLs, whichever lists told them."""
    return KeptNames.of(synset_store).lines(
        synset_store.wnid, Journal.of(synset_store).records.values()
    )


def is_kept(synset_store: SynsetStore) -> bool:
    """Say whether any list is kept of a synset."""
    return _path(synset_store).exists()


def count(synset_store: SynsetStore) -> int:
    """Return how many lines the list has that is kept of a synset, 0 if there is none."""
    try:
        _, *lines = _path(synset_store).read_bytes().split(b"\n")
    except OSError:
        return 0
    return sum(map(bool, lines))


class KeptListSource(ListSource):
    """The lists that are kept of all synsets.

    Parameters
    ----------
    store : Store
        Where synsets have their state.
    by : str
        The source that they must come from, by its name; nothing for any.
    """

    row = source("kept")

    def __init__(self, store: Store, by: str = "") -> None:
        self._store = store
        self._by = by

    @classmethod
    def made(cls, context: SourceContext) -> KeptListSource:
        return cls(context.store, context.only)

    @property
    def state(self) -> str:
        return "what a service gave last, with each synset"

    def state_of(self, wnid: str) -> str:
        """Return what is kept of one synset."""
        known = kept(self._store.synset(wnid))
        if not known:
            return f"no list of {wnid}"
        urls = counted(len(known.found.lines), "URL")
        return f"{urls} of {wnid}, from {known.found.obtained_by}, since {known.time[:10]}"

    def find(self, wnid: str) -> SynsetList:
        known = kept(self._store.synset(wnid))
        if not known or self._by not in ("", known.found.obtained_by):
            raise NoList
        return known.found._replace(obtained_by="")


def _path(synset_store: SynsetStore) -> Path:
    return synset_store.state / "list.txt"


def _near(lines: Sequence[Line]) -> Iterable[Line]:
    """Return lines that do not stand too far apart: a few among millions would be long to keep."""
    if lines and lines[-1].number > _MOST_EMPTY_LINES + 2 * len(lines):
        return (line._replace(number=number) for number, line in enumerate(lines))
    return lines


def _spaced(lines: Iterable[Line]) -> str:
    """Return lines as text, with empty ones in between such that each has its number again."""
    parts, number = [], 0
    for line in lines:
        parts.append("\n" * (line.number - number))
        parts.append(f"{line.name}\t{line.url}\n" if line.name else f"{line.url}\n")
        number = line.number + 1
    return "".join(parts)
