"""A user downloads from hosts that ration: all that they give, and no ban is a verdict."""

from __future__ import annotations

from typing import Iterator

import pytest
from ck_imagenet.kept.journal import Journal
from ck_imagenet_practice import Link, PracticeWeb
from terminal import WNID, Terminal

LINKS = 24
BAN = "bucket-8-6/ban-3-10-2"


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A web without links of its own."""
    with PracticeWeb(hosts=3, mix={}, wnids=()) as practice:
        yield practice


@pytest.mark.parametrize(
    "words",
    [
        *("bucket-8-6", "bucket-8-6/after", "window-8-2", "window-8-2/date", "window-12-6"),
        *("clock-8-2/says-503", "sliding-8-2/says-420", "sliding-8-2/all", "gap-0.15"),
        *(f"{BAN}-403", f"{BAN}-404", f"{BAN}-reset", f"{BAN}-close", f"{BAN}-page"),
        *(f"{BAN}-silence", f"{BAN}-429-longer"),
    ],
)
def test_all_that_a_host_gives_is_had(terminal: Terminal, web: PracticeWeb, words: str) -> None:
    target = web.hosts[2]
    links = [
        Link(f"{WNID}_{n}", web.url(n % 2, f"/across/{target}/rationed/{words}/{n}.jpg"), "good")
        for n in range(LINKS)
    ]
    web.set_links(WNID, links)
    terminal.says(
        *("download", "imagenet", f"--wnid={WNID}", "--quiet"),
        *("--timeout=5", "--jobs=32", "--processes=1"),
    )
    records = Journal(terminal.repository() / "imagenet" / WNID / "journal").records
    assert {record.outcome.word for record in records.values()} == {"saved"}
    assert len(terminal.pictures()) == LINKS
    # Nothing that is rationed is asked twice, but for what shows that a ban has ended.
    assert len(web.rations.tally(target).given) - LINKS in ((0, 1, 2) if "ban" in words else (0,))
