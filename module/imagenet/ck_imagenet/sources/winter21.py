"""The tars of ImageNet's release of winter 2021: one a synset, under ImageNet's terms of access."""

from __future__ import annotations

from dataclasses import replace

from ..core.actions import DownloadOptions
from ..core.errors import BadInput
from ..core.options import typed

NAME = "winter21"
NEEDS = "the network, and ImageNet's terms of access: download it with --source=winter21"

_TERMS = """\
the pictures of winter21 come from ImageNet itself, under its terms of access. In short:
  - for non-commercial research and education only
  - what you do with them is your responsibility alone, also towards those who own them
  - not to be passed on, but to colleagues who have agreed to these terms too
If you agree to them, type
  ck download imagenet {typed}
What counts is not this but the text at https://image-net.org/download, so read that first"""


def check_terms(options: DownloadOptions) -> None:
    """Raise BadInput, with ImageNet's terms of access, unless they are accepted."""
    if not options.accept_terms:
        raise BadInput(_TERMS.format(typed=typed(replace(options, accept_terms=True))))


def dropped(wnid: str) -> str:
    """Return what to tell of a synset that has no tar."""
    return (
        f"winter21 has no {wnid}: ImageNet dropped 2,674 of its 21,841 synsets then, or has moved "
        f"this one since; ck download imagenet --wnid={wnid} asks for its links"
    )
