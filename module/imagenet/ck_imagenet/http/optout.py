"""What hosts say of their pictures' use for training machines: the X-Robots-Tag header."""

from __future__ import annotations

import re
from typing import Iterable

_OPT_OUTS = ("noai", "noimageai")
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
# A date, as after "unavailable_after", has colons too, but only after blanks.
_FOR_AGENT = re.compile(r"\s*([^\s:]+)\s*:(.*)", re.DOTALL)

# Commas are forgotten, and an odd line that begins with a blank seems to go on with a directive:
# whoever wants to be left alone is.
_WORDS = re.compile(r"[^\s;]+")


def product(user_agent: str) -> str:
    """Return the name by which hosts know a user agent, in lower case."""
    return re.split(r"[/\s]", user_agent.strip(), maxsplit=1)[0].lower()


def opts_out(headers: Iterable[str], agent: str) -> bool:
    """Say whether X-Robots-Tag headers keep machines away, all or the one that is asking.

    Parameters
    ----------
    headers : iterable of str
        Their values: directives with commas between; a name and a colon before one restrict it,
        and those after it, to that agent.
    agent : str
        The name of who asks.
    """
    return any(
        word in _OPT_OUTS and meant in ("", "*", agent)
        for header in headers
        for meant, directive in _directives(header)
        for word in _WORDS.findall(directive)
    )


def _directives(header: str) -> Iterable[tuple[str, str]]:
    """Yield the directives of a header, each with the agent that it is meant for."""
    agent = ""
    for item in header.lower().split(","):
        restricted = _FOR_AGENT.fullmatch(item)
        if restricted and restricted.group(1) not in _WITH_VALUE:
            agent, item = restricted.groups()
        yield agent, item
