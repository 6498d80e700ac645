"""Where ours and Chromium differ, and why: nothing else may be had by one of them alone."""

from __future__ import annotations

from typing import Mapping

from ck_imagenet_practice.kinds import KINDS, RATIONING

REFUSED: Mapping[str, str] = {
    "opted-out": "its owner asks not to be used for training machines",
    "private-address": "inside a network, where no list of links has any business",
    "placeholder": "it says that the picture is gone",
    "too-small": "nobody's picture, but a counter of visits",
    "other-format": "a format that data sets and their tools do not have",
    "gone": "a picture as the page of an error mostly says that it is gone",
    "forbidden": "a picture as the page of an error mostly says why",
    "cut-short": "a part: what comes may be half a picture",
    "truncated": "half a picture, the rest grey",
}
"""Why a picture that Chromium shows is not kept, by the outcome that we give."""

_FRAMING = "nonsense about where the picture ends: other programs would read other bytes"

REFUSED_KINDS: Mapping[str, str] = dict.fromkeys(
    (
        "signed-length",
        "negative-length",
        "hexadecimal-length",
        "coded-otherwise",
    ),
    _FRAMING,
)
"""The same by the kind of link."""

_CODING = "Chromium believes what the host says of the coding, we believe the bytes"
_CODED = (
    *("said-twice", "blank-beside", "identity-beside", "charset-beside"),
    *("only-said", "only-said-br", "unsaid", "only-blank-said"),
)
_RENAMED = "its host has a new name, or serves other widths: data/known_hosts.tsv knows"

_ONCE = "a page asks once; who reloads it has the picture"

NOT_SHOWN: Mapping[str, str] = {
    **{kind: _ONCE for kind in KINDS if kind.endswith("-once")},
    **dict.fromkeys(("flaky", "capped", *RATIONING), _ONCE),
    **{f"coded-{name}": _CODING for name in _CODED},
    "packed-for-its-way": "Chromium knows no coding of a transfer but chunks",
    **dict.fromkeys(
        (
            "renamed",
            "renamed-twice",
            "renamed-no-such-host",
            "rewritten",
            "rewritten-to-original",
        ),
        _RENAMED,
    ),
}
"""Why a picture that is kept is not shown by Chromium, by the kind of link."""


_WITH_COOKIES = ("cookie", "consent", "consent-across")

VISITED = frozenset((*_WITH_COOKIES, *(kind for kind, truth in KINDS.items() if truth.login)))
"""Kinds whose links Chromium is to go to: a page of another host gets no password, no cookie."""


def lacking(kind: str, outcome: str) -> str:
    """Return why a picture that Chromium shows is not kept, or nothing if it should be."""
    return REFUSED_KINDS.get(kind) or REFUSED.get(outcome, "")
