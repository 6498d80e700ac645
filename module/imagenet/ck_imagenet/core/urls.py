"""URLs as lists and redirects hold them, made what a browser would ask.

The rules are those of WHATWG's URL standard, by the parser that Node has, too: Ada.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ada_url import join_url, normalize_url

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
