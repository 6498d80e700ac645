"""Recovery: pictures that are here and in no journal get their line in it.

They are of a killed run, of old scripts, or were put here by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Mapping

from ..core.files import write_whole
from ..core.outcomes import Failed
from ..core.text import ImageName, parse_image_name
from ..http.codings import unpacked
from ..images import decoding, judging
from .journal import Journal
from .records import Record, now, saved
from .store import SynsetStore

ASIDE = "no-pictures"
"""The folder, in a synset's state, of files that are called pictures and are none."""


def recover(
    synset_store: SynsetStore,
    journal: Journal,
    named: Mapping[int, str],
    true: Mapping[int, str],
    lost: Collection[int],
    pictures: Mapping[int, Path] | None = None,
) -> list[Path]:
    """Give every picture that is here its line in the journal, under its URL if that is known.

    What is kept with a picture itself is believed if it tells of these very bytes.

    Parameters
    ----------
    synset_store, journal : SynsetStore, Journal
        The pictures of a synset, and what is known of them.
    named : mapping of int to str
        The URLs of the numbers here, from the lists of earlier runs.
    true : mapping of int to str
        The URLs of ImageNet's own numbers. They count more, and name the pictures from copies.
    lost : collection of int
        The numbers of pictures whose description was lost, and is to be made anew.
    pictures : mapping of int to Path, optional
        The files of those that are here, if they have just been listed.

    Returns
    -------
    list of Path
        The files that were no pictures, where they are now.
    """
    tied = journal.tie(true)
    changed = {*lost, *(record.name.number for record in tied)}
    known = journal.saved()
    urls = {record.url for record in known.values()}
    aside = []
    here = synset_store.pictures() if pictures is None else pictures
    for number, path in sorted(here.items()):
        if number in known and number not in changed:
            continue
        try:
            found = _found(ImageName(synset_store.wnid, number), path)
        except Failed:
            aside.append(put_aside(synset_store, path))
            continue
        if number in known:
            synset_store.describe(known[number], path.name)
            continue
        told = synset_store.record_of(number, found.sha256)
        if told:
            record = _recovered(found, told, true)
        else:
            url = synset_store.url_of(number) or true.get(number) or named.get(number)
            record = found._replace(url=url or found.url)
        if record.url not in urls:
            urls.add(record.url)
            if synset_store.contradiction(record, path):
                synset_store.describe(record, path.name)
            journal.append(record)
    for record in tied:  # at last, so that a run that is killed here does it again
        journal.append(record._replace(time=now()))
    synset_store.checkpoint()
    return aside


def _found(name: ImageName, path: Path) -> Record:
    """Return the record of a picture of which nothing is known but its file, unpacked if need be.

    Raises
    ------
    Failed
        If the file is no picture.
    """
    packed = decoding.read_file(path)
    data = unpacked(packed)
    picture = judging.judge(data)
    if data is not packed:  # as old scripts left what a host had packed
        write_whole(path, data)
    return saved(name, str(name), data, picture, "found here", "")


def _recovered(found: Record, told: Record, true: Mapping[int, str]) -> Record:
    """Return what a killed run had no time to write down: where a picture here comes from.

    Parameters
    ----------
    found, told : Record
        What the file itself shows, and what was kept with it.
    true : mapping of int to str
        The URLs of ImageNet's own numbers.
    """
    name = parse_image_name(told.url)
    return found._replace(
        url=true.get(name.number, told.url) if name else told.url,
        time=told.time or found.time,
        source=told.source or found.source,
        final_url=told.final_url,
        captured=told.captured,
        altered=told.altered,
    )


def put_aside(synset_store: SynsetStore, path: Path) -> Path:
    """Move a file that is not what it should be into the synset's state.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.
    path : Path
        The file.

    Returns
    -------
    Path
        Where it is now.
    """
    folder = synset_store.state / ASIDE
    folder.mkdir(exist_ok=True)
    return path.replace(folder / path.name)
