"""Take the pictures of a terminal that stand in docs/images: `terminal-COLUMNS-SCENE.svg`.

    python tools/capture_terminal.py [SCENE …]

Each command really runs, in a CK that has nothing at first, against the practice web, on a terminal
of 80 and of 140 columns. pyte is the terminal: it draws what a user sees at the moment of the
picture. rich writes that down as SVG.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from itertools import groupby
from pathlib import Path
from typing import Mapping, NamedTuple

import pyte
from pyte.screens import Char
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

CHECKOUT = Path(__file__).resolve().parent.parent
IMAGES = CHECKOUT / "docs" / "images"
MODULE = CHECKOUT / "module" / "imagenet"
sys.path.insert(0, str(MODULE))

from ck_imagenet_practice import PracticeWeb  # noqa: E402
from ck_imagenet_practice.further import FURTHER  # noqa: E402

_PORT = 14298

HOME = b"/home/you"
"""What is shown in place of the folder in which the commands really run."""

_CK = [sys.executable, str(Path(sys.executable).with_name("ck"))]
_THEME = TerminalTheme(
    (24, 26, 31),
    (222, 222, 222),
    [
        *((40, 42, 48), (236, 110, 110), (120, 200, 120), (230, 190, 100)),
        *((110, 160, 240), (200, 140, 220), (100, 200, 210), (222, 222, 222)),
    ],
)
# What rich asks a server of fonts for: pages of docs ask nobody.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)


class Scene(NamedTuple):
    """A picture to take."""

    command: str
    moment: str = ""
    """What the screen shows, as a regular expression, when something happens; "" is the end."""
    typed: bytes = b""
    """What is typed at that moment."""
    is_taken_then: bool = False
    """Whether the picture is taken before that, and not at the end."""
    rows: int = 50
    """The height of the terminal."""


SCENES: Mapping[str, Scene] = {
    "help": Scene("ck help imagenet"),
    "choosing": Scene("ck download imagenet --wnid=dog"),
    "summary": Scene("ck download imagenet --set=imagewoof"),
    "question": Scene(
        "ck download imagenet --under=n02084071 --max-images=100", r"\[y/N\]", b"n\n", True
    ),
    "interrupted": Scene("ck download imagenet --wnid=n02110341 --sleep=2", " [5-9] saved", b"\3"),
    "progress": Scene(
        "ck download imagenet --under=n02084071 --max-images=100 --yes",
        *(r"(?s)(n0\d{7}  .*){8}\d+ of 190 synsets .* left", b"\3", True),
    ),
    "status": Scene("ck status imagenet --set=imagewoof"),
    "failures": Scene("ck status imagenet --failures --wnid=n02086240,n02087394,n02110341"),
}
"""In the order in which they are played: each finds what the ones before it have left."""


def main() -> None:
    """Take the pictures, or those that are named."""
    wanted = sys.argv[1:] or list(SCENES)
    IMAGES.mkdir(exist_ok=True)
    for columns in (80, 140):
        with tempfile.TemporaryDirectory() as name, PracticeWeb(_PORT, further=FURTHER) as web:
            environment = _registered(Path(name), web.environment())
            for scene in SCENES:
                screen = _play(SCENES[scene], columns, Path(name), environment)
                if scene in wanted:
                    path = IMAGES / f"terminal-{columns}-{scene}.svg"
                    path.write_text(_svg(screen, path.stem), "utf-8")
                    print(path.relative_to(CHECKOUT), flush=True)


def _registered(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a user who has just installed it all."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CK_") and name not in ("NO_COLOR", "COLUMNS", "LINES")
    }
    here = {"HOME": str(folder), "CK_REPOS": str(folder / "CK"), "TERM": "xterm-256color"}
    environment = {**others, **here, **settings}
    command = [*_CK, "import", "repo", f"--path={CHECKOUT}", "--quiet", "--out=json"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return environment


def _play(scene: Scene, columns: int, folder: Path, environment: dict[str, str]) -> pyte.Screen:
    """Run a scene's command to its end; return the screen at the moment of its picture."""
    process, terminal = pty.fork()
    if not process:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", scene.rows, columns, 0, 0))
        os.chdir(folder)
        os.execve(_CK[0], [*_CK, *shlex.split(scene.command)[1:]], environment)  # noqa: S606
    shown, taken, is_over = f"$ {scene.command}\r\n".encode(), None, False
    while not is_over:
        data = _read(terminal)
        shown, is_over = shown + data, not data
        # What is drawn in several steps is looked at when nothing more comes for a moment.
        is_still = not select.select([terminal], [], [], 0.02)[0]
        if scene.moment and not taken and is_still:
            screen = _drawn(shown.replace(bytes(folder), HOME), columns, scene.rows)
            if re.search(scene.moment, "\n".join(screen.display)):
                taken = screen
                os.write(terminal, scene.typed)
    os.close(terminal)
    os.waitpid(process, 0)
    if taken and scene.is_taken_then:
        return taken
    return _drawn(shown.replace(bytes(folder), HOME), columns, scene.rows)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody writes any more
        return b""


def _drawn(shown: bytes, columns: int, rows: int) -> pyte.Screen:
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(shown)
    return screen


def _svg(screen: pyte.Screen, name: str) -> str:
    """Return a screen as rich writes it, without the empty lines at its end but one."""
    console = Console(width=screen.columns, record=True, file=io.StringIO(), force_terminal=True)
    last = max(row for row, line in enumerate(screen.display) if line.strip())
    for row in range(last + 1):
        line = Text(no_wrap=True)
        chars = [screen.buffer[row][column] for column in range(screen.columns)]
        for style, alike in groupby(chars, _style):
            line.append("".join(char.data for char in alike), style)
        line.rstrip()
        console.print(line)
    console.print()  # else the last line is cut off at its foot
    return console.export_svg(title="", theme=_THEME, code_format=_FORMAT, unique_id=name)


def _style(char: Char) -> Style:
    colours = {"default": None, "brown": "yellow"}
    front, back = (colours.get(each, _named(each)) for each in (char.fg, char.bg))
    return Style(color=front, bgcolor=back, bold=char.bold, reverse=char.reverse)


def _named(colour: str) -> str:
    """Return a colour as rich calls it: pyte has names, or six digits."""
    is_number = re.fullmatch("[0-9a-f]{6}", colour)
    return f"#{colour}" if is_number else re.sub("^bright", "bright_", colour)


if __name__ == "__main__":
    main()
