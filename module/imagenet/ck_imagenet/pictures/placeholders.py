"""Pictures that say that a picture is gone, known by their address or their checksum.

Sources: published lists of failed ImageNet downloads and the code of later crawlers; in one such
list 108,034 of 961,148 downloads were Flickr's placeholder.
"""

from __future__ import annotations

import hashlib
import re

_ADDRESS = re.compile(
    r"/pw/images/[a-z-]+/photo_unavailable(_\w+)?\.(png|gif|jpg)$"  # Flickr, on s.yimg.com
    r"|//pic\.photobucket\.com(:\d+)?/bwe\.png$"
    r"|//(i\.)?imgur\.com(:\d+)?/removed\.png$",
    re.IGNORECASE,
)

_LARGEST = 65_536
"""Bytes: a picture that only says something is a small one, and the sum of a large one takes
longer than all else that is asked of it."""

_MD5 = {
    "880a7a58e05d3e83797f27573bb6d35c",  # Flickr: PNG, 2,051 bytes
    "596246739a83bb45e30e13437e0810d9",
    "969e595182a947c7fdaaef4a34401760",
    "af5db09e39ca35d8930b4e59962e09e5",
}


def is_placeholder_address(url: str) -> bool:
    """Say whether a placeholder is known to live at `url`, so that it need not be asked."""
    return _ADDRESS.search(url.partition("?")[0]) is not None


def is_placeholder(data: bytes) -> bool:
    """Say whether `data` is a placeholder that is known by its MD5."""
    if len(data) > _LARGEST:
        return False
    # Through `new`, since Python 3.8 does not know the keyword, which machines in FIPS mode want.
    return hashlib.new("md5", data, usedforsecurity=False).hexdigest() in _MD5
