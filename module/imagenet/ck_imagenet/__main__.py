"""`ck-imagenet ACTION` and `python -m ck_imagenet ACTION`: all actions without CK, in folders."""

from __future__ import annotations

import sys
import textwrap
from typing import Any, Iterator, NamedTuple, Sequence

from . import __version__
from .cli import actions
from .core.errors import BadInput

_HELP_WIDTH = 98


class _Typed(NamedTuple):
    """What a user has typed after an action."""

    given: dict[str, Any]
    """Options, as `--name=value`; one without a value is "yes"."""
    stray: list[str]
    """Words that stand alone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a user has typed, and return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after the program's name; by default that of this process.

    Returns
    -------
    int
        0; 1 with a sentence on standard error; 130 when interrupted, with a sentence too.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    done = actions.answer(lambda facts: _act(words, facts))
    if "error" in done:
        actions.complain(done["error"])
    return int(done["return"])


def _act(words: Sequence[str], facts: actions.Facts) -> None:
    from .cli.console import write
    from .commands import Workspace

    if not words or words[0] in ("--help", "-h", "help"):
        write(_help(_action(words[1])) if words[1:] else _overview())
    elif words[0] == "--version":
        write([__version__])
    else:
        name, (given, stray) = _action(words[0]), _parsed(words[1:])
        if "help" in given or "-h" in stray:
            write(_help(name))
            return
        form = given.pop("out", "")
        if form not in ("", "json"):
            raise BadInput(f'--out="{form}": write --out=json, or leave it out')
        actions.run(name, given, stray, {}, Workspace, not form, facts)
        if form:
            write([actions.as_json(facts)])


def _parsed(words: Sequence[str]) -> _Typed:
    typed = _Typed({}, [])
    for word in words:
        name, is_given, value = word[2:].partition("=")
        if word.startswith("--") and name:
            value = value if is_given else "yes"
            if typed.given.setdefault(name, value) != value:
                raise BadInput(
                    f"--{name} is given twice: leave one out, or put quotes around what is in "
                    "braces, which the shell else takes for several"
                )
        else:
            typed.stray.append(word)
    return typed


def _action(word: str) -> str:
    """Return the action of this name; raise BadInput if there is none."""
    from difflib import get_close_matches

    from .core.actions import ACTIONS

    if word in ACTIONS:
        return word
    near = get_close_matches(word, ACTIONS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ACTIONS)}"
    raise BadInput(f"{word}: no such action; {hint}")


def _overview() -> Iterator[str]:
    """Yield what there is to do."""
    from .core.actions import ACTIONS

    yield "Usage: ck-imagenet ACTION [--OPTION=VALUE …]"
    yield ""
    for name, options in ACTIONS.items():
        yield f"  {name:10}{(options.__doc__ or '').rstrip('.')}"
    yield ""
    yield "Pictures are in the folder imagenet/ here, or where --outdir=DIR says."
    yield "ck-imagenet ACTION --help tells of an action's options; with --out=json, what an action"
    yield "tells comes as JSON."


def _help(name: str) -> Iterator[str]:
    """Yield what an action does, and its options."""
    from .commands import USUAL
    from .core.actions import ACTIONS
    from .core.options import default_shown, kinds

    options = ACTIONS[name]
    yield f"Usage: ck-imagenet {name} [--OPTION=VALUE …]"
    yield ""
    yield options.__doc__ or ""
    yield ""
    for option, (kind, default) in kinds(options).items():
        yield f"  --{option}{'=' if kind.value else ''}{kind.value}"
        yield from textwrap.wrap(
            kind.help + default_shown(USUAL if option == "outdir" else default),
            width=_HELP_WIDTH,
            initial_indent=" " * 8,
            subsequent_indent=" " * 8,
            break_on_hyphens=False,
        )


if __name__ == "__main__":
    sys.exit(main())
