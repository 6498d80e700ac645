"""Files that are written whole or not at all, whenever their writer is killed; and JSON in them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, Iterator, Mapping

from .errors import BadInput, StoreError, TooManyFiles

_DEEPEST = 64
"""Lists and objects within each other in a JSON file; CK's own have fewer than ten."""

_MOST_DIGITS = 100
"""Digits of a number in a JSON file: with more, Python soon cannot show or divide it."""

NEW = ".new-"
"""The beginning of the name of every unfinished file or folder."""

_LONGEST_SMALL_FILE = 4096
"""Bytes of a small file that are read."""


_FOR_BYTES = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)


def write(path: Path, data: bytes, flags: int = os.O_TRUNC) -> None:
    """Write a file by as few calls of the system as there are: a stream takes three times as many.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    data : bytes
        What to write.
    flags : int, optional
        `os.O_TRUNC` to replace what is in it, `os.O_APPEND` to write behind that, `os.O_EXCL` if
        it must not be there.

    Raises
    ------
    OSError
        If that is not possible.
    """
    file = os.open(path, _FOR_BYTES | flags, 0o666)
    try:
        while data:  # a disk takes what it has room for before it fails
            data = data[os.write(file, data) :]
    finally:
        os.close(file)


def write_whole(path: Path, data: bytes, scratch: Path | None = None) -> None:
    """Write `data` to `path` in one step.

    Parameters
    ----------
    path : Path
        The file, which is replaced if it is there.
    data : bytes
        Its content.
    scratch : Path, optional
        A folder on the same file system for the unfinished file; by default the file's own.

    Raises
    ------
    OSError
        If that is not possible; its `filename` is `path`, where nothing has changed.
    """
    with replacing(path, scratch) as unfinished:
        write(unfinished, data)


@contextmanager
def replacing(path: Path, scratch: Path | None = None) -> Iterator[Path]:
    """Give the path of an unfinished file that becomes `path` in one step, if all goes well.

    Parameters and errors are those of `write_whole`.
    """
    unfinished = (scratch or path.parent) / f"{NEW}{path.name}"
    try:
        yield unfinished
        os.replace(unfinished, path)  # noqa: PTH105  Path.replace makes one more path, for nothing
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk names no file, a failed renaming the other
        raise


def prove_writable(folder: Path) -> None:
    """Raise OSError if nothing can be written in a folder."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        error.filename = str(folder)
        raise


def prove_writable_to(path: Path) -> None:
    """Raise OSError if it is clear that `write_to` cannot put anything there."""
    path = path.resolve()
    if path.is_file() or not path.exists():
        prove_writable(path.parent)


def write_to(path: Path, data: bytes) -> None:
    """Write `data` to a path that the user gives: a link is followed, a device or a pipe kept.

    Parameters
    ----------
    path : Path
        Where to write.
    data : bytes
        What to write.

    Raises
    ------
    OSError
        If that is not possible.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(data)
    else:
        write_whole(path, data)


def path_of(option: str, text: str) -> Path:
    """Return the path that a user gives, with `~` expanded.

    Parameters
    ----------
    option : str
        The option that gives it, for the error.
    text : str
        What the user has written.

    Raises
    ------
    BadInput
        If no path can be called so.
    """
    try:
        path = Path(text).expanduser()
        os.fspath(path).encode(sys.getfilesystemencoding(), "surrogateescape")
        if "\0" in text:
            raise ValueError("it has a character that no path can have")
        path.lstat()
    except (RuntimeError, ValueError) as error:
        raise BadInput(f"{option}={text!a} is not a path: {error}") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # which `Path.exists` raises, too
            why = f"is not a path: {error.strerror}"
            raise BadInput(f"{option}={text[:60]!a}… {why}") from None
    return path


def why_no_file(path: Path) -> str:
    """Return why there is no file to read at a path, or nothing if there is one."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return error.strerror or str(error)
    if stat.S_ISDIR(mode):
        return "Is a directory"
    return "" if stat.S_ISREG(mode) else "Is no regular file"


def checksum(path: Path, name: str = "sha256") -> str:
    """Return a checksum of a file of any size, in hexadecimal.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        The algorithm, as `hashlib` calls it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.new(name)
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(2**20), b""):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors, of a full disk or a forbidden folder, into sentences for users."""
    try:
        yield
    except OSError as error:
        TooManyFiles.check(error)
        where = error.filename or folder
        raise StoreError(f'"{where}" cannot be used: {error.strerror or error}') from error


def most_open_files() -> int:
    """Return how many files this process may have open at once."""
    try:
        import resource  # which Windows has not
    except ImportError:
        return 512
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit if limit > 0 else sys.maxsize


def names_in(folder: str | Path) -> list[str]:
    """Return the names of all that is in a folder, nothing if it is not there or cannot be read."""
    try:
        return os.listdir(folder)  # noqa: PTH208  there are many, and `Path` takes longer
    except OSError:
        return []


def leftovers(folder: Path) -> list[Path]:
    """Return what is unfinished in a folder, of writers that are at work or were killed."""
    return [folder / name for name in names_in(folder) if name.startswith(NEW)]


def sweep(folder: Path) -> None:
    """Remove what killed writers left unfinished in a folder; nobody may be writing there."""
    for path in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def folders_in(folder: str | Path) -> list[os.DirEntry[str]]:
    """Return the folders in a folder, without hidden ones; none if it is not there."""
    try:
        with os.scandir(folder) as found:
            return [each for each in found if each.name[0] != "." and each.is_dir()]
    except OSError:
        return []


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it; of a symbolic link, the link and what its folder holds."""
    if folder.is_symlink():
        for path in folder.glob("*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)


def first_line(path: str) -> str:
    """Return the first line of a small file, stripped; an empty text if there is no file."""
    try:  # the short way: there may be thousands
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return ""
    try:
        return (
            os.read(file, _LONGEST_SMALL_FILE)
            .partition(b"\n")[0]
            .decode("utf-8", "replace")
            .strip()
        )
    except OSError:
        return ""
    finally:
        os.close(file)


def without_surrogates(value: Any) -> Any:
    """Return a value of JSON with lone surrogates escaped, of paths that are not UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {without_surrogates(key): without_surrogates(value[key]) for key in value}
    return list(map(without_surrogates, value)) if isinstance(value, (list, tuple)) else value


def to_json(value: Any) -> bytes:
    """Return `value` as JSON in the form that Collective Knowledge writes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    # A lone surrogate, from a path that is not UTF-8, becomes JSON's own escape.
    return text.encode("utf-8", "backslashreplace")


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, or None if there is no file or no object in it."""
    try:
        return json_object(path.read_bytes())
    except OSError:
        return None


def json_object(data: bytes) -> dict[str, Any] | None:
    """Return the object in JSON, or None if there is none: files may be damaged, or other people's.

    What is nested too deeply to be written again, and numbers of more digits than any of ours has,
    are damage too.
    """
    try:
        value = _DECODER.decode(data.decode(json.detect_encoding(data), "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    may_be_deep = data.count(b"[") + data.count(b"{") > _DEEPEST
    return value if isinstance(value, dict) and not (may_be_deep and _is_deep(value)) else None


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number of more digits than any of ours has")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)


def _is_deep(value: Any) -> bool:
    """Say whether lists and objects lie within each other deeper than in any file of ours."""
    level = [value]
    for _ in range(_DEEPEST):
        held = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for each in chain.from_iterable(held) if isinstance(each, (dict, list))]
        if not level:
            return False
    return True
