"""nginx on many loopback addresses, in the foreground, with pictures of its own to serve."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Iterator, Sequence

from measure import LIBRARY
from peers import on_path

sys.path.insert(0, str(LIBRARY))

from ck_imagenet_practice.pictures import picture

HOSTS = 40
PROGRAM = on_path("nginx")
MISSING = "nginx is missing: apt-get install nginx-light"

_DRAWN = 100
_CONFIG = """
daemon off;
user {user};
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    open_file_cache max=20000 inactive=1h;
    types {{ image/jpeg jpg; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        {listen}
        root {folder}/root;
        {locations}
    }}
}}
"""


class Nginx:
    """nginx, from construction until the end of the `with`.

    Parameters
    ----------
    folder : Path
        For its settings; what lies in `root` there is served.
    locations : str
        Further lines of the server's settings.
    """

    def __init__(self, folder: Path, locations: str = "") -> None:
        self._folder = folder
        self._port = _free_port()
        addresses = [f"127.0.0.{host}:{self._port}" for host in range(2, HOSTS + 2)]
        config = _CONFIG.format(
            folder=folder,
            user=getpass.getuser(),
            workers=2,
            listen="\n        ".join(f"listen {address};" for address in addresses),
            locations=locations,
        )
        (folder / "root").mkdir(exist_ok=True)
        (folder / "nginx.conf").write_text(config)
        self._addresses = addresses
        self._process = subprocess.Popen(
            [PROGRAM(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"],
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_there()

    def __enter__(self) -> Nginx:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def urls(self, files: Sequence[str]) -> list[str]:
        """Return an address of each file, spread over the hosts."""
        return [
            f"http://{self._addresses[number % HOSTS]}/{file}" for number, file in enumerate(files)
        ]

    def cpu(self) -> float:
        """Return the seconds of processor that it and its workers have used; needs /proc."""
        ticks = sum(map(_ticks, [self._process.pid, *self._workers()]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _workers(self) -> Iterator[int]:
        master = self._process.pid
        return map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())

    def _wait_until_there(self) -> None:
        while self._process.poll() is None:
            address, port = self._addresses[-1].split(":")
            with suppress(OSError), socket.create_connection((address, int(port))):
                return
            time.sleep(0.02)
        sys.exit((self._folder / "error.log").read_text())


def draw_pictures(folder: Path, number: int, alike: bool = True) -> list[str]:
    """Write so many JPEGs of about 85 KB, no two the same, and return their names.

    A hundred are drawn; each copy differs in a comment, as checksums see it. If none shall look
    like another, all are drawn, which takes a minute.
    """
    folder.mkdir(exist_ok=True)
    drawn = [picture(f"healthy/{which}.jpg") for which in range(_DRAWN if alike else number)]
    names = [f"{which:05}.jpg" for which in range(number)]
    for which, name in enumerate(names):
        jpeg = drawn[which % len(drawn)]
        comment = b"%010d" % which
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (folder / name).write_bytes(jpeg[:2] + segment + jpeg[2:])
    return names


def _ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = after_name[11:13]
    return int(user) + int(system)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
