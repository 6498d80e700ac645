"""What is in a registry is offered everywhere: by options, `--help`, docs/ and refusals."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import write_docs
from ck_imagenet.commands import export
from ck_imagenet.core.actions import DownloadOptions, ExportOptions, GeturlsOptions
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.options import kinds, parse
from ck_imagenet.core.registries import LAYOUTS, SOURCES, LayoutRow, SourceRow, made_by, one_of
from ck_imagenet.exports import layouts
from ck_imagenet.sources.lists import ListSource
from ck_imagenet.sources.registry import Lists

DOCS = "".join(page.read_text("utf-8") for page in write_docs.PAGES)

each_layout = pytest.mark.parametrize("row", LAYOUTS, ids=lambda row: row.name)

each_source = pytest.mark.parametrize("row", SOURCES, ids=lambda row: row.name)
takes_a_source = pytest.mark.parametrize("options", [GeturlsOptions, DownloadOptions])


def refusal(**given: str) -> str:
    """Return why an export with these options is refused."""
    with pytest.raises(BadInput) as refused:
        export.refuse_what_says_nothing(parse(ExportOptions, {"to": "out", **given}, {}))
    return str(refused.value)


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_names_are_listed_as_a_sentence_does(names: list[str], text: str) -> None:
    assert one_of(names) == text


@each_layout
def test_a_layout_is_written_by_a_class_of_the_room_of_exports(row: LayoutRow) -> None:
    made = layouts.writer(row)
    assert issubclass(made, layouts.Layout)
    assert not inspect.isabstract(made)
    assert made.__doc__


@each_layout
def test_a_layout_is_offered_by_help_and_docs(row: LayoutRow) -> None:
    module = (write_docs.MODULE / "module.py").read_text("utf-8")
    kind, _ = kinds(ExportOptions)["layout"]
    assert row.name in kind.help
    assert " ".join(kind.help.split()) in " ".join(module.split())
    assert f"| `{row.name}` | {row.holds} | {row.read_by} |" in DOCS


@each_layout
def test_what_is_no_layout_is_refused_with_all_that_are(row: LayoutRow) -> None:
    with pytest.raises(BadInput) as refused:
        parse(ExportOptions, {"layout": "zip"}, {})
    assert row.name in str(refused.value)


@pytest.mark.parametrize("row", [row for row in LAYOUTS if not row.resizes], ids=lambda r: r.name)
def test_a_layout_without_pictures_cannot_be_resized(row: LayoutRow) -> None:
    why = f"--layout={row.name} writes no pictures: leave --resize out"
    assert refusal(layout=row.name, resize="64") == why


@pytest.mark.parametrize("row", [row for row in LAYOUTS if not row.links], ids=lambda r: r.name)
def test_a_layout_without_single_pictures_cannot_be_linked(row: LayoutRow) -> None:
    why = f"--layout={row.name} writes no single pictures: leave --link out"
    assert refusal(layout=row.name, link="hard") == why


@each_layout
def test_a_layout_that_is_registered_or_has_shards_says_so_in_help(row: LayoutRow) -> None:
    known = kinds(ExportOptions)
    of_shards, of_environments = (
        re.findall(r"\w+", known[name][0].help) for name in ("shard-size", "register")
    )
    assert (row.name in of_shards) == row.shards
    assert (row.name in of_environments) == (row.environment is not None)


def test_a_layout_that_is_empty_is_the_usual_one() -> None:
    assert parse(ExportOptions, {"layout": "", "link": ""}, {}) == ExportOptions()


@pytest.mark.parametrize("row", [row for row in SOURCES if row.has_lists], ids=lambda r: r.name)
def test_lists_are_found_by_a_class_that_names_its_row(row: SourceRow) -> None:
    made = made_by("sources", row)
    assert issubclass(made, ListSource)
    assert not inspect.isabstract(made)
    assert made.row is row


@each_source
@takes_a_source
def test_a_source_is_offered_by_help_and_docs(row: SourceRow, options: type) -> None:
    kind, _ = kinds(options)["source"]
    assert (row.name in re.findall(r"\w+", kind.help)) == row.is_named
    assert row.holds in DOCS


@each_source
@takes_a_source
def test_what_is_no_source_is_refused_with_all_that_are(row: SourceRow, options: type) -> None:
    with pytest.raises(BadInput) as refused:
        parse(options, {"source": "nowhere"}, {})
    assert (row.name in re.findall(r"\w+", str(refused.value))) == row.is_named


@pytest.mark.parametrize("row", [row for row in SOURCES if row.setting], ids=lambda r: r.name)
@takes_a_source
def test_where_a_source_is_can_be_said_by_an_option(row: SourceRow, options: type) -> None:
    kind, usual = kinds(options)[row.setting]
    assert (kind.is_setting, usual) == (True, row.address)
    given: dict[str, Any] = {row.setting.replace("-", "_"): "http://a.example"}
    assert Lists(**given).address(row) == "http://a.example"
    assert Lists().address(row) == row.address
