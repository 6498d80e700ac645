"""Files that are whole or absent."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ck_imagenet.core.files import read_json, sweep, to_json, write_whole
from hypothesis import given
from hypothesis import strategies as st

LIBRARY = Path(__file__).parents[1] / "module" / "imagenet"

WRITER = """
import sys
from pathlib import Path
from ck_imagenet.core.files import write_whole

print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        write_whole(Path(sys.argv[1]), letter * 300_000)
"""

ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from ck_imagenet.core.files import write_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), b"x" * 1001)
except OSError as error:
    print(error.filename)
"""


def python(code: str, path: Path) -> list[str]:
    """Return the command that runs `code` with the library at hand."""
    return [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(LIBRARY)!r}){code}",
        str(path),
    ]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a picture.jpg"
    for data in (b"first", b"", b"third"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert names(tmp_path) == ["a picture.jpg"]


def test_the_unfinished_file_can_lie_elsewhere(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    with pytest.raises(OSError, match="No such file") as failed:
        write_whole(tmp_path / "file", b"", scratch)
    assert failed.value.filename == str(tmp_path / "file")
    scratch.mkdir()
    write_whole(tmp_path / "file", b"data", scratch)
    assert (names(tmp_path), names(scratch)) == (["file", "scratch"], [])


def test_a_failure_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.mkdir()
    with pytest.raises(OSError, match="Is a directory") as failed:
        write_whole(in_the_way, b"data")
    assert failed.value.filename == str(in_the_way)
    assert names(tmp_path) == ["file"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The system names no file when a disk is full; the message to the user must."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    done = subprocess.run(python(ON_A_FULL_DISK, path), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(path)
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_a_kill_leaves_the_old_content_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole = {b"a" * 300_000, b"b" * 300_000}
    for attempt in range(6):
        with subprocess.Popen(python(WRITER, path), stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.01 + 0.003 * attempt)
            writer.send_signal(signal.SIGKILL)
        if path.exists():
            assert path.read_bytes() in whole
        sweep(tmp_path)
        assert names(tmp_path) in ([], ["file"])


def test_sweeping_removes_what_is_unfinished_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".new-file").touch()
    (tmp_path / ".new-folder" / "inner").mkdir(parents=True)
    (tmp_path / ".newer").touch()
    (tmp_path / "x.new-y").touch()
    sweep(tmp_path)
    assert names(tmp_path) == [".newer", "x.new-y"]
    sweep(tmp_path / "nowhere")


def test_json_has_the_form_that_ck_writes() -> None:
    assert to_json({"b": ["é", 1], "a": {}}).decode() == (
        '{\n  "a": {},\n  "b": [\n    "é",\n    1\n  ]\n}\n'
    )


@pytest.mark.parametrize("content", ["", "[1]", "{", '"text"', "\0", "{'a': 1}"])
def test_what_is_no_json_object_reads_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    assert read_json(tmp_path / "x.json") is None


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "x.json") is None
    assert read_json(tmp_path) is None


TEXTS = st.text() | st.just("half a surrogate: \udc80")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_is_written_as_json_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round.json"
    write_whole(path, to_json(value))
    assert read_json(path) == value
