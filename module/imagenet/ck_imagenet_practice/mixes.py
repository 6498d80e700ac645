"""Mixes: how many links of each kind a synset has."""

from __future__ import annotations

from typing import Mapping

from .kinds import KINDS, RATIONING, REFUSED

MIX: Mapping[str, int] = {
    "good": 14,
    "good-png": 1,
    "slow": 1,
    "moved": 1,
    "busy-once": 1,
    "gone": 4,
    "flickr": 3,
    "parked": 1,
    "parked-as-jpeg": 1,
    REFUSED: 1,
    "truncated": 1,
    "cut": 1,
}
"""What is commonest in reality and soon settled.

No placeholder without a redirect: one alone cannot be told from a picture.
"""

EVERY_KIND: Mapping[str, int] = {
    **dict.fromkeys(KINDS, 1),
    **dict.fromkeys(RATIONING, 4),
    "good": 24,
    "placeholder": 3,
    "unlisted": 3,
    "mirror": 2,
}
"""Every kind, also those that cost a client its patience.

Of placeholders there are as many as it takes to tell that they are none.
"""

ROTTEN: Mapping[str, int] = {
    "good": 585,
    "flickr": 130,
    "gone": 140,
    "410": 42,
    "parked": 33,
    "parked-as-jpeg": 32,
    REFUSED: 65,
    "black-hole": 130,
    "drip": 39,
    "truncated": 39,
    "cut": 13,
    "503-once": 26,
    "429-after-1-once": 7,
    "429-after-2-once": 6,
    "429-after-1": 6,
    "429-after-2": 7,
}
"""1,300 links of a list of 2011, 624 of them to be had: a benchmark's, for 40 hosts."""

LIVING: Mapping[str, int] = {
    **ROTTEN,
    "good": 546,
    "silent-once": 34,
    "lone-silent-once": 5,
    "black-hole": 117,
    "living-black-hole": 13,
    "drip": 9,
    "living-drip": 30,
}
"""The same, but that hosts which live have links that hang: a tenth of the black holes, most drips,
and most of the 39 links that answer the second time only. 624 of 1,300 are to be had."""

LONG_TAIL: Mapping[str, int] = {"good": 780, "lone": 390, "lone-black-hole": 130}
"""1,300 links, two in five alone on their host: a benchmark's, for 5 hosts."""
