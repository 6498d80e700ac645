"""What `--help` prints: how a command is typed, two examples, and its options, as wide as fits."""

from __future__ import annotations

import shutil
import textwrap
from typing import Any, Callable, Iterable, Iterator, Mapping

from .. import PROJECT
from ..core.actions import ACTIONS
from ..core.options import Kind, kinds

EXAMPLES: Mapping[str, tuple[str, str]] = {
    "list": ("--search=dog", "--under=n02084071 --words"),
    "geturls": ("--wnid=n02110341", "--all"),
    "download": ("--wnid=n02110341", "--under=n02084071 --max-images=100"),
    "status": ("--under=n02084071", "--failures"),
    "check": ("--wnid=n02110341", "--decode --repair"),
    "clean": ("--wnid=n02110341 --dry-run", "--wnid=n02110341 --number=9981"),
    "browse": ("", "--wnid=n02110341"),
    "export": ("--to=dogs --under=n02084071", "--to=dogs --split=0.8,0.2 --resize=256"),
    "demo": ("", "--port=14198"),
}
"""Two of each action, as options."""

_LEAST_COLUMNS = 30
"""Columns that a line has at least."""
_SIDE_BY_SIDE = 70
"""Columns from which on an option and its meaning stand side by side."""
_LABEL = 25
"""Columns of an option there, with the blanks around it."""

_ABOUT = (
    "ck-imagenet downloads the pictures of ImageNet from the links that still work, and tells you "
    "why the others are missing. To begin, type the second example: it downloads the pictures of "
    "one synset, the dalmatian."
)
_OFFLINE = ("To try it without the internet, type:", "  ck-imagenet demo")
_MORE = (
    "ck-imagenet list --help shows the options of list; the other actions have it too. With "
    "--out=json, an action prints one JSON object and nothing else."
)
_OF_SETTINGS = (
    "What is called a setting can also stand in an environment variable: CK_IMAGENET_SERVICE for "
    "--service, and so on."
)


def of_action(name: str, spelt: Callable[[str], str] = str, outdir: str = "") -> Iterator[str]:
    """Yield what an action does, and its options.

    Parameters
    ----------
    name : str
        The action.
    spelt : callable, optional
        Returns a sentence with the commands in it as people type them here.
    outdir : str, optional
        The folder that holds if `--outdir` is not given.
    """
    width, options = _width(), kinds(ACTIONS[name])
    yield from _usage(name, ((name, example) for example in EXAMPLES[name]), spelt, width)
    yield from ("", *_wrapped(meaning(name), width), "")
    for option, (kind, default) in options.items():
        shown = default_shown(outdir if option == "outdir" else default)
        yield from _option(option, kind, spelt(kind.help) + shown, width)
    if any(kind.is_setting for kind, _ in options.values()):
        yield from ("", *_wrapped(_OF_SETTINGS, width))


def overview(spelt: Callable[[str], str] = str, outdir: str = "") -> Iterator[str]:
    """Yield what ck-imagenet is, the first command to type, and which actions there are.

    Parameters
    ----------
    spelt, outdir : callable, str
        As of `of_action`.
    """
    width = _width()
    first = (("list", EXAMPLES["list"][0]), ("download", EXAMPLES["download"][0]))
    yield from _usage("ACTION", first, spelt, width)
    yield from ("", *_wrapped(_ABOUT, width), "", *map(spelt, _OFFLINE), "")
    for name in ACTIONS:
        yield from _wrapped(meaning(name).rstrip("."), width, f"  {name:10}", " " * 12)
    yield from ("", *_wrapped(spelt(_MORE), width))
    if outdir:
        where = f"Pictures are in the folder {outdir}/ here, or where --outdir=DIR says."
        yield from _wrapped(where, width)
    yield f"More: {PROJECT}"


def default_shown(default: Any) -> str:
    """Return what help tells of an option's default: nothing of one that is as if not given."""
    is_told = default is not None and default is not False and default not in ("", ())
    return f" [{default}]" if is_told else ""


def meaning(name: str) -> str:
    """Return what an action does, in a sentence."""
    return ACTIONS[name].__doc__ or ""


def _usage(
    name: str, examples: Iterable[tuple[str, str]], spelt: Callable[[str], str], width: int
) -> Iterator[str]:
    yield spelt(f"Usage: ck-imagenet {name} [OPTIONS]")
    for action, options in examples:
        command = spelt(f"ck-imagenet {action} {options}".strip())
        # What is too long for a line goes on in the next one, as a shell takes it.
        *lines, last = _wrapped(command, width - 2, "  ", "    ")
        yield from (*(f"{line} \\" for line in lines), last)


def _option(option: str, kind: Kind, text: str, width: int) -> Iterator[str]:
    label = f"  --{option}={kind.value}" if kind.value else f"  --{option}"
    if width < _SIDE_BY_SIDE:
        yield from (label, *_wrapped(text, width, " " * 6, " " * 6))
    elif len(label) < _LABEL - 1:
        yield from _wrapped(text, width, label.ljust(_LABEL), " " * _LABEL)
    else:
        yield from (label, *_wrapped(text, width, " " * _LABEL, " " * _LABEL))


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Return lines; a word that is too long for one, such as a URL, stays whole."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width() -> int:
    """Return the columns of the terminal, or 80 where there is none."""
    return max(_LEAST_COLUMNS, shutil.get_terminal_size().columns)
