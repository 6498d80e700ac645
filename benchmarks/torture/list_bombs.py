"""Lists that claim more than any memory has, or unpack to that: 300 MB must do for each."""

from __future__ import annotations

import gzip
import io
import random
import resource
import tarfile
import zlib
from pathlib import Path
from typing import Callable

from ordeal import Trial, ended, ordeal, world
from terminal import WNID

_MOST = 450 * 10**6
"""Bytes of addresses: 300 MB of memory, and what an interpreter maps."""

_LONGEST = 120.0


@ordeal("lists", "bombs and hostile lists, read with 300 MB")
def bombs(trial: Trial) -> None:
    """Give hostile lists one after the other."""
    forms: list[Callable[[random.Random], bytes]] = [_claims, _repeats, _endless, _empty, _noise]
    while trial.goes_on:
        with world() as (terminal, _):
            for form in forms:
                if not trial.goes_on:
                    break
                name = trial.chance.choice(["list", "list.gz", "list.tgz"])
                Path(terminal.folder / name).write_bytes(form(trial.chance))
                said = ended(
                    terminal,
                    trial,
                    _LONGEST,
                    *("geturls", "imagenet", f"--wnid={WNID}", f"--urls={name}", "--save=out"),
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (_MOST, _MOST)),
                )
                trial.find("no sentence", [form.__name__, said], "too little memory" in said)
                trial.tried += 1


def _packed(piece: bytes, times: int) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packing.compress(piece) for _ in range(times)), packing.flush()])


def _claims(chance: random.Random) -> bytes:
    """Return a tar whose header claims a name, or a block of facts, of gigabytes."""
    member = tarfile.TarInfo("././@LongLink")
    member.type = chance.choice([tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
    member.size = 2**32 - 512
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT)) + _packed(bytes(2**20), 100)


def _repeats(chance: random.Random) -> bytes:
    """Return one URL, millions of times."""
    return _packed(b"http://a.example/1.jpg\n" * 10**4, chance.randrange(500, 4000))


def _endless(chance: random.Random) -> bytes:
    """Return a line without an end."""
    return _packed(b"http://a.example/" + b"x" * 2**20, chance.randrange(100, 2000))


def _empty(chance: random.Random) -> bytes:
    """Return lines without anything, and one URL after them."""
    return _packed(b"\n" * 2**20, chance.randrange(100, 2000)) + gzip.compress(b"http://a/1\n")


def _noise(chance: random.Random) -> bytes:
    """Return what is no list, or one that is packed over and over."""
    data: bytes = chance.getrandbits(8 * 10**5).to_bytes(10**5, "big")
    for _ in range(chance.randrange(6)):
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb") as packed:
            packed.write(data)
        data = out.getvalue()
    return data
