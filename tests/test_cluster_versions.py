"""A machine of a cluster whose library is of another version says so before it gets any work."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle  # type: ignore[import-untyped]
import pytest
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.engine import machines
from ck_imagenet.engine.context import Crawl, Order, Politeness
from ck_imagenet.engine.worker import LIBRARY, MESSAGES
from ck_imagenet.http.client import Network
from ck_imagenet.storage.folder_store import FolderStore

MACHINE = """
import pickle, sys
{before}
with open(sys.argv[1], "rb") as sent:
    actor, needs = pickle.load(sent)
try:
    actor(*needs)
except RuntimeError as error:
    print(error)
"""
"""What a worker does with what it is sent; it may have loaded a library before."""


def said(folder: Path, before: str = "", messages: str = MESSAGES, is_shared: bool = True) -> str:
    """Return what a machine answers that is asked whether it can work."""
    store = FolderStore(folder)
    witness = store.create_home() / "cluster-x"
    if is_shared:
        witness.touch()
    order = Order(store, Network(), Crawl(), Politeness(), WAYBACK_SERVICE, {})
    needs = (LIBRARY, {"CK_REPOS": str(folder)}, str(witness), messages)
    lease = ("a run", str(store.home()), pickle.dumps(order))
    (folder / "sent").write_bytes(cloudpickle.dumps((machines._remote(), (*needs, *lease))))
    program = [sys.executable, "-I", "-c", MACHINE.format(before=before), str(folder / "sent")]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()


def earlier(folder: Path, *modules: str) -> str:
    """Write an earlier library, and return what loads it."""
    for module in ("ck_imagenet/__init__.py", *modules):
        path = folder / "earlier" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return f"sys.path.insert(0, {str(folder / 'earlier')!r}); import ck_imagenet"


def test_a_machine_with_the_same_library_can_work(tmp_path: Path) -> None:
    assert said(tmp_path) == ""


def test_one_that_does_not_see_the_same_folders_says_so(tmp_path: Path) -> None:
    place = FolderStore(tmp_path).home() / "cluster-x"
    assert said(tmp_path, is_shared=False) == f"it does not see {place}"


def test_one_whose_library_sends_other_things_is_told_from_it(tmp_path: Path) -> None:
    place = Path(LIBRARY) / "ck_imagenet" / "engine"
    sentence = f"it has another version of ck-imagenet, in {place}: start it again"
    assert said(tmp_path, messages="Batch: links") == sentence


@pytest.mark.parametrize(
    "modules",
    [
        ("ck_imagenet/crawling/__init__.py", "ck_imagenet/crawling/worker.py"),
        ("ck_imagenet/engine/__init__.py", "ck_imagenet/engine/worker.py"),
    ],
)
def test_one_that_has_loaded_an_earlier_library_is_told_from_it(
    tmp_path: Path, modules: tuple[str, ...]
) -> None:
    sentence = said(tmp_path, earlier(tmp_path, *modules))
    assert sentence.startswith(
        f"it has another version of ck-imagenet, in {tmp_path}/earlier/ck_imagenet"
    )
    assert sentence.endswith(": start it again")
