"""A user whose environment names proxies, good and bad: only those that are used matter."""

from __future__ import annotations

from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.pictures import picture
from tarballs import tar
from terminal import WNID, Terminal

SOCKS = "socks://127.0.0.1:9"
REFUSAL = (
    f'the proxy "{SOCKS}" of all_proxy cannot be used: it must be an HTTP proxy, http://HOST:PORT'
)


@pytest.fixture
def behind(terminal: Terminal) -> Terminal:
    """A terminal with a proxy that cannot be used."""
    terminal.environment["all_proxy"] = SOCKS
    return terminal


def test_what_asks_nobody_is_not_refused(behind: Terminal, tmp_path: Path) -> None:
    assert WNID in behind.says("list", "imagenet", "--search=tench")
    assert behind.says("status", "imagenet") == ""
    given = tmp_path / f"{WNID}.tar"
    given.write_bytes(tar({b"n01440764_1.JPEG": picture("/1.jpg")}))
    behind.says("download", "imagenet", f"--wnid={WNID}", f"--tar={given}", "--quiet")
    assert list(behind.pictures()) == ["n01440764_1.jpg"]


def test_what_is_asked_directly_is_not_refused(behind: Terminal, web: PracticeWeb) -> None:
    behind.environment["no_proxy"] = "127.0.0.0/8"
    behind.says("download", "imagenet", f"--wnid={WNID}", "--max-images=2", "--quiet")
    assert len(behind.pictures()) == 2


@pytest.mark.parametrize("processes", [1, 2])
def test_what_would_be_asked_through_it_is_refused_in_one_sentence_before_anything_is_asked(
    behind: Terminal, web: PracticeWeb, tmp_path: Path, processes: int
) -> None:
    links = tmp_path / "links.txt"
    links.write_text("".join(f"{link.url}\n" for link in web.links(WNID)))
    named = (f"--wnid={WNID}", f"--processes={processes}")
    for source in ((), (f"--urls={links}",)):
        assert behind.refuses("download", "imagenet", *named, *source) == REFUSAL
    assert web.requests.all() == []
    assert behind.says("status", "imagenet", f"--wnid={WNID}", "--failures") == ""
