"""A user downloads from hosts that ration: all that they give, and no ban is a verdict."""

from __future__ import annotations

from typing import Iterator

import pytest
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import Link, PracticeWeb
from terminal import WNID, Terminal

LINKS = 24
BAN = "bucket-8-6/ban-3-10-2"
RATIONS = [
    *("bucket-8-6", "bucket-8-6/after", "window-8-2", "window-8-2/date", "window-12-6"),
    *("clock-8-2/says-503", "sliding-8-2/says-420", "sliding-8-2/all", "gap-0.15"),
    *(f"{BAN}-403", f"{BAN}-404", f"{BAN}-reset", f"{BAN}-close", f"{BAN}-page"),
    *(f"{BAN}-silence", f"{BAN}-429-longer"),
]


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A web without links of its own: a host for each ration, and two that lead there."""
    with PracticeWeb(hosts=2 + len(RATIONS), mix={}, wnids=()) as practice:
        yield practice


def test_all_that_hosts_give_is_had(terminal: Terminal, web: PracticeWeb) -> None:
    """Each host rations in its own way; all at once, since nearly all of the time is waiting."""
    rationing = dict(zip(RATIONS, web.hosts[2:]))
    paths = {
        words: [f"/across/{host}/rationed/{words}/{n}.jpg" for n in range(LINKS)]
        for words, host in rationing.items()
    }
    urls = {words: [web.url(n % 2, path) for n, path in enumerate(paths[words])] for words in paths}
    every = [url for words in RATIONS for url in urls[words]]
    web.set_links(WNID, [Link(f"{WNID}_{n}", url, "good") for n, url in enumerate(every)])
    terminal.says(
        *("download", "imagenet", f"--wnid={WNID}", "--quiet"),
        *("--timeout=5", "--jobs=64", "--processes=1"),
    )
    records = Journal(terminal.repository() / "imagenet" / WNID / "journal").records
    failed = {url: str(each.outcome) for url, each in records.items() if not each.is_kept}
    assert failed == {}
    assert len(terminal.pictures()) == len(every)
    given = {words: len(web.rations.tally(host).given) for words, host in rationing.items()}
    # Nothing that is rationed is asked twice, but for what shows that a ban has ended.
    twice = {words: count - LINKS for words, count in given.items()}
    assert {words for words in RATIONS if twice[words] > ("ban" in words and 2)} == set(), twice
