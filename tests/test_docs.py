"""The pages have no dead link, no option that is none, and the tables of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator
from urllib.parse import unquote

import markdown_pages as markdown
import pytest
import write_docs
from ck_imagenet.core.actions import ACTIONS
from ck_imagenet.core.options import kinds
from terminal import CHECKOUT

EACH_PAGE = pytest.mark.parametrize(
    "page", markdown.PAGES, ids=lambda page: str(page.relative_to(CHECKOUT))
)

OPTIONS = {action: {*kinds(options)} for action, options in ACTIONS.items()}
OLDER = {"tar"}
KERNEL = {"common", "func", "help", "out", "time_out"}
"""Options that CK itself takes after any action."""


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Install", "install"),
        ("ck list imagenet", "ck-list-imagenet"),
        ("Gone, not lost: `--wayback`", "gone-not-lost---wayback"),
        ("All of ImageNet's synsets", "all-of-imagenets-synsets"),
    ],
)  # fmt: skip
def test_a_heading_has_the_anchor_that_github_gives_it(heading: str, anchor: str) -> None:
    assert markdown.anchor(heading) == anchor


@EACH_PAGE
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    lost = []
    for target in markdown.links(page):
        if re.match(r"https?:", target):
            continue
        path, _, fragment = target.partition("#")
        file = page.parent / unquote(path) if path else page
        found = file.exists() and (not fragment or fragment in markdown.anchors(file))
        lost += [] if found else [target]
    assert lost == []


@EACH_PAGE
def test_no_page_has_two_headings_with_one_anchor(page: Path) -> None:
    headings = [each for each in markdown.tokens(page) if each.type == "heading_open"]
    assert len(markdown.anchors(page)) == len(headings)


def test_the_pages_of_docs_are_all_reached_from_readme() -> None:
    docs = {f"docs/{page.name}" for page in (CHECKOUT / "docs").glob("*.md")}
    assert docs - {*markdown.links(CHECKOUT / "README.md")} == set()


def test_readme_is_read_in_a_few_minutes() -> None:
    lines = (CHECKOUT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 220


@EACH_PAGE
def test_a_page_is_no_longer_than_somebody_reads(page: Path) -> None:
    measured = page.parent.name == "benchmarks"
    assert measured or len(page.read_text("utf-8").splitlines()) <= 400


OTHER_WORDS = r"\b(director(y|ies)|photos?|fetch\w*|anew|shall|(?<!there )(is|are) no)(?![-\w])"
"""What CONTRIBUTING has another word for."""


@pytest.mark.parametrize(
    "page",
    [page for page in markdown.PAGES if page.parent.name != "benchmarks"],
    ids=lambda page: page.name,
)
def test_no_sentence_has_to_be_read_twice(page: Path) -> None:
    parts = [each for text in markdown.prose(page) for each in re.split(r"(?<=[.!?:;]) +", text)]
    assert [each for each in parts if len(each.split()) > 25] == []
    quotes = page.name in ("known_hosts.md", "CONTRIBUTING.md")
    assert quotes or [each for each in parts if re.search(OTHER_WORDS, each, re.I)] == []


@EACH_PAGE
def test_every_block_of_code_says_what_it_is_in(page: Path) -> None:
    """`text` is what nobody runs; else a language, whose examples are run or read by a shell."""
    unnamed = [fence.text for fence in markdown.fences(page) if not fence.language]
    assert unnamed == []


def commands(page: Path) -> Iterator[tuple[str, str]]:
    """Yield action and words of every command of the module that a page names."""
    shells = (each.text for each in markdown.fences(page) if each.language != "python")
    for text in (*shells, *markdown.spans(page)):
        for line in text.replace("\\\n", " ").splitlines():
            yield from re.findall(r"\bck (\w+) imagenet(?![\w-])([^|#;&>)]*)", line)


@EACH_PAGE
def test_a_page_names_no_option_that_its_command_does_not_take(page: Path) -> None:
    wrong = [
        f"ck {action} imagenet --{option}"
        for action, words in commands(page)
        for option in re.findall(r"(?<=--)[a-z][\w-]*", words)
        if option.replace("_", "-") not in {*OPTIONS.get(action, ())} | OLDER | KERNEL
    ]
    assert wrong == []


def test_every_table_of_the_code_is_on_one_page() -> None:
    text = "".join(page.read_text("utf-8") for page in write_docs.PAGES)
    shown = {name: text.count(f"<!-- {name} -->") for name in write_docs.tables()}
    assert shown == dict.fromkeys(shown, 1)


def test_the_tables_are_those_of_the_code() -> None:
    """If not, run: python tools/write_docs.py."""
    for page in write_docs.PAGES:
        text = page.read_text("utf-8")
        assert write_docs.page(text) == text
    module = (write_docs.MODULE / "module.py").read_text("utf-8")
    assert write_docs.module(module) == module
    meta = write_docs.META_FILE.read_text("utf-8")
    assert write_docs.meta(meta) == meta
    for action, call in write_docs.FRONT_DOOR.items():
        command = (write_docs.COMMANDS / f"{call.file}.py").read_text("utf-8")
        assert write_docs.function(action, command) == command
    assert write_docs.known_hosts() == write_docs.KNOWN_HOSTS.read_text("utf-8")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_its_part(action: str) -> None:
    assert f"ck-{action}-imagenet" in markdown.anchors(CHECKOUT / "docs" / "commands.md")


def said_by_the_tool() -> list[str]:
    """Return the texts of the library, with `…` for what is filled in."""
    library = write_docs.MODULE / "ck_imagenet"
    trees = (ast.parse(path.read_text("utf-8")) for path in library.rglob("*.py"))
    return [filled(node) for tree in trees for node in ast.walk(tree) if filled(node)]


def filled(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(filled(value) or "…" for value in node.values)
    return str(node.value) if isinstance(node, ast.Constant) and node.value else ""


OF_OTHERS = {
    "No module named 'imp'",
    "error: externally-managed-environment",
    "fatal: Too many arguments",
    "Access to the CK portal failed (…)",
    "ck … imagenet",
    "problem parsing json from file=…/.ck.cache_repo_info.json",
    "The synset is not ready yet. Please stay tuned!",
    "No space left on device",
}
"""What is said by Python, pip, CK, ImageNet and the system."""


def test_what_troubleshooting_calls_printed_is_said_by_the_tool() -> None:
    page = (CHECKOUT / "docs" / "troubleshooting.md").read_text("utf-8")
    cells = re.findall(r"^\| ([^|]*) \|", page, re.M)
    printed = {span for cell in cells for span in re.findall("`([^`]+)`", cell)}
    texts = said_by_the_tool()
    unknown = [span for span in printed if not any(span in text for text in texts)]
    assert sorted(unknown) == sorted(OF_OTHERS)
