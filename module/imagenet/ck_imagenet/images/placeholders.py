"""Pictures that say that a picture is gone, known by their address or their checksum."""

from __future__ import annotations

import hashlib
import re

from ..core.hostfacts import Fact, Row, rows

_LARGEST = 65_536
"""Bytes: a picture that only says something is a small one, and the sum of a large one takes
longer than all else that is asked of it."""

_SUM = "md5 "
"""What the facts of checksums begin with."""


def _pattern(row: Row) -> str:
    """Return what matches the addresses of a row: its path, on its host or on any."""
    host = "" if row.host == "*" else rf"^https?://{re.escape(row.host)}(:\d+)?"
    return f"{host}{row.tells}$"


_KNOWN = rows(Fact.PLACEHOLDER)
_ADDRESS = re.compile(
    "|".join(_pattern(row) for row in _KNOWN if not row.tells.startswith(_SUM)), re.IGNORECASE
)
_MD5 = {row.tells[len(_SUM) :] for row in _KNOWN if row.tells.startswith(_SUM)}


def is_placeholder_address(url: str) -> bool:
    """Say whether a placeholder is known to live at `url`, so that it need not be asked."""
    return _ADDRESS.search(url.partition("?")[0]) is not None


def is_placeholder(data: bytes) -> bool:
    """Say whether `data` is a placeholder that is known by its MD5."""
    if len(data) > _LARGEST:
        return False
    # Through `new`, since Python 3.8 does not know the keyword, which machines in FIPS mode want.
    return hashlib.new("md5", data, usedforsecurity=False).hexdigest() in _MD5
