"""Pictures that are here and in no journal: of a killed run, of old scripts, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Mapping

from . import images
from .journal import Journal, saved
from .names import ImageName
from .outcomes import Failed
from .store import SynsetStore

ASIDE = "no-pictures"
"""The folder, in a synset's state, of files that are called pictures and are none."""


def adopt(
    store: SynsetStore, journal: Journal, named: Mapping[int, str], lost: Collection[int]
) -> list[Path]:
    """Give every picture that is here and that can be tied to a URL its line in the journal.

    Parameters
    ----------
    store, journal : SynsetStore, Journal
        What is here, and what is known of it.
    named : mapping of int to str
        The URLs of the true numbers: they tie a file without a URL of its own.
    lost : collection of int
        The pictures that are to be described anew.

    Returns
    -------
    list of Path
        The files that were no pictures, at the place where they were put aside.
    """
    known = journal.saved()
    urls = {record.url for record in known.values()}
    aside = []
    for number, path in sorted(store.pictures().items()):
        if number in known and number not in lost:
            continue
        data = path.read_bytes()
        try:
            picture = images.judge(data)
        except Failed:
            aside.append(_put_aside(store, path))
            continue
        if number in known:
            store.describe(known[number], path.name)
            continue
        url = store.url_of(number) or named.get(number)
        if url and url not in urls:
            urls.add(url)
            record = saved(ImageName(store.wnid, number), url, data, picture, "found here", "")
            store.describe(record, path.name)
            journal.append(record)
    return aside


def _put_aside(store: SynsetStore, path: Path) -> Path:
    folder = store.state / ASIDE
    folder.mkdir(exist_ok=True)
    return path.replace(folder / path.name)
