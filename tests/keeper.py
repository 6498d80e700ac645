"""A host that keeps a large file and gives it in pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from peer import Peer, Talk, head


@dataclass
class Keeper:
    """A host that keeps a file; what it does may be changed between two requests."""

    data: bytes
    version: str = 'ETag: "1"'
    ranges: bool = True
    most: int = 2**40
    """Bytes after which it hangs up."""
    length: bool = True
    """Whether it says how long the file is before it sends it."""

    def __call__(self, talk: Talk) -> None:
        request = talk.hear().decode()
        asked = re.search(r"\r\nRange: bytes=([0-9]+)-\r\n", request)
        expected = re.search(r"\r\nIf-Range: (.*)\r\n", request)
        start = int(asked.group(1)) if asked and self.ranges else 0
        if expected and not self.version.endswith(expected.group(1)):
            start = 0
        if start >= len(self.data):
            talk.say(head("Content-Range: bytes */0", "Content-Length: 0", status="416 No"))
            return
        rest, size = self.data[start:], len(self.data)
        lines = [self.version] if self.version else []
        if self.length:
            lines.append(f"Content-Length: {len(rest)}")
        if start:
            lines.append(f"Content-Range: bytes {start}-{size - 1}/{size}")
        talk.say(head(*lines, status="206 Partial Content" if start else "200 OK"))
        talk.say(rest[: self.most])


def places(peer: Peer) -> list[int]:
    """Return from which byte on each request wanted the file."""
    found = (re.search(rb"\r\nRange: bytes=([0-9]+)-\r\n", asked) for asked in peer.heads)
    return [int(each.group(1)) if each else 0 for each in found]
