"""The one tree of exceptions that the library raises."""

from __future__ import annotations

import errno
import sys


class ImagenetError(Exception):
    """Something that a user must know: its text says what happened, and what to do next."""


class BadInput(ImagenetError):
    """What the user gave cannot be used; nothing has been done."""


class NoList(ImagenetError):
    """No source gave a list of URLs for a synset."""


class NoTar(ImagenetError):
    """A tar of pictures is not to be had, or not all of it."""


class NetworkDown(ImagenetError):
    """Not one host answered in a whole run."""


class StoreError(ImagenetError):
    """The folder or repository that holds pictures and state cannot be read or written."""


class Damaged(StoreError):
    """A file that was built here is damaged: others do without it until it is built again."""


class TooManyFiles(ImagenetError):
    """This machine lets the process open no more files or connections."""

    @classmethod
    def check(cls, error: OSError) -> None:
        """Raise it if that is what an error of the system means."""
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise cls(
                "this process may open no more files at once: give fewer --jobs, or raise the "
                "limit, which `ulimit -n` shows"
            ) from None


class TooLittleMemory(ImagenetError):
    """This machine gives the process no memory for what it needs, such as a thread."""

    def __init__(self) -> None:
        super().__init__(
            "there is too little memory for this command: raise the limits, which `ulimit -v` and "
            "`ulimit -u` show; what is here is kept, and the same command goes on from there"
        )

    def __reduce__(self) -> tuple[type[TooLittleMemory], tuple[()]]:
        """Pickle it without arguments, so that it can be sent to another process."""
        return TooLittleMemory, ()

    @staticmethod
    def is_why(error: Exception) -> bool:
        """Say whether an error means this; of some, only the text tells it."""
        no_thread = isinstance(error, RuntimeError) and "start new thread" in str(error)
        no_library = isinstance(error, ImportError) and "failed to map segment" in str(error)
        no_process = isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN)
        return no_thread or no_library or no_process or isinstance(error, MemoryError)


class Unsound(ImagenetError):
    """A check has found something that is not as it should be."""


class NobodyReads(ImagenetError):
    """Whoever reads our output has closed it, as `head` does: no reason to complain."""


# What a user is told of an error, whatever it is.

_EXTRAS = {"distributed": "dask"}
"""Packages that are imported only where they are used, and what they are installed with."""

_INSTALLED_ALONE = ("pyarrow",)
"""Packages that are needed alone: what they are installed with brings more."""


def sentence(error: Exception) -> str:
    """Return an error as a user is told of it, without what could play tricks on a terminal."""
    from .text import visible  # which takes its time

    shown = "\n".join(map(visible, str(error).split("\n")))  # it may quote a list
    if isinstance(error, ImagenetError):
        return shown
    if TooLittleMemory.is_why(error):
        return str(TooLittleMemory())
    return _missing(error) if isinstance(error, ModuleNotFoundError) else _defect(error, shown)


def _missing(error: ModuleNotFoundError) -> str:
    from pathlib import Path

    extra = _EXTRAS.get(error.name or "")
    checkout = Path(__file__).absolute().parents[4]
    requirements = checkout / (f"requirements-{extra}.txt" if extra else "requirements.txt")
    needed = f'"ck-imagenet[{extra}]"' if extra else "ck-imagenet"
    if error.name in _INSTALLED_ALONE:
        needed = str(error.name)
    elif requirements.is_file():
        needed = f'-r "{requirements}"'
    return (
        f'the Python package "{error.name}" is missing; '
        f'get all that is needed with: "{sys.executable}" -m pip install {needed}'
    )


def _defect(error: Exception, shown: str) -> str:
    import traceback

    from .. import PROJECT

    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a defect of ck-imagenet, {type(error).__name__} ({shown}) in line {place.lineno} of "
        f"{place.filename}; please report it at {PROJECT}/issues"
    )
