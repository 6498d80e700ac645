"""A user downloads a list of 2011: everything that is still there, and a name for what is not."""

from __future__ import annotations

from typing import Iterator

import pytest
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.world import EVERY_KIND, KINDS, Link
from terminal import WNID, Terminal

MIRRORED = {"saved", "duplicate"}
QUICK = ("--timeout=5", "--retry=2", "--jobs=64", "--processes=1")


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A web with every kind of link there is."""
    with PracticeWeb(mix=EVERY_KIND, wnids=(WNID,)) as practice:
        yield practice


def outcomes(terminal: Terminal, links: list[Link]) -> dict[str, set[str]]:
    """Return what became of the links of each kind."""
    records = Journal(terminal.repository() / "imagenet" / WNID / "journal").records
    found: dict[str, set[str]] = {}
    for link in links:
        found.setdefault(link.kind, set()).add(records[link.url].outcome.word)
    return found


def test_every_kind_of_link_ends_as_it_must(terminal: Terminal, web: PracticeWeb) -> None:
    links = web.links(WNID)
    terminal.says("download", "imagenet", f"--wnid={WNID}", *QUICK, "--quiet")
    # Of a picture and its mirrors, whichever comes first is saved.
    wrong = {
        kind: words
        for kind, words in outcomes(terminal, links).items()
        if words != {KINDS[kind].outcome}
        and not (KINDS[kind].also and words <= KINDS[kind].outcomes)
    }
    assert wrong == {}
    assert web.connections.made(web.forbidden) == 0
    pictures = terminal.pictures()
    obtainable = {link.name: link for link in links if KINDS[link.kind].outcomes == {"saved"}}
    assert {name.partition(".")[0] for name in pictures} >= set(obtainable)
    for name, data in pictures.items():
        link = obtainable.get(name.partition(".")[0])
        assert not link or data == link.picture()
