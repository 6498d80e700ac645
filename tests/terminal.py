"""A user's terminal: real `ck` processes in a CK_REPOS of their own."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from functools import lru_cache
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, Mapping

from commands import Command
from screen import Screen

CHECKOUT = Path(__file__).resolve().parent.parent
CK = [sys.executable, str(Path(sys.executable).with_name("ck"))]
_CK_CODE = "import sys; from ck.kernel import cli; sys.exit(cli())"
WNID = "n01440764"


LAST_WORDS = "\nThe documentation of ck-imagenet tells more"
"""What follows an error that ends with what is pasted."""


def ends_in_words(text: str) -> bool:
    """Say whether nobody pastes the end of a text: no command, no option, no address."""
    line = text.split("\n")[-1]
    word = line.split()[-1]
    if re.search(r"(?:^|\s)(?:ck|make|pip) [a-z]+(?: [a-z]+)?$", line):
        return False
    is_pasted = re.search(r"^[\"'(]*(?:--|https?:)|=|[/\\]\S*[^\"']$", word)
    return not is_pasted and re.search(r"[\w.…)\"']$", word) is not None


class Terminal:
    """A terminal in which ck-imagenet is registered with CK.

    Parameters
    ----------
    folder : Path
        Holds its CK_REPOS and its home; it is the working directory too.
    settings : mapping
        Environment variables, such as those that lead to a practice web.
    repos : Path or None
        The CK_REPOS of another terminal, to begin with a copy of.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str], repos: Path | None = None
    ) -> None:
        self.folder = folder
        self.repos = folder / "CK_REPOS"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CK_")}
        kept.pop("COLUMNS", None)  # pytest-xdist's: a terminal says itself how wide it is
        home = {"HOME": str(folder), "CK_REPOS": str(self.repos)}
        self.environment = {**kept, **home, **settings}
        origin = repos or registered()
        shutil.copytree(origin, self.repos)
        local = self.repos / "local"
        for file in (*local.glob(".ck.cache*"), *local.glob("repo/*/.cm/meta.json")):
            file.write_text(file.read_text().replace(str(origin), str(self.repos)))

    def start(
        self, *arguments: str, anew: bool = False, **options: Any
    ) -> Command | subprocess.Popen[str]:
        """Start `ck` and return its process, whose output is text in pipes.

        It is a Python that is started anew if that is wanted, or something shall hold for it from
        its first step on.
        """
        found = {"cwd": self.folder, "env": self.environment, **options}
        if not anew and "preexec_fn" not in options:
            return Command(_CK_CODE, ("ck", *arguments), **found)
        text = {"encoding": "utf-8", "errors": "surrogateescape"}
        pipes = {"stdin": DEVNULL, "stdout": PIPE, "stderr": PIPE}
        return subprocess.Popen([*CK, *arguments], **{**text, **pipes, **found})

    def ck(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `ck` to its end."""
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(timeout=120)
            return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    def says(self, *arguments: str, **options: Any) -> str:
        """Return what `ck` prints when all is well."""
        done = self.ck(*arguments, **options)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def refuses(self, *arguments: str, **options: Any) -> str:
        """Return the sentence with which `ck` ends in an error, without CK's words around it.

        CK puts an exclamation mark behind it, which must not become a part of what is pasted.
        """
        done = self.ck(*arguments, **options)
        assert (done.returncode, done.stderr) == (1, ""), done.stdout + done.stderr
        head, end = "CK error: [imagenet] ", "!\n"
        assert done.stdout.startswith(head), done.stdout
        assert done.stdout.endswith(end), done.stdout
        text = done.stdout[len(head) : -len(end)]
        assert ends_in_words(text), done.stdout
        return text.rpartition(LAST_WORDS)[0] if text.endswith(LAST_WORDS) else text

    def asks(self, *arguments: str, **options: Any) -> str:
        """Return what `ck` says, as no error, where a person would be asked, and nobody can be."""
        done = self.ck(*arguments, **options)
        assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
        return done.stderr.rstrip("\n")

    def shows(self, *arguments: str, columns: int = 80) -> str:
        """Return what a person sees on a screen of 25 lines, by default of 80 columns."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        anew = columns != 80  # what is forked takes it for one of 80 columns, whatever it is
        with self.start(*arguments, anew=anew, stdin=theirs, stdout=theirs, stderr=theirs):
            os.close(theirs)
            shown = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        return shown.decode().replace("\r\n", "\n")

    def screen(self, *arguments: str, **size: int) -> Screen:
        """Start `ck` where somebody sees what it shows, and may type."""
        return Screen([*CK, *arguments], self.folder, self.environment, **size)

    def json(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """Return what `ck` prints with --out=json, which must be all that it prints."""
        result: dict[str, Any] = json.loads(self.says(*arguments, "--out=json", **options))
        return result

    def access(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `ck.access(request)` returns in a Python of its own, which prints nothing."""
        code = (
            "import ck.kernel as ck, json, sys\n"
            "print('\\n' + json.dumps(ck.access(json.load(sys.stdin))))"
        )
        with Command(code, ("-c",), cwd=self.folder, env=self.environment, stdin=PIPE) as process:
            out, err = process.communicate(json.dumps(request))
        printed, _, result = out.rpartition("\n{")
        assert (process.returncode, printed.strip(), err) == (0, "", "")
        answer: dict[str, Any] = json.loads("{" + result)
        return answer

    def repository(self, wnid: str = WNID) -> Path:
        """Return the folder of a synset's repository."""
        return self.repos / f"imagenet-{wnid}"

    def pictures(self, wnid: str = WNID) -> dict[str, bytes]:
        """Return the bytes of every picture of a synset that is in CK, by the file's name."""
        files = self.repository(wnid).glob("dataset/[!.]*/[!.]*")
        return {path.name: path.read_bytes() for path in files}

    def tree(self, wnid: str = WNID) -> list[str]:
        """Return the paths in a synset's repository, without those that differ in every run."""
        paths = self.repository(wnid).rglob("*")
        names = (path.relative_to(self.repository(wnid)).as_posix() for path in paths)
        return sorted(name for name in names if "alias-u-" not in name)


@lru_cache(maxsize=None)
def registered() -> Path:
    """Return a CK_REPOS that knows ck-imagenet, for all terminals of this process to copy."""
    repos = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, repos)
    subprocess.run(
        # As JSON, since CK on a console runs pip as well.
        [*CK, "import", "repo", f"--path={CHECKOUT}", "--quiet", "--out=json"],
        env={**os.environ, "CK_REPOS": str(repos)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return repos


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # nobody holds the other end any more
        return b""
