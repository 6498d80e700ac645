"""URLs as lists and redirects hold them, made what a browser would ask.

The rules are those of WHATWG's URL standard, by the parser that Node has, too: Ada.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from functools import lru_cache
from typing import Container, NamedTuple
from urllib.parse import unquote_to_bytes

from ada_url import join_url, normalize_url
from publicsuffixlist import PublicSuffixList

from .errors import BadInput
from .outcomes import Failed, Outcome
from .text import printable, readable

MOST_CHARACTERS = 2**16
"""Characters of a URL: more than any server reads, and no burden yet."""

_PORTS = {"http": 80, "https": 443}
# What the parser writes: all that could be taken for another part is escaped.
_WRITTEN = re.compile(
    r"(https?)://(?:([^:/@]*)(?::([^/@]*))?@)?((?:\[([^\]]*)\]|([^:/]*))(?::([0-9]+))?/[^#]*)"
)
# The host of a URL, with its port, as browsers find it: a slash may lean either way.
_HOST = re.compile(
    r"[\x00-\x20]*(?:https?:)?[/\\\t\r\n]{2,}(?:[^/\\?#]*@)?([^/\\?#]*)", re.IGNORECASE
)
_ENDPOINT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]+))?", re.DOTALL)
_ENDS_IN_A_NUMBER = re.compile(
    r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.DOTALL
)  # as WHATWG's URLs have it


class Address(NamedTuple):
    """Where and what to ask; everything in it is ASCII."""

    url: str
    """Without user and password, and without what is behind "#"."""
    scheme: str
    host: str
    """In lower case, a name in its ASCII form (UTS 46), an IPv6 address without brackets."""
    port: int
    authorization: str = ""
    """The header's value that tells user and password, if the URL holds any."""

    @property
    def endpoint(self) -> str:
        """Host and port: the unit of politeness."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """What a request names to the host: the path and the query."""
        return self.url[self.url.index("/", len("https://")) :]


def parse(url: str) -> Address:
    """Return the address to ask for `url`.

    What is not ASCII is percent-encoded byte for byte, since lists hold raw bytes (Latin-1 text);
    text that cannot be such bytes, as a user may type it, is taken as UTF-8.

    Raises
    ------
    Failed
        BAD_URL if it is no http or https URL with a host.
    """
    if len(url) > MOST_CHARACTERS:
        raise Failed(Outcome.BAD_URL, f"longer than {MOST_CHARACTERS} characters")
    try:
        written = normalize_url(_ascii(url))
    except ValueError:
        written = ""
    parts = _WRITTEN.match(written)
    if not parts:
        is_web = url.strip()[:5].lower() in ("http:", "https")
        why = "no host, or none that can be" if is_web else "neither http nor https"
        raise Failed(Outcome.BAD_URL, f"{why}: {url[:80]!a}")
    scheme, user, password, rest, six, name, port = parts.groups()
    if port == "0":  # which means "any" to who listens
        raise Failed(Outcome.BAD_URL, f"nobody is at port 0: {url[:80]!a}")
    return Address(
        f"{scheme}://{rest}",
        scheme,
        six or name,
        int(port) if port else _PORTS[scheme],
        _basic(user, password) if user or password else "",
    )


def join(base: str, location: str) -> str:
    """Return the URL that a redirect from `base` to `location` leads to; raise BAD_URL if none."""
    try:
        return join_url(base, _ascii(location))
    except ValueError:
        raise Failed(Outcome.BAD_URL, f"a redirect to {printable(location)}") from None


def endpoint(url: str) -> str:
    """Return host and port of `url`, or an empty text if it has none."""
    try:
        return parse(url).endpoint
    except Failed:
        return ""


def host_and_port(endpoint: str) -> tuple[str, str]:
    """Return the host of an endpoint, an IPv6 address without brackets, and its port.

    What is a host alone has no port: an empty text.
    """
    parts = _ENDPOINT.fullmatch(endpoint)
    return (parts["host"].strip("[]"), parts["port"] or "") if parts else (endpoint, "")


def is_address(host: str) -> bool:
    """Say whether a host is an address, not a name: what ends in a number is read as one."""
    return ":" in host or _ENDS_IN_A_NUMBER.fullmatch(host.rstrip(".")) is not None


def ascii_host(host: str) -> str:
    """Return a host as addresses have it, nothing if it is empty; raise ValueError.

    Parameters
    ----------
    host : str
        A name or an address as a user gives it, an IPv6 address without brackets.
    """
    url = normalize_url(f"http://[{host}]/" if ":" in host else f"http://{host}/") if host else ""
    name = url[len("http://") : -len("/")].strip("[]")
    # Browsers let more pass, which no name has, and which means something else to users.
    if not all(character.isalnum() or character in "-._:" for character in name):
        raise ValueError(f"a host cannot be called {host!r}")
    return name if name.strip(".") else ""


def _ascii(url: str) -> str:
    """Return a URL with all bytes percent-encoded that are not ASCII; a host's are UTF-8 then."""
    if url.isascii():
        return url
    try:
        host = _HOST.match(url)
        begin, end = host.span(1) if host else (0, 0)
        before, after = url[:begin].encode("latin-1"), url[end:].encode("latin-1")
        raw = before + readable(url[begin:end]).encode() + after
    except UnicodeEncodeError:
        raw = url.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)


def _basic(user: str | None, password: str | None) -> str:
    """Return what tells a user and a password, both percent-encoded (RFC 7617)."""
    both = unquote_to_bytes(user or "") + b":" + unquote_to_bytes(password or "")
    return f"Basic {b64encode(both).decode()}"


# Which hosts belong together: the domain that somebody has registered.
#
# By the Public Suffix List, as browsers use it, in the version that comes with its package: nothing
# is fetched.


def registrable_domain(endpoint: str) -> str:
    """Return the registrable domain of a host, nothing for an address or a name without one.

    Parameters
    ----------
    endpoint : str
        The host, with or without its port: `farm1.static.flickr.com:80` is of `flickr.com`.

    Returns
    -------
    str
        In lower case, what stands before the public suffix and the suffix itself (eTLD+1). Who
        has a name below `github.io` or `blogspot.com` counts as owner of that name.
    """
    host, _ = host_and_port(endpoint)
    name = host.lower().rstrip(".")
    return "" if is_address(name) else _list().privatesuffix(name) or ""


@lru_cache(maxsize=None)
def _list() -> PublicSuffixList:
    """Return the list, read when it is first needed: 35 ms and 3 MB that most commands save."""
    return PublicSuffixList()


# The Wayback Machine's captures: how they are addressed, and what their addresses tell.

WAYBACK_PACE = 7.8
"""Requests a second: it bears ten, and asks for no more than eight; some arrive late, the next do
not, and both must not come in one second with seven others."""

_FORM = "%Y%m%d%H%M%S"
_BEGINNING = "00000101000000"
"""Of a year: what a date that is not told in full is completed with."""

_DATE = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
_AT_ANY_TIME = re.compile(r"^([0-9]{1,14})(?:[a-z]{2}_)?(?=/)")
_CAPTURE = re.compile(r"([0-9]{14})(?:[a-z]{2}_)?/https?:", re.IGNORECASE)


def capture_moment(date: str) -> str:
    """Return the 14 digits that stand for a date in addresses.

    Parameters
    ----------
    date : str
        A year, or more of a date: `2010`, `2010-05`, `20100521`.

    Raises
    ------
    BadInput
        If there is no such date.
    """
    digits = date.replace("-", "")
    moment = digits + _BEGINNING[len(digits) :]
    try:
        if _DATE.fullmatch(digits) and datetime.strptime(moment, _FORM):
            return moment
    except ValueError:
        pass
    raise BadInput(
        f'--wayback-date="{date}" is no date: write a year, a month or a day, for example '
        "--wayback-date=2010 or --wayback-date=2010-05-21"
    )


def capture_address(archive: str, moment: str, url: str) -> str:
    """Return where the raw bytes are of the capture of `url` that is nearest to a moment.

    Raises
    ------
    Failed
        BAD_URL if there can be none.
    """
    return f"{archive.rstrip('/')}/web/{moment}id_/{parse(url).url}"


@lru_cache(maxsize=8)
def _begin(archive: str) -> str:
    """Return how the addresses of an archive's captures begin."""
    return f"{parse(archive).url.rstrip('/')}/web/"


def capture_redirect(address: str, archive: str) -> str:
    """Return where a redirect of an archive is followed to: it names its own addresses in any way.

    That is where the raw bytes are of the capture that it leads to, and not a page around them.

    Raises
    ------
    Failed
        REDIRECTS if it leads to anything else than a capture: what is there now is none.
    """
    begin = _begin(archive)
    _, _, place = begin.partition("://")
    scheme, _, rest = address.partition("://")
    if scheme in ("http", "https") and rest.startswith(place):
        return begin + _AT_ANY_TIME.sub(r"\1id_", rest[len(place) :])
    raise Failed(Outcome.REDIRECTS, address)


def is_capture(headers: Container[str]) -> bool:
    """Say whether an answer is what an archive has captured, not its own (RFC 7089, 2.1.1)."""
    return "Memento-Datetime" in headers


def capture_time(address: str, archive: str) -> str:
    """Return when the capture at an address was made, as records hold times; else nothing.

    Parameters
    ----------
    address : str
        What has been asked at last: as any host may write it, if it was one of redirects.
    archive : str
        The service whose captures are believed: those at addresses that begin as its own.
    """
    begin = _begin(archive)
    found = _CAPTURE.match(address, len(begin)) if address.startswith(begin) else None
    try:
        taken = datetime.strptime(found.group(1), _FORM) if found else None
    except ValueError:
        return ""
    return taken.isoformat() + "Z" if taken else ""
