"""Tars made by hand, block by block, so that they can be as odd as a test wants."""

from __future__ import annotations

from typing import Mapping

END = bytes(1024)
"""What a tar ends with."""


def header(
    path: bytes,
    size: int = 0,
    kind: bytes = b"0",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    said_size: bytes = b"",
    more: bytes = b"\0",
) -> bytes:
    """Return a header; `said_size` is the size as it stands in it, `more` says: holes follow."""
    block = path.ljust(100, b"\0") + b"0000644\0" * 3
    block += (said_size or b"%011o\0" % size) + b"%011o\0" % 0 + b" " * 8 + kind
    block += bytes(100) + magic.ljust(88, b"\0") + prefix.ljust(137, b"\0") + more.ljust(30, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def filled(data: bytes) -> bytes:
    """Return data as it stands in a tar."""
    return data + bytes(-len(data) % 512)


def file(path: bytes, data: bytes = b"", kind: bytes = b"0") -> bytes:
    """Return a file as it stands in a tar."""
    return header(path, len(data), kind) + filled(data)


def extension(facts: Mapping[bytes, bytes]) -> bytes:
    """Return facts about the next file, in POSIX's form."""
    said = b""
    for keyword, value in facts.items():
        length = len(keyword) + len(value) + 3
        while len(b"%d" % length) + len(keyword) + len(value) + 3 != length:
            length += 1
        said += b"%d %s=%s\n" % (length, keyword, value)
    return file(b"PaxHeaders/x", said, b"x")


def tar(files: Mapping[bytes, bytes]) -> bytes:
    """Return a whole tar of files."""
    return b"".join(file(path, data) for path, data in files.items()) + END
