"""URLs as lists and redirects hold them, made what a browser would ask.

The rules are those of WHATWG's URL standard, by Ada, the parser of Node. The second part tells
which hosts belong together; the third knows the URLs of the Wayback Machine's captures.
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
"""Characters of a URL: more than any server reads, and still quickly parsed."""

_PARSED_BEFORE, _SHORT_URL = 4096, 512
"""URLs that stay taken apart, and the most characters of one: on its way, a link is taken apart
half a dozen times within moments."""

_PORTS = {"http": 80, "https": 443}
# The form that the parser writes, where all that could be mistaken for another part is escaped.
_WRITTEN = re.compile(
    r"(https?)://(?:([^:/@]*)(?::([^/@]*))?@)?((?:\[([^\]]*)\]|([^:/]*))(?::([0-9]+))?/[^#]*)"
)
# The host of a URL, with its port, as browsers find it: a backslash counts as a slash.
_HOST = re.compile(
    r"[\x00-\x20]*(?:https?:)?[/\\\t\r\n]{2,}(?:[^/\\?#]*@)?([^/\\?#]*)", re.IGNORECASE
)
_ENDPOINT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]+))?", re.DOTALL)
_ENDS_IN_A_NUMBER = re.compile(
    r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.DOTALL
)  # as WHATWG's URLs have it


class Address(NamedTuple):
    """A URL taken apart, as it is asked; all of it is ASCII."""

    url: str
    """Without user and password, and without the fragment."""
    scheme: str
    host: str
    """A name in lower case and its ASCII form (UTS 46), or an address, without brackets."""
    port: int
    authorization: str = ""
    """The value of the header Authorization, if the URL holds user or password."""

    @property
    def endpoint(self) -> str:
        """Host and port: what politeness is kept for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """The host and a port that is not the scheme's own, as the header Host has them."""
        return self.url.split("/", 3)[2]

    @property
    def target(self) -> str:
        """The path and the query, as the first line of a request has them."""
        return self.url[self.url.index("/", len("https://")) :]


def parse(url: str) -> Address:
    """Return the address to ask for `url`.

    What is not ASCII is percent-encoded byte for byte, since lists hold raw bytes (Latin-1 text).
    Text that is not Latin-1, as a user may type it, is encoded as UTF-8.

    Raises
    ------
    Failed
        BAD_URL if it is no http or https URL with a host.
    """
    return _remembered(url) if len(url) <= _SHORT_URL else _parsed(url)


def _parsed(url: str) -> Address:
    if len(url) > MOST_CHARACTERS:
        raise Failed(Outcome.BAD_URL, f"longer than {MOST_CHARACTERS} characters")
    try:
        written = normalize_url(_ascii(url))
    except ValueError:
        written = ""
    parts = _WRITTEN.match(written)
    if not parts:
        is_web = url.strip()[:5].lower() in ("http:", "https")
        why = "no host, or a host that cannot exist" if is_web else "not http and not https"
        raise Failed(Outcome.BAD_URL, f"{why}: {url[:80]!a}")
    scheme, user, password, rest, six, name, port = parts.groups()
    if port == "0":  # which a server cannot listen at
        raise Failed(Outcome.BAD_URL, f"port 0 cannot be asked: {url[:80]!a}")
    return Address(
        f"{scheme}://{rest}",
        scheme,
        six or name,
        int(port) if port else _PORTS[scheme],
        _basic(user, password) if user or password else "",
    )


_remembered = lru_cache(maxsize=_PARSED_BEFORE)(_parsed)


def join(base: str, location: str) -> str:
    """Return the URL that a redirect leads to.

    Parameters
    ----------
    base : str
        The URL that redirects.
    location : str
        The value of its header Location.

    Raises
    ------
    Failed
        BAD_URL if it leads to no URL.
    """
    try:
        return join_url(base, _ascii(location))
    except ValueError:
        raise Failed(Outcome.BAD_URL, f"a redirect to {printable(location)}") from None


def endpoint(url: str) -> str:
    """Return host and port of `url`, an empty text if it cannot be asked."""
    try:
        return parse(url).endpoint
    except Failed:
        return ""


def host_and_port(endpoint: str) -> tuple[str, str]:
    """Return the host of an endpoint, an IPv6 address without brackets, and its port.

    The port of a host alone is an empty text.
    """
    parts = _ENDPOINT.fullmatch(endpoint)
    return (parts["host"].strip("[]"), parts["port"] or "") if parts else (endpoint, "")


def is_address(host: str) -> bool:
    """Say whether a host is an address and not a name: what ends in a number is an address."""
    return ":" in host or _ENDS_IN_A_NUMBER.fullmatch(host.rstrip(".")) is not None


def ascii_host(host: str) -> str:
    """Return a host as `Address` has it, an empty text if it is empty.

    Parameters
    ----------
    host : str
        A name or an address as a user gives it, an IPv6 address without brackets.

    Raises
    ------
    ValueError
        If no host can be called so.
    """
    url = normalize_url(f"http://[{host}]/" if ":" in host else f"http://{host}/") if host else ""
    name = url[len("http://") : -len("/")].strip("[]")
    # Browsers take more characters, which no name has and by which users mean something else.
    if not all(character.isalnum() or character in "-._:" for character in name):
        raise ValueError(f"a host cannot be called {host!r}")
    return name if name.strip(".") else ""


def _ascii(url: str) -> str:
    """Return a URL with percent-encoding for all but ASCII; its host is encoded as UTF-8."""
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
    """Return the credentials of a percent-encoded user and password (RFC 7617)."""
    both = unquote_to_bytes(user or "") + b":" + unquote_to_bytes(password or "")
    return f"Basic {b64encode(both).decode()}"


# Registrable domains: which hosts belong together, by the Public Suffix List that browsers use. It
# comes with its package, and nothing is fetched.


def registrable_domain(endpoint: str) -> str:
    """Return the registrable domain of a host, an empty text if it has none, as an address.

    Parameters
    ----------
    endpoint : str
        The host, with or without its port: `farm1.static.flickr.com:80` is of `flickr.com`.

    Returns
    -------
    str
        The public suffix and one label before it (eTLD+1), in lower case. A name below
        `github.io` or `blogspot.com` is such a domain too.
    """
    host, _ = host_and_port(endpoint)
    name = host.lower().rstrip(".")
    return "" if is_address(name) else _list().privatesuffix(name) or ""


@lru_cache(maxsize=None)
def _list() -> PublicSuffixList:
    """Return the list, read when first needed: most commands save its 35 ms and 3 MB."""
    return PublicSuffixList()


# Captures of the Wayback Machine: their URLs, and what these tell.

WAYBACK_PACE = 7.8
"""Requests a second. The Wayback Machine asks for no more than eight, and bears ten. It is a little
less than eight, since a request that arrives late shares a second with later ones."""

_FORM = "%Y%m%d%H%M%S"
_BEGINNING = "00000101000000"
"""The beginning of a year, with which a shorter date is completed."""

_DATE = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
_AT_ANY_TIME = re.compile(r"^([0-9]{1,14})(?:[a-z]{2}_)?(?=/)")
_CAPTURE = re.compile(r"([0-9]{14})(?:[a-z]{2}_)?/https?:", re.IGNORECASE)


def capture_moment(date: str) -> str:
    """Return the 14 digits that stand for a date in the URLs of captures.

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
        f'--wayback-date="{date}" is not a date: write a year, a month or a day, for example '
        "--wayback-date=2010 or --wayback-date=2010-05-21"
    )


def capture_address(archive: str, moment: str, url: str) -> str:
    """Return the URL of the raw bytes of the capture of a URL that is nearest to a moment.

    Parameters
    ----------
    archive : str
        The URL of the archive.
    moment : str
        As `capture_moment` returns it.
    url : str
        The captured URL.

    Raises
    ------
    Failed
        BAD_URL if no capture of it is possible.
    """
    return f"{archive.rstrip('/')}/web/{moment}id_/{parse(url).url}"


@lru_cache(maxsize=8)
def _begin(archive: str) -> str:
    """Return how the URLs of an archive's captures begin."""
    return f"{parse(archive).url.rstrip('/')}/web/"


def capture_redirect(address: str, archive: str) -> str:
    """Return the URL to ask for a redirect of an archive: the raw bytes of the capture.

    An archive may redirect to a page around the bytes, and spell its own URL in another way.

    Parameters
    ----------
    address : str
        The URL that the redirect leads to.
    archive : str
        The URL of the archive.

    Raises
    ------
    Failed
        REDIRECTS if it leads to no capture: what the web has there today is none.
    """
    begin = _begin(archive)
    _, _, prefix = begin.partition("://")
    scheme, _, rest = address.partition("://")
    if scheme in ("http", "https") and rest.startswith(prefix):
        return begin + _AT_ANY_TIME.sub(r"\1id_", rest[len(prefix) :])
    raise Failed(Outcome.REDIRECTS, address)


def is_capture(headers: Container[str]) -> bool:
    """Say whether an answer is a capture, and not the archive's own (RFC 7089, 2.1.1)."""
    return "Memento-Datetime" in headers


def capture_time(address: str, archive: str) -> str:
    """Return when a capture was made, as records hold times; an empty text if nobody knows.

    Parameters
    ----------
    address : str
        The URL that was asked last; after redirects, any host may have written it.
    archive : str
        The URL of the archive whose captures are believed.
    """
    begin = _begin(archive)
    found = _CAPTURE.match(address, len(begin)) if address.startswith(begin) else None
    try:
        taken = datetime.strptime(found.group(1), _FORM) if found else None
    except ValueError:
        return ""
    return taken.isoformat() + "Z" if taken else ""
