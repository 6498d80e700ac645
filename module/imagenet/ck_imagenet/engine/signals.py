"""What the end of a request tells of its host."""

from __future__ import annotations

from enum import Enum


class Signal(Enum):
    """What a request told about its host."""

    ANSWER = "a complete answer, whatever it says"
    ANSWER_AGAIN = "one to a link that the host has refused before"
    BUSY = "come later"
    SILENCE = "nobody there, or too slow"
    UNCLEAR = "anything else"
