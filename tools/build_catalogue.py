"""Rebuild the catalogue that the library ships, `catalogue/data/`, from its two sources.

From the checkout's root, on Debian, after `apt-get update` if the package is not found:

    mkdir -p build
    (cd build && apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb .)
    python3 -m pip download --no-deps --dest build timm==1.0.31
    python3 tools/build_catalogue.py

WordNet 3.0 gives words, hypernyms, definitions and the licence; timm tells which of its synsets
ImageNet has and which of those are ILSVRC2012's. The table has a row for each synset of ImageNet
(`listed` is yes) and for each one above them (no), in the order of wnids. The definitions of the
same synsets stand in a file of their own: most commands need none.
"""

from __future__ import annotations

import argparse
import gzip
import zipfile
from pathlib import Path
from typing import Iterable, NamedTuple, Sequence

ROOT = Path(__file__).resolve().parents[1]
DATA_NOUN = ROOT / "build/usr/share/wordnet/data.noun"
TIMM_WHEEL = ROOT / "build/timm-1.0.31-py3-none-any.whl"
OUTPUT = ROOT / "module/imagenet/ck_imagenet/catalogue/data/synsets.tsv.gz"
DEFINITIONS_NAME = "definitions.tsv.gz"
LICENCE_NAME = "WORDNET-LICENSE.txt"

FALL_2011 = "timm/data/_info/imagenet22k_synsets.txt"
ILSVRC_2012 = "timm/data/_info/imagenet_synsets.txt"

COLUMNS = ("wnid", "words", "hypernyms", "ilsvrc2012", "listed")

PREAMBLE_MARK = "  "
GLOSS_MARK = " | "
EXAMPLE_MARK = '"'
HYPERNYM_POINTERS = ("@", "@i")


class Noun(NamedTuple):
    """A noun synset of WordNet: words, the wnids of its direct hypernyms, what it means."""

    words: tuple[str, ...]
    hypernyms: tuple[str, ...]
    definition: str


def parse_noun(line: str) -> tuple[str, Noun]:
    """Return the wnid and the synset of a line of `data.noun`; its form is told in wndb(5WN)."""
    data, _, gloss = line.partition(GLOSS_MARK)
    fields = data.split()
    word_count = int(fields[3], 16)
    words_end = 4 + 2 * word_count
    pointer_count = int(fields[words_end])
    pointers_end = words_end + 1 + 4 * pointer_count
    words = tuple(word.replace("_", " ") for word in fields[4:words_end:2])
    symbols = fields[words_end + 1 : pointers_end : 4]
    offsets = fields[words_end + 2 : pointers_end : 4]
    hypernyms = tuple(
        f"n{offset}" for symbol, offset in zip(symbols, offsets) if symbol in HYPERNYM_POINTERS
    )
    return f"n{fields[0]}", Noun(words, hypernyms, parse_gloss(gloss))


def parse_gloss(gloss: str) -> str:
    """Return the definition that opens a gloss, without the examples that follow it in quotes."""
    return gloss.partition(EXAMPLE_MARK)[0].rstrip(" ;:")


def parse_nouns(lines: Iterable[str]) -> dict[str, Noun]:
    """Return all synsets of `data.noun` by wnid."""
    return dict(parse_noun(line) for line in lines if not line.startswith(PREAMBLE_MARK))


def parse_licence(lines: Iterable[str]) -> str:
    """Return the licence that opens `data.noun`, without the numbers of its lines."""
    numbered = (line.strip() for line in lines if line.startswith(PREAMBLE_MARK))
    return "".join(line.partition(" ")[2] + "\n" for line in numbered)


def above(wnids: Iterable[str], nouns: dict[str, Noun]) -> set[str]:
    """Return every synset on any path from `wnids` up to the root that is not one of them."""
    given = set(wnids)
    seen = set(given)
    waiting = list(given)
    while waiting:
        fresh = set(nouns[waiting.pop()].hypernyms) - seen
        seen |= fresh
        waiting.extend(fresh)
    return seen - given


def table(nouns: dict[str, Noun], fall2011: Sequence[str], ilsvrc2012: Sequence[str]) -> str:
    """Return the catalogue as tab-separated text with a header.

    Parameters
    ----------
    nouns : all synsets of WordNet, by wnid
    fall2011 : the wnids of ImageNet's release of fall 2011
    ilsvrc2012 : the wnids of ILSVRC2012 in the order of their labels; the release of fall 2011
        lacks one of them, n04399382, which becomes part of the catalogue this way
    """
    listed = {*fall2011, *ilsvrc2012}
    labels = {wnid: str(label) for label, wnid in enumerate(ilsvrc2012)}
    rows: list[Sequence[str]] = [COLUMNS]
    for wnid in sorted(listed | above(listed, nouns)):
        words, hypernyms, _ = nouns[wnid]
        rows.append(
            (
                wnid,
                ", ".join(words),
                " ".join(hypernyms),
                labels.get(wnid, ""),
                "yes" if wnid in listed else "no",
            )
        )
    return "".join("\t".join(row) + "\n" for row in rows)


def definitions(wnids: Iterable[str], nouns: dict[str, Noun]) -> str:
    """Return what each of `wnids` means, in their order, as tab-separated text with a header."""
    rows = [("wnid", "definition"), *((wnid, nouns[wnid].definition) for wnid in wnids)]
    return "".join("\t".join(row) + "\n" for row in rows)


def write_compressed(path: Path, text: str) -> None:
    """Write `text` such that the same text always gives the same bytes."""
    # Not gzip.compress: its header differs between versions of Python.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode("ascii"))


def read_members(wheel: Path, *members: str) -> list[list[str]]:
    """Return the lines of each of `members` of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return [archive.read(member).decode("ascii").split() for member in members]


def main() -> None:
    """Read the two sources; write the table and, beside it, definitions and WordNet's licence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-noun", type=Path, default=DATA_NOUN, help="default: %(default)s")
    parser.add_argument("--timm-wheel", type=Path, default=TIMM_WHEEL, help="default: %(default)s")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    for source in (options.data_noun, options.timm_wheel):
        if not source.is_file():
            parser.error(f"{source} is not there; --help shows the commands that fetch it")
    lines = options.data_noun.read_text("ascii").splitlines()
    fall2011, ilsvrc2012 = read_members(options.timm_wheel, FALL_2011, ILSVRC_2012)
    nouns = parse_nouns(lines)
    catalogue = table(nouns, fall2011, ilsvrc2012)
    wnids = [row.partition("\t")[0] for row in catalogue.splitlines()[1:]]
    write_compressed(options.output, catalogue)
    write_compressed(options.output.with_name(DEFINITIONS_NAME), definitions(wnids, nouns))
    options.output.with_name(LICENCE_NAME).write_text(parse_licence(lines), "ascii")


if __name__ == "__main__":
    main()
