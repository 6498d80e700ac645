"""ImageNet's list of all URLs, as the Wayback Machine has it."""

from __future__ import annotations

import gzip
from typing import Iterable

from .winter21 import tar_of
from .world import Link

PATH = "/imagenet_data/urls/imagenet_fall11_urls.tgz"
"""Where it was at image-net.org."""

CAPTURED = "20190130005544"
"""When the Wayback Machine took it."""


def packed(links: Iterable[Link]) -> bytes:
    """Return a list of links as ImageNet has packed its own: of the same links, the same bytes."""
    lines = "".join(f"{link.name}\t{link.url}\n" for link in links)
    return gzip.compress(tar_of([("fall11_urls.txt", lines.encode("latin-1"))]), mtime=0)
