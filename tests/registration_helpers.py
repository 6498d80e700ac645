"""What the tests of registration stand on: real `ck` and `git` processes that reach no network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

# How a user tells CK, once, to quote the two paths of the `git clone` that `ck pull` runs.
QUOTED_CLONE = (
    "@@@{'dict': {'repo_types': {'git': {'clone': 'git clone \"$#url#$\" \"$#path#$\"'}}}}"
)

# Imported at its start by every Python that has its folder on PYTHONPATH.
WITHOUT_PACKAGE = """
import sys


class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)


sys.meta_path.insert(0, Without())
"""


def environment(home: Path, closed_port: int) -> dict[str, str]:
    """This process's environment, without anything that configures CK, git, pip or Python.

    home: the home folder that the processes get
    closed_port: a port of loopback on which nobody listens; everything that would go to the
        internet goes there, and fails at once
    """
    foreign = ("CK_", "GIT_", "PIP_", "PYTHON")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    proxy = f"http://127.0.0.1:{closed_port}"
    return {
        **kept,
        "HOME": str(home),
        "http_proxy": proxy,
        "https_proxy": proxy,
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def publish(folder: Path, env: dict[str, str]) -> Path:
    """Commit the checkout's files, as they are now, to a new bare git repository in `folder`.

    Nothing is written to the checkout or to its own git repository.
    """
    origin = folder / "ck-imagenet.git"
    author = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.com")
    git = ("git", f"--git-dir={origin}", f"--work-tree={CHECKOUT}", *author)
    for command in (
        ("git", "init", "--quiet", "--bare", str(origin)),
        (*git, "add", "--all"),
        (*git, "commit", "--quiet", "--message=The checkout"),
    ):
        subprocess.run(command, env=env, cwd=CHECKOUT, check=True, stdin=subprocess.DEVNULL)
    return origin


class Machine:
    """A user's machine: `folder` holds its CK_REPOS, a home, a clone, and an empty folder."""

    def __init__(self, folder: Path, repos: str, origin: Path, closed_port: int) -> None:
        self.folder = folder
        self.repos = folder / repos
        self.home = folder / "home"
        self.elsewhere = folder / "elsewhere"
        for each in (self.home, self.elsewhere):
            each.mkdir()
        self.origin = origin
        self.env = {**environment(self.home, closed_port), "CK_REPOS": str(self.repos)}

    def ck(
        self, *arguments: str, cwd: Path | None = None, without: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `ck` with nobody to answer it, from a folder that is no repository or from `cwd`.

        without: a package that its Python shall not find, as if it were not installed
        """
        ck = Path(sys.executable).with_name("ck")
        return subprocess.run(
            [sys.executable, str(ck), *arguments],
            cwd=cwd or self.elsewhere,
            env={**self.env, **(self.hiding(without) if without else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    def hiding(self, package: str) -> dict[str, str]:
        """The variables that make a Python find no `package`."""
        hook = self.folder / f"without {package}"
        hook.mkdir(exist_ok=True)
        (hook / "sitecustomize.py").write_text(WITHOUT_PACKAGE.format(package=package))
        return {"PYTHONPATH": str(hook)}

    @property
    def clone(self) -> Path:
        """The user's clone of the published repository, made by hand when it is first wanted."""
        clone = self.folder / "a clone"
        if not clone.exists():
            command = ["git", "clone", "--quiet", str(self.origin), str(clone)]
            subprocess.run(command, env=self.env, check=True, stdin=subprocess.DEVNULL)
        return clone

    @property
    def registered(self) -> Path:
        """The folder that CK knows as the repository."""
        return Path(self.ck("find", "repo:ck-imagenet").stdout.strip())
