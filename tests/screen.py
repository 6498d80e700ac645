"""A person's screen: a real terminal in which a command runs, seen through a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Callable, Mapping, Sequence

import pyte

LIBRARY = Path(__file__).resolve().parent.parent / "module" / "imagenet"
OWN = (sys.executable, "-m", "ck_imagenet")
"""The front door that needs no CK."""


class Screen:
    """What somebody sees who has typed a command, and may type more.

    Parameters
    ----------
    command : sequence of str
        The command and its arguments.
    cwd, env : Path, mapping
        Where it runs, and in which environment.
    columns, rows : int, optional
        How large the screen is.
    """

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.bytes = b""
        self._ours, theirs = pty.openpty()
        self._size(theirs, columns, rows)
        environment = {"TERM": "xterm-256color", "PYTHONPATH": str(LIBRARY), **env}
        environment.pop("COLUMNS", None)
        environment.pop("LINES", None)
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_lead_terminal,  # so that Ctrl-C is the terminal's own
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ends()
        os.close(self._ours)

    @property
    def lines(self) -> list[str]:
        """What is on the screen now, with what has moved off its top, without empty lines below."""
        with self._lock:
            above = [
                "".join(line[x].data for x in sorted(line)) for line in self._screen.history.top
            ]
            shown = [line.rstrip() for line in [*above, *self._screen.display]]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    @property
    def cursor(self) -> tuple[int, bool]:
        """In which column the cursor is, and whether it can be seen."""
        with self._lock:
            return self._screen.cursor.x, not self._screen.cursor.hidden

    def colours(self, word: str) -> set[str]:
        """Return the colours in which a word stands on the screen."""
        found = set()
        with self._lock:
            for y, line in enumerate(self._screen.display):
                x = line.find(word)
                if x >= 0:
                    cells = self._screen.buffer[y]
                    found |= {cells[at].fg for at in range(x, x + len(word))}
        return found

    def shows(self, is_seen: Callable[[str], object], seconds: float = 30) -> str:
        """Wait until something can be seen, and return all that can."""
        end = time.monotonic() + seconds
        while not is_seen(self.text):
            assert time.monotonic() < end, self.text
            assert self.process.poll() is None or self._reader.is_alive(), self.text
            time.sleep(0.02)
        return self.text

    def type(self, text: str) -> None:
        """Type something; "\\x03" is Ctrl-C."""
        os.write(self._ours, text.encode())

    def resize(self, columns: int, rows: int = 24) -> None:
        """Give the window another size."""
        with self._lock:
            self._screen.resize(rows, columns)
        self._size(self._ours, columns, rows)

    def ends(self, seconds: float = 60) -> int:
        """Wait for the end, and return the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def _size(self, descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                said = os.read(self._ours, 65536)
            except OSError:  # nobody holds the other end any more
                return
            if not said:
                return
            with self._lock:
                self.bytes += said
                self._stream.feed(said)


def _lead_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
