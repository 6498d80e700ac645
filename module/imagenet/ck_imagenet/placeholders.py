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
    return hashlib.md5(data, **_NOT_FOR_SECURITY).hexdigest() in _MD5  # noqa: S324


def _not_for_security() -> dict[str, bool]:
    """Return what lets MD5 run on machines in FIPS mode; Python 3.8 does not know the keyword."""
    try:
        hashlib.md5(b"", usedforsecurity=False)  # type: ignore[call-arg, unused-ignore]
    except TypeError:
        return {}
    return {"usedforsecurity": False}


_NOT_FOR_SECURITY = _not_for_security()
