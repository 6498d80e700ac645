"""Data as the code of a commit wrote it: how it was made, and what commands told of it then.

`fixtures/data_of_26a771b.tar.gz` was made at that commit on Python 3.11, from an empty folder, by

    .venv/bin/python tests/data_of_before.py 26a771b

It is never made anew: what it is for is that later code reads it. Once a format has changed,
make another one beside it, of the commit that wrote that.

It holds a CK_REPOS, a folder `plain` of --outdir, and the exports `folders` and `shards`. Beside
it lies what commands told of them, in JSON. CK keeps where its repositories are, so that is filled
in where they are unpacked: as for a user who has moved his CK_REPOS and corrects its paths.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping

from small_web import DALMATIAN, GIVEN, LISTED, TENCH, SmallWeb, class_tar
from terminal import CHECKOUT, Terminal

PLACES = {"CK": (), "plain": ("--outdir=plain",)}
"""The options with which commands look there."""

REJECTED = (17, 501)
"""Pictures of tench, one of a link and one of a tar."""

Told = Dict[str, List[str]]
"""Lines that commands told, by what was asked."""

_FIXTURES = Path(__file__).with_name("fixtures")
_PACKED = ("CK_REPOS", "plain", "folders", "shards")
_MADE = 1_795_651_200
"""The time of all files in the archive: 2026-11-26."""


def unpacked(commit: str, folder: Path, settings: Mapping[str, str]) -> Terminal:
    """Return a terminal in which data of before is as if it had been made there."""
    terminal = Terminal(folder, settings)
    subprocess.run(["rm", "-r", terminal.repos], check=True)
    archive = _FIXTURES / f"data_of_{commit}.tar.gz"
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    for file in _with_paths(terminal):
        text = file.read_text().replace("{CK_REPOS}", str(terminal.repos))
        file.write_text(text.replace("{CHECKOUT}", str(CHECKOUT)))
    return terminal


def told_then(commit: str) -> dict[str, Told]:
    """Return what commands told when it was made, by where they looked."""
    told: dict[str, Told] = json.loads((_FIXTURES / f"data_of_{commit}.json").read_text())
    return told


def told_now(terminal: Terminal, place: str) -> Told:
    """Return what they tell now."""
    there = PLACES[place]
    asked = {
        "status": ("status", "imagenet", *there),
        "hosts": ("status", "imagenet", "--hosts", *there),
        "failures": ("status", "imagenet", "--failures", *there),
        "to clean": ("clean", "imagenet", f"--wnid={TENCH}", "--failed", "--dry-run", *there),
    }
    if not there:
        asked["synsets"] = ("list", "imagenet", "--downloaded-only", "--words")
        asked["pictures"] = ("list", "imagenet", "--images")
        asked["URLs of a host"] = ("geturls", "imagenet", "--search-url=pond.example")
    told = {what: terminal.says(*command).splitlines() for what, command in asked.items()}
    terminal.says("export", "imagenet", f"--to=exported-{place}", "--quiet", *there)
    return {**told, "exported": checksums(terminal.folder / f"exported-{place}")}


def checksums(folder: Path) -> list[str]:
    """Return the SHA-256 of each file in a folder that is no state, as `sha256sum` prints it."""
    return sorted(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}"
        for file in folder.rglob("[!.]*")
        if file.is_file()
    )


def _make(terminal: Terminal) -> None:
    """Fill a terminal's folder with the commands of a user."""
    every = {**LISTED[TENCH], **LISTED[DALMATIAN]}
    files = {"all.tsv": [f"{name}\t{url}" for name, url in every.items()], "mine": GIVEN.values()}
    for name, lines in files.items():
        (terminal.folder / name).write_text("".join(f"{line}\n" for line in lines))
    (terminal.folder / f"{TENCH}.tar").write_bytes(class_tar(TENCH, 500, 501, 502))
    for there in PLACES.values():
        for command in _commands(*there):
            terminal.says(*command)
    terminal.says("browse", "imagenet", f"--wnid={TENCH}")
    terminal.says("browse", "imagenet")
    terminal.says("export", "imagenet", "--to=folders", "--quiet")
    terminal.says("export", "imagenet", "--to=shards", "--layout=webdataset", "--quiet")


def _commands(*there: str) -> list[tuple[str, ...]]:
    """Return what fills one place, in its order: a list that a service gives must come first."""
    dalmatian = ("download", "imagenet", f"--wnid={DALMATIAN}", "--quiet", *there)
    tench = ("download", "imagenet", f"--wnid={TENCH}", "--quiet", *there)
    numbers = ",".join(map(str, REJECTED))
    return [
        (*dalmatian, "--source=imagenet", "--max-images=6"),
        (*dalmatian, "--source=winter21", "--accept-terms"),
        ("geturls", "imagenet", "--all", "--archive=all.tsv", "--force"),
        (*tench, "--retry=0", "--timeout=3"),
        (*tench, "--urls=mine", "--retry=0"),
        (*tench, f"--tar={TENCH}.tar"),
        (*tench, "--wayback"),
        ("clean", "imagenet", f"--wnid={TENCH}", f"--number={numbers}", "--force", *there),
    ]


def _with_paths(terminal: Terminal) -> list[Path]:
    """Return the files of CK that hold where repositories are."""
    local = terminal.repos / "local"
    return [*local.glob(".ck.cache*"), *local.glob("repo/*/.cm/meta.json")]


def _packed(folder: Path) -> bytes:
    """Return the archive of what is in a folder, the same for the same files."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as stream, tarfile.open(
        fileobj=stream, mode="w", format=tarfile.PAX_FORMAT
    ) as archive:
        for name in _PACKED:
            for path in sorted([folder / name, *(folder / name).rglob("*")]):
                archive.add(path, str(path.relative_to(folder)), False, filter=_anonymous)
    return packed.getvalue()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = _MADE
    return member


def _main(commit: str) -> None:
    """Make the data, and keep it and what is told of it."""
    with tempfile.TemporaryDirectory() as name, SmallWeb(is_young=True) as web:
        terminal = Terminal(Path(name), web.environment())
        _make(terminal)
        told = {place: told_now(terminal, place) for place in PLACES}
        for file in _with_paths(terminal):
            text = file.read_text().replace(str(terminal.repos), "{CK_REPOS}")
            file.write_text(text.replace(str(CHECKOUT), "{CHECKOUT}"))
        (_FIXTURES / f"data_of_{commit}.tar.gz").write_bytes(_packed(terminal.folder))
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (_FIXTURES / f"data_of_{commit}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    _main(sys.argv[1])
