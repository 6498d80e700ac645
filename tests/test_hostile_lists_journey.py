"""Lists that are made to fill the memory: they end in a sentence, or are read."""

from __future__ import annotations

import gzip
import resource
import sys
from pathlib import Path
from typing import Iterator

import pytest
from tarballs import END, filled, header
from terminal import WNID, Terminal

MOST_MEMORY = 150_000_000
MEGABYTE = 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are others there")


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def packed(path: Path, pieces: Iterator[bytes]) -> Path:
    with gzip.open(path, "wb", 1) as stream:
        for piece in pieces:
            stream.write(piece)
    return path


def of_a_long_name(kind: bytes) -> Iterator[bytes]:
    yield header(b"././@LongLink", 300 * MEGABYTE, kind)
    yield from [b"x" * MEGABYTE] * 300


def of_a_large_first_file() -> Iterator[bytes]:
    yield header(b".hidden", 300 * MEGABYTE)
    yield from [bytes(MEGABYTE)] * 300
    yield header(b"list.txt", 15) + filled(b"http://a.com/1\n") + END


def of_one_line() -> Iterator[bytes]:
    yield b"http://a.com/"
    yield from [b"x" * MEGABYTE] * 300


def of_one_url() -> Iterator[bytes]:
    yield from [b"http://a.com/1\n" * 70_000] * 20


def of_two_urls() -> Iterator[bytes]:
    yield from [b"http://a.com/1\nhttp://a.com/2\n" * 35_000] * 20


def of_many_urls() -> Iterator[bytes]:
    for block in range(3):
        yield b"".join(b"http://a.com/%d/%d\n" % (block, n) for n in range(100_000))


def of_many_synsets() -> Iterator[bytes]:
    for block in range(5):
        yield b"".join(
            b"n%08d_1\thttp://a.com/%d\n" % (9_000_000 + block * 100_000 + n, n)
            for n in range(100_000)
        )


SAYS = {
    of_a_large_first_file: "http://a.com/1",
    of_one_url: "http://a.com/1",
    of_two_urls: "http://a.com/1\nhttp://a.com/2",
}
REFUSES = {
    of_one_line: 'list.gz" has no URL: a line is a URL',
    of_many_urls: f'list.gz" has more than 200,000 URLs of {WNID}',
    of_many_synsets: f'list.gz" has no URL of {WNID}; it has n09000000',
}


@pytest.mark.parametrize("make", SAYS, ids=lambda make: make.__name__)
def test_a_list_that_only_looks_large_is_read(terminal: Terminal, make: object) -> None:
    packed(terminal.folder / "list.gz", make())  # type: ignore[operator]
    command = ("geturls", "imagenet", f"--wnid={WNID}", "--urls=list.gz")
    assert terminal.says(*command, preexec_fn=limit_memory).strip() == SAYS[make]  # type: ignore


@pytest.mark.parametrize("make", REFUSES, ids=lambda make: make.__name__)
def test_a_list_that_is_too_large_ends_in_a_sentence(terminal: Terminal, make: object) -> None:
    packed(terminal.folder / "list.gz", make())  # type: ignore[operator]
    command = ("geturls", "imagenet", f"--wnid={WNID}", "--urls=list.gz")
    assert REFUSES[make] in terminal.refuses(*command, preexec_fn=limit_memory)  # type: ignore


@pytest.mark.parametrize("kind", [b"L", b"x"])
def test_a_tar_that_claims_a_long_name_ends_in_a_sentence(terminal: Terminal, kind: bytes) -> None:
    packed(terminal.folder / "list.tgz", of_a_long_name(kind))
    command = ("geturls", "imagenet", f"--wnid={WNID}", "--urls=list.tgz")
    said = terminal.refuses(*command, preexec_fn=limit_memory)
    assert said == (
        'the list "list.tgz" is damaged or incomplete (its tar says more of a file than any tar '
        "does): download it again"
    )


def test_an_archive_is_built_only_of_lists_of_synsets(terminal: Terminal) -> None:
    lines = b"".join(
        b"n0144%04d_1\thttp://a.com/1\nn0144%04d_2\thttp://a.com/2\n" % (n, 0) for n in range(9_000)
    )
    packed(terminal.folder / "list.gz", iter([lines] * 12))
    command = ("geturls", "imagenet", "--all", "--archive=list.gz", "--force")
    said = terminal.refuses(*command, preexec_fn=limit_memory)
    assert '"list.gz" is not a list of all URLs' in said
