"""What three clients get of a practice web: ours, and from outside Chromium and curl.

None asks anybody beyond loopback: names stand for what the web says, and no others exist.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import socket
import ssl
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Container, Iterable, NamedTuple, Sequence

from browser import Browser
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import Link, PracticeWeb
from ck_imagenet_practice.world import KINDS
from PIL import Image
from terminal import Terminal

with warnings.catch_warnings():  # on old Pythons it complains of their age
    warnings.simplefilter("ignore")
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURL = shutil.which("curl")

_AT_ONCE = 40
_NOWHERE = "127.0.0.1:1"
"""Where nobody listens."""

_NO_ADDRESS = "0.0.0.1"
"""Which no system connects to."""

_PROVES_NOTHING = ("bad-certificate", "bad-handshake")


def typed(link: Link) -> str:
    """Return a link's URL as it is given to others: lists may hold any byte, and blanks."""
    return re.sub("[^!-~]", lambda byte: f"%{ord(byte.group()):02X}", link.url)


def shown_by_chromium(
    web: PracticeWeb,
    links: Sequence[Link],
    profile: Path,
    seconds: float = 20,
    visited: Container[str] = (),
) -> set[str]:
    """Return the names of the links from which Chromium shows a picture.

    Parameters
    ----------
    web, links : PracticeWeb, sequence of Link
        What is judged.
    profile : Path
        An empty folder.
    seconds : float
        The time that each link has.
    visited : container of str
        The kinds whose links are gone to, not shown by a page of another host: such pages get
        neither cookies nor passwords.
    """
    pages = [link for link in links if link.kind in visited]
    rest = [link for link in links if link.kind not in visited]
    shown: set[str] = set()
    flags = [f"--host-resolver-rules={_rules(web)}", _trusting(links)]
    with Browser(profile, flags) as browser:
        browser.visit(f"http://{web.hosts[0]}/text/x.txt")
        for first in range(0, len(rest), _AT_ONCE):
            part = rest[first : first + _AT_ONCE]
            found = browser.shows([typed(link) for link in part], seconds)
            shown |= {link.name for link, is_shown in zip(part, found) if is_shown}
        return shown | {link.name for link in pages if browser.opens(typed(link), seconds)}


def had_by_curl(web: PracticeWeb, links: Sequence[Link], folder: Path, seconds: float) -> set[str]:
    """Return the names of the links from which `curl` gets what Pillow opens as a picture.

    It follows redirects, undoes codings and keeps cookies, each link for itself.
    """
    settings = [
        *("--disable", "--silent", "--location", "--compressed", "--cookie", "", "--globoff"),
        *("--max-time", str(seconds), "--proto-redir", "=http,https"),
        *(part for port in (80, 443) for part in ("--connect-to", f":{port}:{_NOWHERE}")),
        *(part for name in _names(web, links) for part in ("--resolve", name)),
        *(("--cacert", web.authority) if web.authority else ()),
    ]

    def has(link: Link) -> bool:
        file = folder / link.name
        subprocess.run([str(CURL), *settings, "--output", str(file), typed(link)], check=False)
        return file.exists() and _is_picture(file.read_bytes())

    with ThreadPoolExecutor(16) as pool:
        return {link.name for link, had in zip(links, pool.map(has, links)) if had}


class Ours(NamedTuple):
    """What `ck download` has made of links."""

    outcomes: dict[str, str]
    """The word for each link, by its name."""
    pictures: dict[str, bytes]
    """The bytes that are in the folder, by the link's name."""

    @property
    def had(self) -> set[str]:
        """The names of the links whose picture is there, be it from another link."""
        mirrors = {name for name, word in self.outcomes.items() if word == "duplicate"}
        return mirrors | set(self.pictures)


def had_by_us(web: PracticeWeb, wnid: str, folder: Path, *options: str) -> Ours:
    """Download a synset's links into an empty folder."""
    terminal = Terminal(folder, web.environment())
    got = folder / "got"
    terminal.says("download", "imagenet", f"--wnid={wnid}", f"--outdir={got}", "--quiet", *options)
    records = Journal.of(FolderStore(got).synset(wnid)).records
    outcomes = {link.name: records[link.url].outcome.word for link in web.links(wnid)}
    files = {path.name.partition(".")[0]: path for path in (got / wnid).glob(f"{wnid}_*")}
    return Ours(outcomes, {name: path.read_bytes() for name, path in files.items()})


def _is_picture(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def _standing(web: PracticeWeb) -> dict[str, list[str]]:
    """Return what names stand for: some addresses, or none."""
    found: dict[str, list[str]] = {}
    for pair in web.resolve.split(","):
        name, _, address = pair.partition(":")
        found.setdefault(name, []).extend([address] if address[:1].isdigit() else [])
    return found


def _rules(web: PracticeWeb) -> str:
    """Return what names stand for, as Chromium is told: one address each, the last."""
    rules = [
        f"MAP {name} {addresses[-1] if addresses else '~NOTFOUND'}"
        for name, addresses in _standing(web).items()
        if name != "*"
    ]
    return ", ".join([*rules, "MAP * ~NOTFOUND", "EXCLUDE 127.*"])


def _names(web: PracticeWeb, links: Iterable[Link]) -> list[str]:
    """Return the same as curl is told, for the port of the picture hosts."""
    known, port = _standing(web), web.hosts[0].partition(":")[2]
    named = {link.host.rpartition(":")[0] for link in links if KINDS[link.kind].name}
    others: dict[str, list[str]] = {name: [] for name in sorted(named)}
    return [
        f"{name}:{port}:{','.join(addresses) or _NO_ADDRESS}"
        for name, addresses in {**others, **known}.items()
        if name != "*" and " " not in name
    ]


def _trusting(links: Iterable[Link]) -> str:
    """Return the flag that has Chromium trust the certificates that are good.

    Of an authority it could be told only in the settings of the whole machine.
    """
    hosts = {
        link.host
        for link in links
        if KINDS[link.kind].certificate and KINDS[link.kind].outcome not in _PROVES_NOTHING
    }
    keys = [key for key in map(_key, sorted(hosts)) if key]
    return f"--ignore-certificate-errors-spki-list={','.join(keys)}"


def _key(host: str) -> str:
    """Return the checksum of the key that a host shows, or nothing if it shows none."""
    address, _, port = host.partition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:AES128-SHA")
    for _ in range(2):  # some hang up the first time
        with suppress(OSError), socket.create_connection((address, int(port)), 5) as plain:
            with context.wrap_socket(plain) as secure:
                shown = secure.getpeercert(binary_form=True)
            key = x509.load_der_x509_certificate(shown or b"").public_key()
            data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return base64.b64encode(hashlib.sha256(data).digest()).decode()
    return ""
