"""In which order list sources are asked for the list of a synset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Sequence

from ..core import registries, urls
from ..core.actions import SERVICE, WAYBACK_SERVICE, WINTER21
from ..core.errors import BadInput, NoList, Unanswered
from ..core.options import ENVIRONMENT, refuse_alone, refuse_together
from ..core.registries import SOURCES, SourceRow, made_by
from ..core.text import Progress, counted, some
from ..core.url_lists import Named, is_url
from ..http.client import Network
from ..http.retry import Spacing
from ..storage.store import Store
from . import services
from .copies import Copy, named_copies
from .given_lists import GivenList
from .lists import EARLIER, ListSource, SourceContext, SynsetList, Unlisted, known_lines
from .services import WaybackService
from .url_archive import ArchiveSource

# The tars of ImageNet's release of winter 2021: one a synset, under ImageNet's terms of access.

NAME = "winter21"

_TERMS = """\
the pictures of winter21 come from ImageNet itself, under its terms of access. In short:
  - for non-commercial research and education only
  - what you do with them is your responsibility alone, also towards those who own them
  - not to be passed on, but to colleagues who have agreed to these terms too
What counts is not this but the text at https://image-net.org/download, so read that first"""


def tars(address: str, wnids: Sequence[str], agreeing: str) -> list[Copy]:
    """Return the tars of synsets.

    Parameters
    ----------
    address : str
        Where they are, with `{wnid}` in it.
    wnids : sequence of str
        The synsets.
    agreeing : str
        What a user types who agrees to the terms of access; empty if this one has.

    Raises
    ------
    BadInput
        If they cannot be asked for.
    Unanswered
        If the user has not agreed.
    """
    if not wnids:
        raise BadInput(f"which synset? Write --wnid=n01440764 --source={NAME}")
    if not (is_url(address) and "{wnid}" in address):
        raise BadInput(f'--winter21="{address}" is not a URL with {{wnid}} in it')
    if agreeing:
        typed = f"If you agree to them, type: ck-imagenet download {agreeing}"
        always = f"or say so for all commands: export {ENVIRONMENT}ACCEPT_TERMS=yes"
        question = f"{_TERMS}\nDo you accept these terms?"
        raise Unanswered(question, f"{typed}\n{always}", "accept-terms")
    found = named_copies(address, wnids)
    return [each._replace(is_of_winter21=True) for each in found]


def many(count: int, size: int, typed: str) -> Unanswered:
    """Return what asks whether tars of many synsets are wanted.

    Parameters
    ----------
    count, size : int
        How many tars, and some bytes of each.
    typed : str
        The options that the user has typed.
    """
    return Unanswered(
        f"Download {count:,} tars of {NAME}, one for each synset, about {size // 1_000_000} MB "
        "each?",
        f"If you want them, type: ck-imagenet download {typed} --yes",
        "yes",
    )


def dropped(wnid: str) -> str:
    """Return what to tell of a synset that has no tar."""
    return (
        f"winter21 has no {wnid}: ImageNet dropped 2,674 of its 21,841 synsets from that release, "
        f"or has moved this one since. Ask for its links: ck-imagenet download --wnid={wnid}"
    )


_NAMED_WITHOUT_LIST = 5
"""Synsets that are named of those without a list."""


class Row(NamedTuple):
    """A list source as users see it."""

    name: str
    state: str
    needs: str


@dataclass(frozen=True)
class Lists:
    """The options that say where lists of URLs are looked for."""

    urls: str = ""
    """A list of the user's, a file or an address; it alone then."""
    url_col: str = ""
    name_col: str = ""
    """The columns of that list, if it is a table and they are named."""
    source: str = ""
    """The one source to ask."""
    refresh: bool = False
    """Whether to ask again for a list that is kept."""
    service: str = SERVICE
    wayback_service: str = WAYBACK_SERVICE
    winter21: str = WINTER21

    @property
    def are_chosen(self) -> bool:
        """Whether the user wants these lists, and nothing of what others have told before."""
        return bool(self.urls or self.refresh or self.source)

    def address(self, row: SourceRow) -> str:
        """Return where a source is, as the user says or as usual; nothing if it has no address."""
        return getattr(self, row.setting.replace("-", "_")) if row.setting else row.address


class Sources:
    """Finds the lists of synsets.

    Parameters
    ----------
    asked : Lists
        Where to look.
    network : Network
        What every request keeps.
    store : Store
        Where synsets have their state, and in it the list that a service gave last.
    archive : ArchiveSource, optional
        The local archive.
    progress : Progress, optional
        Is told when a service wants to be waited for, and of damage that others make good.
    spacing : Spacing, optional
        Where all requests of this process to the Wayback Machine wait for their turn.

    Raises
    ------
    BadInput
        If the options cannot be used.
    """

    def __init__(
        self,
        asked: Lists,
        network: Network,
        store: Store,
        archive: ArchiveSource | None = None,
        progress: Progress | None = None,
        spacing: Spacing | None = None,
    ) -> None:
        if asked.urls:
            refuse_together(asked, "urls", "source")
        refuse_alone(asked, "url-col", "urls")
        refuse_alone(asked, "name-col", "urls")
        addresses = {row: asked.address(row) for row in SOURCES if row.has_lists}
        for row, address in addresses.items():
            if row.address:
                services.refuse_no_address(row.setting, address, row.address)
        spacing = spacing or Spacing(1 / urls.WAYBACK_PACE)
        named = filter(is_url, (asked.urls, *addresses.values()))
        spacings = {urls.endpoint(asked.wayback_service): spacing}
        self._client = network.client(named, spacings=spacings)
        columns = Named(asked.url_col, asked.name_col)
        self._given = GivenList(asked.urls, self._client, columns) if asked.urls else None
        self._archive = archive or ArchiveSource()
        self._progress = progress or Progress()
        self._asked, self._store = asked, store
        context = SourceContext(
            "", asked.source, store, self._client, self._progress, self._archive, spacing
        )
        self._sources: list[ListSource] = [
            made_by("sources", row).made(context._replace(address=address))
            for row, address in addresses.items()
        ]

    @property
    def reached(self) -> bool:
        """Whether a list or a service could be connected to: if so, there is a network."""
        return self._client.reached

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def lists(self, wnids: Sequence[str]) -> Iterator[SynsetList]:
        """Yield the list of each synset, without asking before it is its turn.

        Parameters
        ----------
        wnids : sequence of str
            The synsets; without any, those that the given list names.

        Raises
        ------
        BadInput
            If the given list cannot be used.
        NoList
            If there are synsets without one, when the lists of all others have been given.
        """
        if self._given:
            yield from self._given.lists(wnids)
            return
        missing = []
        for found in self._each(wnids):
            if isinstance(found, Unlisted):
                missing.append(found)
            else:
                yield found
        if missing:
            raise self._no_list(missing)

    def lists_there_are(self, wnids: Sequence[str]) -> Iterator[SynsetList | Unlisted]:
        """Yield the list of each synset, or that there is none.

        Parameters and errors are those of `lists`, but it is an error only if there is none at all.
        """
        each = self._given.lists_there_are(wnids) if self._given else self._each(wnids)
        missing: list[Unlisted] = []
        for found in each:
            if isinstance(found, SynsetList):
                yield from missing
                yield found
                yield from each
                return
            missing.append(found)
        raise self._no_list(missing)

    def survey(self, wnids: Sequence[str]) -> Iterator[Row]:
        """Yield the sources in their order, and what is kept of synsets."""
        for source in self._sources:
            yield Row(source.name, source.state, source.needs)
        for row in SOURCES:
            if not row.has_lists:
                yield Row(row.name, self._asked.address(row), row.needs)
        for wnid in wnids:
            for source in self._sources:
                state = source.state_of(wnid)
                if state:
                    yield Row(source.name, state, source.needs)

    def _each(self, wnids: Sequence[str]) -> Iterator[SynsetList | Unlisted]:
        for wnid in wnids:
            try:
                found: SynsetList | Unlisted = self._find(wnid)
            except NoList as error:
                found = Unlisted(wnid, str(error))
            yield found

    def _find(self, wnid: str) -> SynsetList:
        said = []
        for source in filter(self._is_asked, self._sources):
            try:
                found = source.find(wnid)
            except NoList as error:
                if str(error):
                    said.append(f"\n  {source.name}: {error}")
            else:
                self._archive.warn(self._progress)
                return found
        is_chosen = self._asked.source or self._asked.refresh
        lines = [] if is_chosen else known_lines(self._store.synset(wnid))
        if lines:
            known = counted(len(lines), "link")
            self._progress.trouble(
                f"no source has a list of {wnid}; using the {known} that are known here"
            )
            return SynsetList(wnid, EARLIER, lines)
        raise NoList(f"no list of URLs for {wnid}:{''.join(said)}\n{self._advice(wnid)}")

    def _no_list(self, missing: Sequence[Unlisted]) -> NoList:
        """Return what says of which synsets there is no list: of several in one line, once."""
        first, *others = missing
        if not others:
            return NoList(first.why)
        wnids = [each.wnid for each in missing]
        lines = first.why.split("\n")
        said = lines if self._given else lines[1:-1]
        told = [f"of {first.wnid}, the places said:", *said] if said else []
        named = ",".join(wnids) if len(wnids) <= _NAMED_WITHOUT_LIST else "W,W"
        advice = [] if self._given else [self._advice(named)]
        head = f"no list of URLs for {len(wnids):,} synsets: {some(wnids, _NAMED_WITHOUT_LIST)}"
        error = NoList("\n".join([head, *told, *advice]))
        is_told = any(f"--source={NAME}" in line for line in advice)
        error.tars_help = not (self._given or is_told) and (
            self.reached or bool(self._asked.source)
        )
        return error

    def _is_asked(self, source: ListSource) -> bool:
        if not source.row.is_named:
            return not self._asked.refresh
        return self._asked.source in ("", source.name)

    def _advice(self, wnid: str) -> str:
        """Return the one command that would help."""
        only = self._asked.source
        if only and registries.source(only).address:
            return f"Other sources may have one: ck-imagenet download --wnid={wnid}"
        if not (self.reached or only):
            return "No source could be reached: type the same command when the network is up"
        if self._archive.is_here:
            return f"If you have one, give it: ck-imagenet download --wnid={wnid} --urls=FILE"
        if any(each.is_busy for each in self._sources if isinstance(each, WaybackService)):
            return (
                "Type the same command later. Or download ImageNet's own tar, which needs no "
                f"list: ck-imagenet download --wnid={wnid} --source={NAME}"
            )
        return "Get the lists of all synsets once, then type this again: ck-imagenet geturls --all"
