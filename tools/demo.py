"""Show the main job on this machine: what `make demo` runs.

Each command is printed before it runs, so that the demo is the tutorial: the same commands work
in a terminal of your own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
CK = [sys.executable, str(Path(sys.executable).with_name("ck"))]
ENVIRONMENT = {"CK_REPOS": str(CHECKOUT / "CK_REPOS"), **os.environ}


def main() -> None:
    """Run the demo, and leave the pictures where they are."""
    os.chdir(CHECKOUT)
    Path(ENVIRONMENT["CK_REPOS"]).mkdir(exist_ok=True)
    show(f"export CK_REPOS={shlex.quote(ENVIRONMENT['CK_REPOS'])}")
    register()
    with practice_web() as (settings, wnids):
        ENVIRONMENT.update(settings)
        for wnid in wnids:
            ck("download", "imagenet", f"--wnid={wnid}")
        ck("list", "imagenet", "--downloaded-only", "--words")
        entry = "9981"
        ck("search", "dataset:*", f"--tags=imagenet,{wnids[0]},{entry}")
        ck("load", f"imagenet-{wnids[0]}:dataset:{entry}", "--min")
        ck("find", f"imagenet-{wnids[0]}:dataset:{entry}")
    say_what_is_next()


def say_what_is_next() -> None:
    """Print what to type in a shell of one's own; none of it needs the practice web."""
    port = os.environ.get("PORT")
    print("\nThe pictures stay there. Run make demo again: nothing is downloaded twice.")
    print("\nNow it is your turn. In a shell, type these two lines:\n")
    print(f"  . {shlex.quote(str(Path(sys.prefix, 'bin', 'activate')))}")
    print(f"  export CK_REPOS={shlex.quote(ENVIRONMENT['CK_REPOS'])}")
    print("\nand then, one after the other:\n")
    print("  ck browse imagenet")
    print("  ck export imagenet --to=pictures --split=0.8,0.2")
    print(f"  ck demo imagenet{f' --port={port}' if port else ''}")
    print("\nThe first shows the pictures on a page. The second makes a folder to train on.")
    print("The last runs the practice web again; it has all dogs, and says how to download them.")


def register() -> None:
    """Make the checkout known to CK, as a user would, unless it is."""
    if output("find", "repo:ck-imagenet").strip() != str(CHECKOUT):
        output("rm", "repo:ck-imagenet", "--force")  # of a checkout that has moved since
        show("ck add repo @repo.json")
        done = subprocess.run(
            [*CK, "add", "repo", "@repo.json"], env=ENVIRONMENT, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)


@contextmanager
def practice_web() -> Iterator[tuple[dict[str, str], list[str]]]:
    """Let `ck demo imagenet` play; give the settings that lead there, and its synsets."""
    port = os.environ.get("PORT")
    command = ["demo", "imagenet", *([f"--port={port}"] if port else [])]
    show(shlex.join(["ck", *command]) + " &")
    with subprocess.Popen([*CK, *command], env=ENVIRONMENT, stdout=subprocess.PIPE) as web:
        said = ""
        while web.stdout and "all dogs" not in said:
            line = web.stdout.readline().decode()
            if not line:
                sys.exit(said.replace("--port=N", "make demo PORT=N"))
            said += line
        try:
            settings = dict(re.findall(r"export (CK_IMAGENET_\w+)=(\S+)", said))
            for name, value in settings.items():
                show(f"export {name}={value}")
            yield settings, re.findall(r"--wnid=(\S+)", said)[0].split(",")
        finally:
            web.terminate()


def ck(*arguments: str) -> None:
    """Print a command and run it."""
    show(shlex.join(["ck", *arguments]))
    if subprocess.run([*CK, *arguments], env=ENVIRONMENT).returncode:
        sys.exit(1)


def output(*arguments: str) -> str:
    """Return what a command prints when all is well."""
    done = subprocess.run([*CK, *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    return "" if done.returncode else done.stdout


def show(command: str) -> None:
    """Print a command as it would be typed."""
    print(f"\n$ {command}", flush=True)


if __name__ == "__main__":
    main()
