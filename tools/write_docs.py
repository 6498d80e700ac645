"""Write what the code's tables say into the `--help` of the actions, README.md and docs/.

    python tools/write_docs.py

`ck … --help` prints the text of a docstring as it stands in `module.py`, so that each default would
otherwise be written down twice. A test fails when this has not been run.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
MODULE = CHECKOUT / "module" / "imagenet"
sys.path.insert(0, str(MODULE))

from ck_imagenet.cli.help import default_shown, meaning  # noqa: E402
from ck_imagenet.core.actions import ACTIONS  # noqa: E402
from ck_imagenet.core.known_hosts import Fact, rows  # noqa: E402
from ck_imagenet.core.options import (  # noqa: E402
    ENVIRONMENT,
    Kind,
    field_name,
    kinds,
)
from ck_imagenet.core.outcomes import Outcome  # noqa: E402
from ck_imagenet.core.registries import LAYOUTS, SETS, SOURCES  # noqa: E402
from ck_imagenet.sources.tars import SkipReason  # noqa: E402
from ck_imagenet.storage.records import FindingKind  # noqa: E402


class Call(NamedTuple):
    """How an action is called from Python."""

    file: str
    function: str
    first: tuple[str, ...]
    """The arguments that come before all others; the very first can be given without its name."""
    left_out: tuple[str, ...] = ()
    """Options of what is printed, of Collective Knowledge, or of what is no result of its own."""


README = CHECKOUT / "README.md"
DOCS = CHECKOUT / "docs"
KNOWN_HOSTS = DOCS / "known_hosts.md"
PAGES = (README, *sorted(page for page in DOCS.glob("*.md") if page != KNOWN_HOSTS))
"""The pages that people write, with tables that this writes."""

META_FILE = MODULE / ".cm" / "meta.json"
META = json.loads(META_FILE.read_text("utf-8"))
FUNCTIONS = {action: META["actions_redirect"].get(action, action) for action in ACTIONS}


COMMANDS = MODULE / "ck_imagenet" / "commands"
FRONT_DOOR = {
    "list": Call("listing", "synsets", ("search", "folder"), ("images", "words")),
    "geturls": Call(
        *("geturls", "geturls", ("wnid", "folder")),
        ("mapping", "save", "sources", "all", "archive", "archive_sha1", "force", "search_url"),
    ),
    "download": Call("download", "download", ("wnid", "to"), ("verbose", "quiet")),
    "status": Call("status", "status", ("folder",)),
    "check": Call("check", "check", ("folder",)),
    "clean": Call("clean", "clean", ("folder",), ("force",)),
    "browse": Call("browse", "browse", ("folder",), ("no_open",)),
    "export": Call("export", "export", ("folder", "to"), ("register", "quiet")),
}
"""The functions that Python users call, by action."""


def main() -> None:
    """Bring all these files up to date."""
    updates = {MODULE / "module.py": module, META_FILE: meta, **dict.fromkeys(PAGES, page)}
    for path, updated in updates.items():
        path.write_text(updated(path.read_text("utf-8")), "utf-8")
    for action, call in FRONT_DOOR.items():
        path = COMMANDS / f"{call.file}.py"
        path.write_text(function(action, path.read_text("utf-8")), "utf-8")
    KNOWN_HOSTS.write_text(known_hosts(), "utf-8")


def module(text: str) -> str:
    """Return `module.py` with the inputs and meanings of all actions as the table has them."""
    for action, function in FUNCTIONS.items():
        head = rf'def {function}\(.*?\n    """\n'
        text = _replaced(rf"({head}).*?(\n    Output:)", "\n".join(_input(action)) + "\n", text)
        text = _replaced(rf"(\n# )[^\n]*(\n\n\ndef {function}\()", _described(action), text)
    return text


def meta(text: str) -> str:
    """Return the module's `meta.json` with the meanings of all actions as the table has them."""
    known = json.loads(text)
    for action in ACTIONS:
        known["actions"][action]["desc"] = _described(action)
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def _described(action: str) -> str:
    return meaning(action).rstrip(".")


def function(action: str, text: str) -> str:
    """Return the file of a command with the arguments of its function as the table has them."""
    call = FRONT_DOOR[action]
    arguments = _arguments(action)
    signature = [f"    {name}: {kind}{default}," for name, kind, default, _ in arguments]
    signature.insert(1, "    *,")
    head = rf"\ndef {call.function}\(\n"
    text = _replaced(rf"({head}).*?(\) -> )", "\n".join(signature) + "\n", text)
    meanings = (line for argument in arguments for line in _meaning(*argument))
    head = rf"{head}.*?\n    Parameters\n    ----------\n"
    return _replaced(rf"({head}).*?(\n    Returns\n)", "\n".join(meanings) + "\n", text)


def _arguments(action: str) -> list[tuple[str, str, str, str]]:
    """Return name, type, default and meaning of each argument of an action's function."""
    call, options = FRONT_DOOR[action], kinds(ACTIONS[action])
    types = {field.name: str(field.type) for field in fields(ACTIONS[action])}
    found = {}
    for option, (kind, default) in options.items():
        name = field_name(option)
        if name not in (*call.left_out, "outdir"):
            found[name] = name, *_typed(name, types[name], kind, default), kind.help
        if kind.older:
            older = kind.older, *_typed(kind.older, types[name], kind, default)
            found[kind.older] = *older, f"the older name of {name}"
    if "folder" in call.first:
        found["folder"] = "folder", "str | Path", " = USUAL", "what download has filled"
    if action == "download":
        found["to"] = "to", "str | Path", " = USUAL", "the folder for TO/W/W_NUMBER.jpg"
    if action == "export":
        found["to"] = *found["to"][:2], "", found["to"][3]
    return [found.pop(name) for name in call.first] + list(found.values())


def _typed(name: str, kept: str, kind: Kind, default: Any) -> tuple[str, str]:
    """Return the type of what a caller may give for an option, and its default, as code."""
    taken = {
        "wnid": "str | Iterable[str]",
        "under": "str | Iterable[str]",
        "number": "int | Sequence[int]",
        "patience": "float | str",
        "retry_failed": "bool | str",
    }.get(name, "str | Path" if kind.value in ("FILE", "DIR", "FILE-or-URL", "COPY") else kept)
    if kind.is_setting:
        return f"{taken} | None", " = None"
    shown = str(default) if name == "patience" else False if name == "retry_failed" else default
    return taken, f" = {json.dumps(shown) if isinstance(shown, str) else shown}"


def _meaning(name: str, kind: str, default: str, meaning: str) -> Iterator[str]:
    """Yield the lines of a docstring that tell of an argument."""
    yield f"    {name} : {kind.replace(' | None', '').replace(' | ', ' or ')}" + (
        ", optional" if default else ""
    )
    text = meaning[0].upper() + meaning[1:] + "."
    yield from textwrap.wrap(
        text,
        width=99,
        initial_indent=" " * 8,
        subsequent_indent=" " * 8,
        break_on_hyphens=False,
    )


def page(text: str) -> str:
    """Return a page with those of its parts that are tables as the code has them."""
    for name, lines in tables().items():
        if f"<!-- {name} -->" in text:
            marked = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
            text = _replaced(marked, "\n".join(lines()) + "\n", text)
    return text


def tables() -> dict[str, Callable[[], Iterator[str]]]:
    """Return what makes the lines of each table, by the name that it has on its page."""
    found: dict[str, Callable[[], Iterator[str]]] = {
        "commands": _commands,
        "findings": _findings,
        "layouts": _layouts,
        "outcomes": _outcomes,
        "sets": _sets,
        "settings": _settings,
        "skipped": _skipped,
        "sources": _sources,
    }
    return {**found, **{f"options of {action}": partial(_options, action) for action in ACTIONS}}


def known_hosts() -> str:
    """Return the page of what is known of hosts."""
    return "\n".join(_known_hosts()) + "\n"


def _known_hosts() -> Iterator[str]:
    yield "# What is known of hosts"
    yield ""
    yield "These facts come from public reports. We could not check them, and some may be out of"
    yield "date. `--no-known-hosts` does without all of them, except the placeholders."
    yield ""
    yield "A host stands for all hosts below it. `*` in a host is a number; alone, it is any host."
    yield "This page is written by `tools/write_docs.py` from"
    yield "`module/imagenet/ck_imagenet/core/data/known_hosts.tsv`."
    for fact in Fact:
        yield from ("", f"## {fact.word.capitalize()}", "", f"{fact.meaning.capitalize()}.", "")
        yield "| host | service | fact | seen | source | date |"
        yield "|---|---|---|---|---|---|"
        for row in rows(fact):
            source = re.sub(r"https?://([^/ ]+)\S*", r"[\1](\g<0>)", row.source)
            told = [f"`{row.host}`", row.service, f"`{row.tells}`", row.seen, source, row.date]
            yield f"| {' | '.join(each.replace('|', chr(92) + '|') for each in told)} |"


def _replaced(pattern: str, new: str, text: str) -> str:
    """Put `new` between the two groups of a pattern, which must be there once."""
    changed, count = re.subn(pattern, lambda m: m.group(1) + new + m.group(2), text, flags=re.S)
    if count != 1:
        raise SystemExit(f"there should be one place for this, not {count}: {pattern}")
    return changed


def _input(action: str) -> Iterator[str]:
    """Yield an action's input in the form that CK's own modules have."""
    yield "    Input:  {"
    for name, (kind, default) in kinds(ACTIONS[action]).items():
        value = f"={kind.value}" if kind.value else ""
        start = f"({name}{value})".ljust(16) + "- "
        yield from textwrap.wrap(
            kind.help + default_shown(default),
            width=100,
            initial_indent=" " * 14 + start,
            subsequent_indent=" " * (14 + len(start)),
            break_on_hyphens=False,
        )
    yield "            }"


def _options(action: str) -> Iterator[str]:
    yield "| option | meaning | default |"
    yield "|---|---|---|"
    for name, (kind, default) in kinds(ACTIONS[action]).items():
        value = f"={kind.value}" if kind.value else ""
        yield f"| `--{name}{value}` | {kind.help} |{default_shown(default).strip('[ ]') or ' '}|"


def _commands() -> Iterator[str]:
    yield "| command | what it does |"
    yield "|---|---|"
    for action in ACTIONS:
        name = f"`ck {action} imagenet`"
        link = f"docs/commands.md#ck-{action}-imagenet"
        yield f"| [{name}]({link}) | {_described(action)} |"


def _settings() -> Iterator[str]:
    yield "| option | environment variable | in the configuration |"
    yield "|---|---|---|"
    settings = {
        name: kind.value
        for options in ACTIONS.values()
        for name, (kind, _) in kinds(options).items()
        if kind.is_setting
    }
    for name, value in settings.items():
        key = name.replace("-", "_")
        option = f"--{name}={value}" if value else f"--{name}"
        yield f"| `{option}` | `{ENVIRONMENT}{key.upper()}{'' if value else '=yes'}` | `{key}` |"


def _outcomes() -> Iterator[str]:
    yield "| outcome | meaning | asked again |"
    yield "|---|---|---|"
    for outcome in Outcome:
        yield f"| `{outcome.word}` | {outcome.meaning} | {'no' if outcome.final else 'yes'} |"


def _sources() -> Iterator[str]:
    yield "| source | what it has |"
    yield "|---|---|"
    for row in SOURCES:
        name = f"`{row.name}`" if row.is_named else f"{row.name} lists"
        setting = f". `--{row.setting}=` says where it is" if row.setting else ""
        yield f"| {name} | {row.holds}{setting} |"


def _sets() -> Iterator[str]:
    yield "| `--set=` | synsets | what it is | told of by |"
    yield "|---|---|---|---|"
    for row in SETS:
        yield f"| `{row.name}` | {row.synsets} | {row.holds} | <{row.told_by}> |"


def _layouts() -> Iterator[str]:
    yield "| `--layout=` | what is in DIR | what reads it |"
    yield "|---|---|---|"
    for row in LAYOUTS:
        yield f"| `{row.name}` | {row.holds} | {row.read_by} |"
    yield from ("", "Each layout takes these options, and may need a package:", "")
    yield "| `--layout=` | options | package |"
    yield "|---|---|---|"
    for row in LAYOUTS:
        takes = {
            "`--split`": row.splits,
            "`--resize`, `--keep-formats`": row.resizes,
            "`--link`": row.links,
            "`--shard-size`": row.shards,
            "`--register`": row.environment is not None,
        }
        options = ", ".join(option for option, is_taken in takes.items() if is_taken)
        yield f"| `{row.name}` | {options} | {row.needs} |"


def _skipped() -> Iterator[str]:
    yield "| in a copy | meaning |"
    yield "|---|---|"
    for reason in SkipReason:
        yield f"| `{reason.word}` | {reason.value} |"


def _findings() -> Iterator[str]:
    yield "| finding | meaning | `--repair` |"
    yield "|---|---|---|"
    for kind in FindingKind:
        remedy = re.sub(r"ck-imagenet (\w+) (.*)", r"`ck \1 imagenet \2`", kind.remedy)
        yield f"| `{kind.word}` | {kind.meaning} | {remedy} |"


if __name__ == "__main__":
    main()
