"""The one tree of exceptions that the library raises."""

from __future__ import annotations

import errno
import sys


class ImagenetError(Exception):
    """Something that a user must know: its text says what happened, and what to do next."""


class BadInput(ImagenetError):
    """What the user gave cannot be used; nothing has been done."""


class Undecided(BadInput):
    """A person must choose or agree first: nothing has gone wrong, and nothing has been done."""


class Unanswered(Undecided):
    """A person must say yes to this first, and has not been asked.

    Parameters
    ----------
    question : str
        What is to be answered, on its last line, and what to know for that.
    unasked : str
        What to do where nobody can be asked.
    option : str, optional
        The option that says yes.
    """

    def __init__(self, question: str, unasked: str, option: str = "") -> None:
        super().__init__(f"{question}\n{unasked}")
        self.question = question
        self.unasked = unasked
        self.option = option


class NoList(ImagenetError):
    """No source gave a list of URLs for a synset, or for several."""

    tars_help = False
    """Whether the way that needs no list is still to be told: ImageNet's own tars."""


class NoCopy(ImagenetError):
    """A copy of ImageNet is not to be had, or not all of it."""


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
                "this process cannot open more files at once. Use fewer --jobs, or raise the "
                "limit that `ulimit -n` shows"
            ) from None


class TooLittleMemory(ImagenetError):
    """This machine gives the process no memory for what it needs, such as a thread."""

    def __init__(self) -> None:
        super().__init__(
            "there is too little memory for this command. Nothing saved is lost. Raise the limits "
            "that `ulimit -v` and `ulimit -u` show, then type the same command"
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
        # Python itself, where an import found no memory and that was lost on the way.
        no_import = isinstance(error, SystemError) and "without" in str(error)
        is_plain = isinstance(error, MemoryError)
        return no_thread or no_library or no_process or no_import or is_plain


class Unsound(ImagenetError):
    """A check has found something that is not as it should be."""


class NobodyReads(ImagenetError):
    """Whoever reads our output has closed it, as `head` does: no reason to complain."""


# What a user is told of an error, whatever it is.

_OPTIONAL = ("pyarrow", "distributed")
"""Packages that are imported only where they are used: the only ones that are named alone."""


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

    requirements = Path(__file__).absolute().parents[4] / "requirements.txt"
    whole = f'-r "{requirements}"' if requirements.is_file() else "ck-imagenet"
    is_alone = error.name in _OPTIONAL
    command = _installing(str(error.name) if is_alone else whole)
    what = "it" if is_alone else "all packages"
    before = "use a virtual environment, as the README shows, or " if _is_of_system() else ""
    return f'the Python package "{error.name}" is missing; {before}get {what} with: {command}'


def _installing(packages: str) -> str:
    """Return a command that installs packages for this Python, whatever it has come with.

    In an environment of `uv venv`, or of `python -m venv --without-pip`, there is no pip. Where a
    system has marked its own Python as such (PEP 668), nothing is installed unless that is forced.
    """
    import shutil
    from importlib.util import find_spec

    python = f'"{sys.executable}"'
    forced = " --break-system-packages" if _is_of_system() else ""
    if find_spec("pip"):
        return f"{python} -m pip install{forced and ' --user'}{forced} {packages}"
    if shutil.which("uv"):
        return f"uv pip install --python {python}{forced} {packages}"
    return f"{python} -m ensurepip && {python} -m pip install{forced} {packages}"


def _is_of_system() -> bool:
    """Say whether this Python is the system's own, which has marked it as such."""
    import sysconfig
    from pathlib import Path

    marker = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    return sys.prefix == sys.base_prefix and marker.is_file()


def _defect(error: Exception, shown: str) -> str:
    import traceback

    from .. import PROJECT

    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"ck-imagenet has a bug: {type(error).__name__} ({shown}) in line {place.lineno} of "
        f"{place.filename}. Please report it at {PROJECT}/issues"
    )
