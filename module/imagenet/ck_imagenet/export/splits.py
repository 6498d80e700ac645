"""Which picture is for training, which for validation, which for testing."""

from __future__ import annotations

import hashlib
import re
from fractions import Fraction
from typing import NamedTuple, Sequence

from ..core.errors import BadInput
from ..core.names import ImageName

_NAMES = {2: ("train", "val"), 3: ("train", "val", "test")}
PARTS = _NAMES[3]
"""All names that parts can have; one that is alone has none."""


class Split(NamedTuple):
    """The parts of a data set, by their names, with the share that each has of every class."""

    parts: dict[str, Fraction]
    seed: int

    @classmethod
    def parse(cls, text: str, seed: int) -> Split:
        """Return what `--split` says: "0.8,0.2", or an empty text for one part without a name.

        Raises
        ------
        BadInput
            If it is anything else than two or three shares that make one whole.
        """
        if not text:
            return cls({"": Fraction(1)}, seed)
        written = text.split(",")
        shares = [Fraction(each) for each in written if re.fullmatch(r"0?\.[0-9]{1,6}", each)]
        names = _NAMES.get(len(written), ())
        if len(shares) != len(names) or not all(shares) or sum(shares) != 1:
            raise BadInput(
                f'--split="{text}": write two or three shares that make 1 together, '
                "for training, validation and tests, such as --split=0.8,0.2 or --split=0.8,0.1,0.1"
            )
        return cls(dict(zip(names, shares)), seed)

    def parts_of(self, names: Sequence[ImageName]) -> dict[ImageName, str]:
        """Return the part of each picture of a class, which must have one for each part at least.

        The seed alone decides, the same on every machine.
        """
        drawn = sorted(names, key=lambda name: lot(self.seed, name))
        parts = [
            part
            for part, count in zip(self.parts, _counts(len(names), list(self.parts.values())))
            for _ in range(count)
        ]
        return dict(zip(drawn, parts))


def lot(seed: int, name: ImageName) -> bytes:
    """Return what a picture draws: in the order of these, pictures are shuffled."""
    return hashlib.sha256(f"{seed} {name}".encode()).digest()


def _counts(total: int, shares: Sequence[Fraction]) -> list[int]:
    """Divide `total` by shares as exactly as whole numbers can, none of them nothing."""
    counts = [max(1, int(share * total)) for share in shares]
    while sum(counts) > total:
        counts[counts.index(max(counts))] -= 1
    while sum(counts) < total:
        wanting = [share * total - count for share, count in zip(shares, counts)]
        counts[wanting.index(max(wanting))] += 1
    return counts
