"""Options: from whatever a user types to typed values, or a sentence that says what is wrong."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import shlex
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence, TypeVar, cast

from .errors import BadInput

ENVIRONMENT = "CK_IMAGENET_"
"""What the names of the settings' environment variables begin with."""

_A_DAY = 86_400
"""Seconds: no wait is longer, and operating systems refuse some that are."""

FOREVER = "forever"
"""The length of time that never ends, as a user types it."""

_AGES = 1e10
"""Seconds: a length of time that is longer, some 300 years, never ends either."""

_UNITS = {"d": _A_DAY, "h": 3600, "m": 60, "s": 1}
"""Seconds of each unit of a length of time, the longest first."""

CONFIGURATION = "local:cfg:imagenet"
"""The CK entry that holds the module's configuration."""

Options = TypeVar("Options")
Concern = TypeVar("Concern")


class Kind(NamedTuple):
    """What an option takes."""

    value: str
    """Its value as help shows it: N, S, FILE; nothing for a flag."""
    help: str
    parse: Callable[[str, Any], Any]
    is_setting: bool = False
    older: str = ""
    """The name that it had before, which goes on working."""


class Duration(float):
    """A length of time in seconds; as text, it is what a user types."""

    def __str__(self) -> str:
        """Return it in the longest unit that divides it."""
        if self == math.inf:
            return FOREVER
        for unit, seconds in _UNITS.items():
            if self and self % seconds == 0:
                return f"{self / seconds:.0f}{unit}"
        return f"{self:.3f}".rstrip("0").rstrip(".") + "s"


def _field(default: Any, kind: Kind) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind})


def flag(help: str) -> Any:
    """Declare an option that is there or not."""
    return _field(False, Kind("", help, _flag))


def text(default: str, value: str, help: str, older: str = "") -> Any:
    """Declare an option that takes any text.

    Parameters
    ----------
    default : str
        What holds if it is not given.
    value : str
        Its value as help shows it, such as FILE.
    help : str
        What help says of it.
    older : str, optional
        The name that it had before.
    """
    return _field(default, Kind(value, help, _text, older=older))


def setting(default: str | bool, value: str, help: str) -> Any:
    """Declare a text that an environment variable or CK's configuration can give too.

    Parameters
    ----------
    default, value, help : str
        As of `text`; without a value, it is there or not.
    """
    return _field(
        default, Kind(value, f"{help}; a setting", _setting if value else _flag, is_setting=True)
    )


def wnids(help: str) -> Any:
    """Declare an option that takes synsets."""
    return _field((), Kind("W", help, _wnids))


def number(default: int | None, help: str, least: int, most: int | None = None) -> Any:
    """Declare an option that takes a whole number between two bounds.

    Parameters
    ----------
    default : int or None
        What holds if it is not given.
    help : str
        What help says of it.
    least, most : int
        The bounds, which may be given too; without `most` there is no upper one.
    """

    def parse(name: str, value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
            raise BadInput(f'--{name}="{value}" is not a whole number: write --{name}=10')
        return int(_bounded(name, int(value), least, most))

    bounds = f"from {least} to {most}" if most else f"at least {least}"
    return _field(default, Kind("N", f"{help}; {bounds}", parse))


def numbers(help: str) -> Any:
    """Declare an option that takes the numbers of pictures."""
    return _field((), Kind("N", f"{help}; several separated by commas", _numbers))


def choice(value: str, words: tuple[str, ...], help: str) -> Any:
    """Declare an option that is absent, there without a value ("yes"), or one of some words.

    Parameters
    ----------
    value, help : str
        As of `text`.
    words : tuple of str
        What it may be.
    """

    def parse(name: str, given: Any) -> str:
        text = "yes" if given is True else str(given or "")
        if text in ("", "no", "yes", *words):
            return "" if text == "no" else text
        raise _none_of(name, given, words, f"--{name} alone, or ")

    return _field("", Kind(value, help, parse))


def word(value: str, words: tuple[str, ...], help: str, default: str = "") -> Any:
    """Declare an option that is one of some words, by default absent.

    Parameters
    ----------
    value, help : str
        As of `text`.
    words : tuple of str
        What it may be.
    default : str, optional
        Which word holds if it is not given.
    """

    def parse(name: str, given: Any) -> str:
        if given in ("", *words):
            return str(given) or default
        raise _none_of(name, given, words)

    return _field(default, Kind(value, help, parse))


def seconds(default: float, help: str, least: float = 0, above: float | None = None) -> Any:
    """Declare an option that takes a time in seconds.

    Parameters
    ----------
    default : float
        Seconds, if it is not given.
    help : str
        What help says of it.
    least, above : float, optional
        The least that may be given, or what it must be more than.
    """

    def parse(name: str, value: Any) -> float:
        try:
            parsed = float(value)
        except (TypeError, ValueError, OverflowError):
            parsed = math.nan
        if isinstance(value, bool) or not math.isfinite(parsed):
            raise BadInput(f'--{name}="{value}" is not a time in seconds: write --{name}=2.5')
        if above is not None and parsed <= above:
            raise BadInput(f"--{name}={value} is too small: it must be more than {above:g}")
        return _bounded(name, parsed, least, _A_DAY)

    bound = f"more than {above:g}" if above is not None else f"at least {least:g}"
    return _field(default, Kind("S", f"{help}, in seconds; {bound}", parse))


def duration(default: float, help: str) -> Any:
    """Declare an option that takes a length of time: 90, 90s, 15m, 8h, 2d, or forever.

    Parameters
    ----------
    default, help : float, str
        As of `seconds`.
    """
    examples = f"90s, 15m, 8h, 2d or {FOREVER}"
    return _field(Duration(default), Kind("TIME", f"{help}: {examples}", _duration))


def kinds(options: type) -> dict[str, tuple[Kind, Any]]:
    """Return the kind and the default of each option of an action, by the name that users type."""
    return {
        field.name.rstrip("_").replace("_", "-"): (field.metadata["kind"], field.default)
        for field in dataclasses.fields(options)
    }


def field_name(name: str) -> str:
    """Return what Python calls an option: a word of its own has an underscore behind it."""
    field = name.replace("-", "_")
    return f"{field}_" if iskeyword(field) else field


def parse(options: type[Options], given: Mapping[str, Any], settings: Mapping[str, Any]) -> Options:
    """Return the options that a user gave.

    Parameters
    ----------
    options : type
        The dataclass of the action's options.
    given : mapping
        Names, with `-` or `_`, to values: text, or the type itself.
    settings : mapping
        CK's configuration of the module: what holds for an option that is not given, unless an
        environment variable does.

    Raises
    ------
    BadInput
        For the first option that is unknown or has a wrong value.
    """
    known = kinds(options)
    older = {kind.older: name for name, (kind, _) in known.items() if kind.older}
    values = {}
    for written, value in given.items():
        name = written.rstrip("_").replace("_", "-")
        if name not in known and name not in older:
            raise BadInput(_unknown(written, list(known)))
        if value is not None:  # as Python and JSON spell what is not given
            new = older.get(name, name)
            if new in values:
                raise BadInput(f"--{new} and --{known[new][0].older} are the same: give one")
            values[new] = known[new][0].parse(name, value)
    for name, (kind, _) in known.items():
        if kind.is_setting and name not in values:
            configured = settings.get(name.replace("-", "_")) or settings.get(name)
            variable = _variable(name)
            told = {variable: os.environ.get(variable), CONFIGURATION: configured}
            for source, value in told.items():
                if value and name not in values:
                    values[name] = _parse_setting(source, name, kind, value)
    return options(**{field_name(name): value for name, value in values.items()})


def concern(options: Any, kind: type[Concern]) -> Concern:
    """Return those of an action's options that are of one concern.

    Parameters
    ----------
    options : dataclass instance
        The options of an action.
    kind : type
        A dataclass whose fields have the names of options, and their defaults, which hold for
        those that the action does not have.
    """
    names = [field.name for field in dataclasses.fields(cast(Any, kind))]
    return kind(**{name: getattr(options, name) for name in names if hasattr(options, name)})


def typed(options: Any, *names: str) -> str:
    """Return what a user types to give these options, or some, without what holds anyway."""
    words, known = [], kinds(type(options))
    for name in names or known:
        value = getattr(options, field_name(name))
        if value not in (known[name][1], os.environ.get(_variable(name))):
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words.append(f"--{name}" if text in ("True", "yes") else f"--{name}={text}")
    return " ".join(map(shlex.quote, words))


def refuse_together(options: Any, name: str, *others: str) -> None:
    """Raise BadInput if one of the others is given too, which says nothing beside `name`.

    Parameters
    ----------
    options : dataclass instance
        The options of an action.
    name : str
        An option that is given, as users type it.
    *others : str
        Those that must not be.
    """
    for other in others:
        if getattr(options, field_name(other)):
            raise BadInput(f"--{name} and --{other} cannot be used together: leave one of them out")


def refuse_alone(options: Any, name: str, other: str) -> None:
    """Raise BadInput if an option is given that says nothing without another.

    Parameters
    ----------
    options : dataclass instance
        The options of an action.
    name, other : str
        The option, and the one that it needs.
    """
    if getattr(options, field_name(name)) and not getattr(options, field_name(other)):
        raise BadInput(f"--{name} needs --{other}: give both, or neither")


def as_typed(options: Any, *names: str) -> str:
    """Return options as `typed` does, with a blank before them if there are any."""
    words = typed(options, *names)
    return f" {words}" if words else ""


def _variable(name: str) -> str:
    return ENVIRONMENT + name.replace("-", "_").upper()


def _parse_setting(source: str, name: str, kind: Kind, value: Any) -> Any:
    try:
        return kind.parse(name, value)
    except BadInput as error:
        raise BadInput(f"in {source}: {error}") from None


def _unknown(written: str, known: list[str]) -> str:
    near = get_close_matches(written.replace("_", "-"), known, n=1, cutoff=0.5)
    hint = f"did you mean --{near[0]}?" if near else f"the options are --{', --'.join(known)}"
    return f"--{written} is not an option: {hint}"


def _none_of(name: str, given: Any, words: Sequence[str], first: str = "") -> BadInput:
    """Return what refuses a word that is none of those which an option takes."""
    text = str(given).lower().replace("_", "-")
    near = [each for each in words if each.startswith(text)] or get_close_matches(text, words, n=1)
    if len(near) == 1 < len(words):
        return BadInput(f'--{name}="{given}": did you mean --{name}={near[0]}?')
    return BadInput(f'--{name}="{given}": write {first}--{name}={" or ".join(words)}')


def _flag(name: str, value: Any) -> bool:
    if str(value).lower() in ("yes", "true", "1", "on"):
        return True
    if str(value).lower() in ("no", "false", "0", "off", ""):
        return False
    raise BadInput(f'--{name} takes no value, but was given "{value}"')


def _text(name: str, value: Any) -> str:
    if value in ("", "yes", True):
        raise BadInput(f"--{name} needs a value: write --{name}=…")
    if not isinstance(value, str):  # as it may come from Python and JSON
        raise BadInput(f"--{name}={value!r} is not a text: write --{name}=…")
    return value


def _setting(name: str, value: Any) -> str:
    return "" if value == "" else _text(name, value)  # empty undoes a setting from elsewhere


def _duration(name: str, value: Any) -> Duration:
    """Return a length of time, to the millisecond: so it can be typed again."""
    text = "" if isinstance(value, bool) else str(value).strip().lower()
    if text in (FOREVER, str(math.inf)):
        return Duration(math.inf)
    parts = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)([smhd]?)", text)
    if not parts:
        raise BadInput(
            f'--{name}="{value}" is not a length of time: write for example --{name}=90s, 15m, '
            f"8h, 2d or --{name}={FOREVER}"
        )
    seconds = round(float(parts[1]) * _UNITS[parts[2] or "s"], 3)
    return Duration(seconds if seconds < _AGES else math.inf)


def _wnids(name: str, value: Any) -> tuple[str, ...]:
    is_many = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
    listed = value if is_many else [value]
    stripped = [wnid.strip() for each in listed for wnid in _text(name, each).split(",")]
    return tuple(dict.fromkeys(wnid for wnid in stripped if wnid))


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    listed = value if isinstance(value, (list, tuple)) else str(value).split(",")
    stripped = [str(each).strip() for each in listed]
    for each in stripped:
        if not re.fullmatch(r"[0-9]{1,9}", each):
            raise BadInput(f'--{name}="{each}" is not a picture number: write --{name}=9981,12')
    return tuple(dict.fromkeys(map(int, stripped)))


def _bounded(name: str, value: float, least: float, most: float | None) -> float:
    if value < least:
        raise BadInput(f"--{name}={_plain(value)} is too small: the least is {_plain(least)}")
    if most is not None and value > most:
        raise BadInput(f"--{name}={_plain(value)} is too large: the most is {_plain(most)}")
    return value


def _plain(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
