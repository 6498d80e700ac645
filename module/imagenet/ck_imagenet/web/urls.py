"""URLs as lists and redirects hold them, made fit to be asked."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ..outcomes import Failed, Outcome
from ..wording import printable, readable

MOST_CHARACTERS = 2**16
"""Characters of a URL: more than any server reads, and no burden yet."""

_PORTS = {"http": 80, "https": 443}
# What a request line may hold as it stands: the reserved characters of RFC 3986 and "%".
_ALLOWED = "!$%&'()*+,/:;=?@[]~"
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_ENDPOINT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]+))?", re.DOTALL)
_ENDS_IN_A_NUMBER = re.compile(
    r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.DOTALL
)  # as WHATWG's URLs have it
# Not all that `str.strip` takes off: 0xA0 is the last byte of "\u00e0" in UTF-8.
_BLANKS = " \t\r\n"


class Address(NamedTuple):
    """Where and what to ask; everything in it is ASCII."""

    url: str
    scheme: str
    host: str
    """In lower case, a name in its ASCII form (RFC 3490), an IPv6 address without brackets."""
    port: int

    @property
    def endpoint(self) -> str:
        """Host and port: the unit of politeness."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


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
        parts = urlsplit(url.strip(_BLANKS))
        port = parts.port
        # `hostname` is in lower case, which would change the bytes of UTF-8: so read them before.
        host = ascii_host(parts._replace(netloc=readable(parts.netloc)).hostname or "")
    except ValueError as error:
        raise Failed(Outcome.BAD_URL, printable(str(error))) from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise Failed(Outcome.BAD_URL, f"neither http nor https: {url[:80]!a}")
    if not host or port == 0:
        raise Failed(Outcome.BAD_URL, f"no host: {url[:80]!a}")
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _PORTS[scheme]:
        netloc += f":{port}"
    asked = SplitResult(scheme, netloc, _quoted(parts.path) or "/", _quoted(parts.query), "")
    return Address(asked.geturl(), scheme, host, port or _PORTS[scheme])


def join(base: str, location: str) -> str:
    """Return the URL that a redirect from `base` to `location` leads to; raise BAD_URL if none."""
    try:
        return urljoin(base, location.strip(_BLANKS))
    except ValueError as error:
        raise Failed(Outcome.BAD_URL, printable(str(error))) from None


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


def _quoted(text: str) -> str:
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass")
    # One "%" that escapes nothing would have all escapes of the URL escaped again further down.
    return _STRAY_PERCENT.sub("%25", quote(raw, safe=_ALLOWED))


def ascii_host(host: str) -> str:
    """Return a host in lower case and in ASCII, nothing if it is empty; raise ValueError."""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    # IDNA lets characters through, and makes some, that no name can have.
    if not all(character.isalnum() or character in "-._:" for character in host):
        raise ValueError(f"a host cannot be called {host!r}")
    if ":" in host:
        ipaddress.IPv6Address(host)
    return host.lower() if host.strip(".") else ""
