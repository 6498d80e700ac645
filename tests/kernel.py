"""Python in processes of their own, in which the CK kernel is at home: it reads CK_REPOS once."""

from __future__ import annotations

import json
from typing import Any

from commands import Command
from terminal import CHECKOUT, Terminal

# What every snippet finds: the kernel, the CK rooms, what it was given, and pictures to keep.
PREAMBLE = """
import hashlib, json, os, random, shutil, signal, sys, time
from pathlib import Path

sys.path.insert(0, sys.argv[2])
import ck.kernel as ck
from ck_imagenet.storage.ck_entries import Entries
from ck_imagenet.storage.ck_kernel import Kernel
from ck_imagenet.storage.ck_repositories import Repositories
from ck_imagenet.storage.ck_store import CkStore
from ck_imagenet.core.errors import ImagenetError
from ck_imagenet.storage.records import Record
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.outcomes import Outcome

assert ck.init({})["return"] == 0
given = json.loads(sys.argv[1])
result = None


def picture(number, url="", wnid="n01440764", data=b""):
    data = data or b"picture %d" % number
    return Record(
        ImageName(wnid, number),
        url or "http://a/%d" % number,
        Outcome.SAVED,
        "2020-01-01T00:00:00Z",
        source="a list",
        final_url="http://b/",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=30,
        height=20,
        image_format="jpeg",
    ), data, "jpg"


def kill_again_and_again(times, longest, work):
    "Run `work` in a process that is killed at a random moment, so many times, then to its end."
    for _ in range(times):
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        time.sleep(random.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    work()


def at_once(*works):
    "Run each work in a process of its own, all at the same time; return their exit codes."
    children = []
    for work in works:
        child = os.fork()
        if not child:
            try:
                work()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]
"""


def run(terminal: Terminal, code: str, **given: Any) -> Any:
    """Return what `code` leaves in `result`; it finds the other arguments in `given`."""
    library = str(CHECKOUT / "module" / "imagenet")
    whole = f"{PREAMBLE}\n{code}\nprint('\\n' + json.dumps(result))"
    found = ("-c", json.dumps(given), library)
    with Command(whole, found, cwd=terminal.folder, env=terminal.environment) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])
