"""What the front doors share: what an action returns at its end, and what people are told then."""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Dict

from ..core.errors import NobodyReads, Undecided, sentence
from . import interrupts
from .interrupts import STOPPED, STOPPED_SENTENCE
from .terminal import FAILED, folded, for_encoding, has_colours, styled

Facts = Dict[str, Any]
"""What is told of an action, in plain types."""

UNDECIDED = 2
"""What is returned when the user must choose or agree first."""

NO_ERRORS = STOPPED, UNDECIDED
"""What is returned where nothing has gone wrong, and not all has been done."""


_BEFORE = "CK error: [imagenet] "
"""What CK writes before an error."""


def answer(work: Callable[[Facts], object]) -> Facts:
    """Return what an action tells, or what went wrong.

    Parameters
    ----------
    work : callable
        Does it, and fills in what there is to tell.

    Returns
    -------
    dict
        With `return`: 0, or 1 with an `error`; or with an `error` that is none to people, 2 if they
        must choose or agree first, or 130 if the user has stopped it.
    """
    if sys.stdin is None:  # CK asks it for its encoding
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    facts: Facts = {"return": 0}
    try:
        interrupts.raise_again()
        work(facts)
    except NobodyReads:
        pass
    except Undecided as undecided:
        facts.update({"return": UNDECIDED, "error": sentence(undecided)})
    except (Exception, KeyboardInterrupt) as error:
        stopped = _interrupt(error)
        if stopped is not None:
            facts.update({"return": STOPPED, "error": str(stopped) or STOPPED_SENTENCE})
        elif isinstance(error, Exception):
            facts.update({"return": 1, "error": sentence(error)})
    return facts


def _interrupt(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the Ctrl-C that an error is or comes from: Python wraps what meets `__set_name__`."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error if isinstance(error, KeyboardInterrupt) else None


def tell_why(facts: Facts) -> None:
    """Print why not all has been done, if that is so, where no other program takes it for a result.

    It looks like an error only if it is one.
    """
    head = "" if facts["return"] in NO_ERRORS else "ck-imagenet: "
    if "error" in facts:
        with suppress(OSError, AttributeError):  # if nobody can read it, that is no reason to fail
            print(_as_seen(head, facts["error"]), file=sys.stderr)


def _as_seen(head: str, sentence: str) -> str:
    """Return a sentence as standard error has it: on a terminal, over a ^C that stands there."""
    if not sys.stderr.isatty():
        return head + sentence
    shown = "\n".join(folded(f"{head}{sentence}".split("\n")))
    if has_colours(sys.stderr):
        shown = styled(head, FAILED) + shown[len(head) :]
    return "\r" + for_encoding(shown, sys.stderr.encoding)


def as_json(facts: Facts) -> str:
    """Return what there is to tell as other programs read it."""
    return json.dumps(facts, indent=2, sort_keys=True)


def leave_to_the_system() -> None:
    """Have Python end without a search for what nobody needs any more, which takes 30 ms.

    Only for a process that ends now: what is here is never freed any more.
    """
    gc.freeze()


def end_as_told(facts: Facts, caller: Callable[[], object]) -> None:
    """Have CK's command line tell an error so that it fits the terminal, and none that is none.

    Parameters
    ----------
    facts : dict
        What there is to tell.
    caller : callable
        What prints all that is returned as an error, and ends. If others have called us, they get
        what is returned.
    """
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code is not caller.__code__:
        frame = frame.f_back
    if not frame:
        return
    leave_to_the_system()
    if facts["return"] in NO_ERRORS:
        tell_why(facts)
        raise SystemExit(facts["return"])
    if "error" in facts and sys.stdout.isatty():
        shown = "\n".join(folded(f"{_BEFORE}{facts['error']}!".split("\n")))
        facts["error"] = shown[len(_BEFORE) : -1]
