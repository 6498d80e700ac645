"""A small web of tiny pictures, under names and a port that stay the same from year to year.

So what was downloaded from it once can be gone on with whenever it is served again. Some of its
links fail at first and pass later: those that a later download is to ask for again.
"""

from __future__ import annotations

import hashlib
import io
import random
import re
import socket
import threading
import time
from contextlib import suppress
from typing import Callable, Union

from peer import Peer, Talk, answer, head, redirect
from PIL import Image
from tarballs import tar

TENCH, DALMATIAN = "n01440764", "n02110341"
PORT = 14219
"""Of all hosts: links hold it, so it must be the same whenever they are asked."""

_TAKEN = "20100521123456"
"""When the Wayback Machine has captured what it has."""
_GAP = 0.25
"""Seconds between two requests that the host which rations wants at first."""

Say = Union[bytes, Callable[[Talk], object]]
"""An answer, or what is done instead of one."""


def _urls(wnid: str, links: str) -> dict[str, str]:
    """Return URLs by the names of their pictures, from lines of a number, a host and a path."""
    rows = (line.split() for line in links.strip().splitlines())
    return {f"{wnid}_{number}": f"http://{host}:{PORT}{path}" for number, host, path in rows}


LISTED = {
    TENCH: _urls(
        TENCH,
        """
        12 pond.example /good/12.jpg
        17 pond.example /good/17,large.png
        31 pond.example /moved/31.png
        40 i12.photobucket.com /good/40.jpg
        58 lake.example /same/58.jpg
        63 lake.example /gone/63.jpg
        64 lake.example /lost/64.jpg
        77 lake.example /gone/captured/77.jpg
        90 river.example /private/90.jpg
        91 river.example /page/91.jpg
        92 river.example /pixel/92.gif
        93 river.example /half/93.jpg
        94 river.example /empty/94.jpg
        95 river.example /circle/95.jpg
        96 river.example /teapot/96.jpg
        97 river.example /noai/97.jpg
        98 i.imgur.com /removed.png
        99 none.example /good/99.jpg
        120 spring.example /busy/120.jpg
        121 well.example /failing/121.jpg
        122 brook.example /short/122.jpg
        123 stalls.example /stalled/123.jpg
        124 silent.example /silent/124.jpg
        125 shut.example /good/125.jpg
        9981 pond.example /good/9981.webp
        """,
    ),
    DALMATIAN: _urls(
        DALMATIAN,
        "\n".join(f"{number} rations.example /good/d{number}.jpg" for number in range(2, 20, 2)),
    ),
}
"""The URLs of each synset by the names of their pictures, as the list service has them."""

GIVEN = {
    f"{TENCH}_0": f"http://creek.example:{PORT}/good/a.jpg",
    f"{TENCH}_1": f"http://creek.example:{PORT}/gone/b.jpg",
    f"{TENCH}_2": f"http://creek.example:{PORT}/failing/c.jpg",
}
"""The same of a list without names, whose pictures have the numbers of their lines."""

PASSING = ("busy", "failing", "short", "stalled", "silent")
"""The folders of links that fail at first; so does all of shut.example."""


def picture(path: str) -> bytes:
    """Return the tiny picture that lives at a path: JPEG, unless its extension is another's."""
    colour = tuple(hashlib.sha256(path.encode()).digest()[:3])
    form = {"png": "PNG", "gif": "GIF", "webp": "WEBP"}.get(path.rpartition(".")[2], "JPEG")
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, form)
    return file.getvalue()


def class_tar(wnid: str, *numbers: int) -> bytes:
    """Return the tar of a class as ImageNet writes it."""
    named = {f"{wnid}_{n}.JPEG".encode(): picture(f"/tar/{wnid}/{n}") for n in numbers}
    return tar(named)


class SmallWeb:
    """The web, from construction until `stop`; a context manager.

    Parameters
    ----------
    is_young : bool
        Whether those links still fail that pass later.

    Attributes
    ----------
    asked : list of str
        The URLs that were asked for, also those of lists and captures.
    """

    def __init__(self, is_young: bool) -> None:
        self._is_young = is_young
        self._lock = threading.Lock()
        self._latest = 0.0
        self.asked: list[str] = []
        self._peer, self._address = self._listen()

    def __enter__(self) -> SmallWeb:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End everything."""
        self._peer.stop()

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point ck-imagenet at this web."""
        nobody = _some_address()  # the host that refuses connections
        shut = f"shut.example:{nobody}," if self._is_young else ""
        return {
            "CK_IMAGENET_SERVICE": f"http://lists.example:{PORT}",
            "CK_IMAGENET_WAYBACK_SERVICE": f"http://captures.example:{PORT}",
            "CK_IMAGENET_WINTER21": f"http://lists.example:{PORT}/winter21/{{wnid}}.tar",
            "CK_IMAGENET_ALLOW_PRIVATE": "127.0.0.0/8",
            "CK_IMAGENET_RESOLVE": f"none.example:none,{shut}*:{self._address}",
        }

    def _listen(self) -> tuple[Peer, str]:
        """Listen on the port of an address that nobody else uses; macOS has but one address."""
        for address in (*(_some_address() for _ in range(20)), "127.0.0.1"):
            with suppress(OSError):
                return Peer(self._converse, address, PORT), address
        raise OSError(f"port {PORT} is taken: end the program that uses it")

    def _converse(self, talk: Talk) -> None:
        for request in iter(talk.hear, b""):
            target, host = _asked(request)
            say = self._answer(host, target)
            if not isinstance(say, bytes):
                say(talk)
                return
            talk.say(say)

    def _answer(self, host: str, target: str) -> Say:
        self.asked.append(f"http://{host}:{PORT}{target}")
        if host == "lists.example":
            return _listed(target)
        if host == "captures.example":
            return _captured(target)
        if host == "rations.example" and self._is_early():
            return answer(status="429 Too Many Requests")
        folder = target.split("/")[1]
        if self._is_young and folder in PASSING:
            return _failing(folder, picture(target))
        return _steady(folder, target)

    def _is_early(self) -> bool:
        """Say whether a request comes too early for the host that rations at first."""
        with self._lock:
            now = time.monotonic()
            if self._is_young and now - self._latest < _GAP:
                return True
            self._latest = now
            return False


def _failing(folder: str, whole: bytes) -> Say:
    """Return what a link does at first that passes later."""
    begun = head(f"Content-Length: {len(whole)}") + whole[:100]

    def stall(talk: Talk) -> None:
        talk.say(begun)
        talk.wait()

    failures: dict[str, Say] = {
        "busy": answer(status="503 Service Unavailable"),
        "failing": answer(status="500 Internal Server Error"),
        "short": lambda talk: talk.say(begun),
        "stalled": stall,
        "silent": Talk.wait,
    }
    return failures[folder]


def _steady(folder: str, path: str) -> bytes:
    """Return what a link always answers."""
    answers: dict[str, Callable[[], bytes]] = {
        "moved": lambda: redirect(f"/good{path}"),
        "same": lambda: answer(picture("/good/12.jpg")),
        "gone": lambda: answer(status="404 Not Found"),
        "lost": lambda: answer(status="410 Gone"),
        "private": lambda: answer(status="403 Forbidden"),
        "page": lambda: answer(b"<html>for sale</html>", "Content-Type: text/html"),
        "pixel": lambda: answer(_pixel()),
        "half": lambda: answer(picture(path)[:300]),
        "empty": answer,
        "circle": lambda: redirect(path),
        "teapot": lambda: answer(status="418 I'm a teapot"),
        "noai": lambda: answer(picture(path), "X-Robots-Tag: noai"),
    }
    return answers.get(folder, lambda: answer(picture(path)))()


def _pixel() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "GIF")
    return file.getvalue()


def _listed(target: str) -> bytes:
    """Return what the list service answers, which has the tars of a release too."""
    wnid = re.split("[=/.]", target.replace(".tar", ""))[-1]
    if target.startswith("/winter21/"):
        return answer(class_tar(wnid, 1000, 1001))
    if "getmapping" not in target or wnid not in LISTED:
        return answer(b"Invalid url!")
    return answer("".join(f"{name} {url}\r\n" for name, url in LISTED[wnid].items()).encode())


def _captured(target: str) -> bytes:
    """Return what the Wayback Machine answers, which has captured little."""
    moment, _, url = target.rpartition("/web/")[2].partition("id_/")
    if "/captured/" not in url:
        return answer(status="404 Not Found")
    if moment != _TAKEN:
        return redirect(f"/web/{_TAKEN}id_/{url}")
    dated = "Memento-Datetime: Fri, 21 May 2010 12:34:56 GMT"
    return answer(picture(url), dated, "Content-Type: image/jpeg")


def _asked(request: bytes) -> tuple[str, str]:
    """Return the target and the host, without its port, of a request."""
    line, *lines = request.decode("latin-1").split("\r\n")
    named = next(each for each in lines if each.lower().startswith("host:"))
    return line.split(" ")[1], named.split(":")[1].strip()


def _some_address() -> str:
    """Return an address of loopback that probably nobody else uses now."""
    return socket.inet_ntoa(bytes([127, *random.choices(range(1, 255), k=3)]))
