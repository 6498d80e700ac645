"""`ck-imagenet ACTION` and `python -m ck_imagenet ACTION`: all actions without CK, in folders."""

from __future__ import annotations

from .cli import interrupts

interrupts.end_at_once("__main__.py" if __name__ == "__main__" else "ck-imagenet")

import sys  # noqa: E402
from typing import Any, NamedTuple, Sequence  # noqa: E402

from . import __version__  # noqa: E402
from .cli import actions, doors  # noqa: E402
from .core.errors import BadInput  # noqa: E402


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
        0; 1 with an error on standard error; 2 if the user must choose or agree first, or 130 if
        the user has stopped it, with a sentence there too.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    done = doors.answer(lambda facts: _act(words, facts))
    doors.tell_why(done)
    if arguments is None:
        doors.leave_to_the_system()
    return int(done["return"])


def _act(words: Sequence[str], facts: doors.Facts) -> None:
    from .cli import help
    from .cli.console import write
    from .commands import USUAL, Workspace

    if not words or words[0] in ("--help", "-h", "help"):
        write(
            help.of_action(_action(words[1]), outdir=USUAL)
            if words[1:]
            else help.overview(outdir=USUAL)
        )
    elif words[0] == "--version":
        write([__version__])
    else:
        name, (given, stray) = _action(words[0]), _parsed(words[1:])
        if "help" in given or "-h" in stray:
            write(help.of_action(name, outdir=USUAL))
            return
        form = given.pop("out", "")
        if form not in ("", "json"):
            raise BadInput(f'--out="{form}" is not possible: write --out=json, or leave it out')
        facts.update(
            doors.answer(
                lambda done: actions.run(name, given, stray, {}, Workspace, not form, done)
            )
        )
        if form:  # an error is a result, too
            write([doors.as_json(facts)])


def _parsed(words: Sequence[str]) -> _Typed:
    typed = _Typed({}, [])
    for word in words:
        name, is_given, value = word[2:].partition("=")
        if word.startswith("--") and name:
            value = value if is_given else "yes"
            if typed.given.setdefault(name, value) != value:
                raise BadInput(
                    f"--{name} is given twice: leave one out. If its value has braces, put quotes "
                    "around it, since the shell makes several words of it"
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
    hint = f"did you mean {near[0]}?" if near else f"the actions are {', '.join(ACTIONS)}"
    raise BadInput(f"{word} is not an action: {hint}")


if __name__ == "__main__":
    sys.exit(main())
