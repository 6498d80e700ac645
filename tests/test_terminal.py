"""Texts that fit a terminal, whatever script they are in."""

from __future__ import annotations

import pytest
from ck_imagenet.cli import terminal
from hypothesis import given
from hypothesis import strategies as st

WIDE, ACCENT = "鱼", "e\u0301"
"""A character that takes two columns, and one that takes one and is two."""


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("tench", 5, "tench"),
        ("tench", 4, "ten…"),
        (WIDE * 3, 6, WIDE * 3),
        (WIDE * 3, 5, f"{WIDE * 2}…"),
        (WIDE * 3, 4, f"{WIDE}…"),
        (ACCENT * 3, 3, ACCENT * 3),
        (ACCENT * 3, 2, f"{ACCENT}…"),
        ("tench", 1, "…"),
    ],
)
def test_a_text_is_cut_where_its_columns_end(text: str, width: int, shown: str) -> None:
    assert terminal.cut(text, width) == shown


@given(st.text(alphabet=["a", " ", WIDE, *ACCENT, "é", "\x1b", "\u202e"]), st.integers(2, 40))
def test_no_text_takes_more_than_its_column(text: str, size: int) -> None:
    line = terminal.columns((text, "end"), (size, 3))
    assert terminal.cells(line) == size + 5
    assert line.endswith("  end")
    assert line.isprintable()


def test_numbers_stand_to_the_right_where_a_column_is_one_of_numbers() -> None:
    assert terminal.columns(("7", "1,234", "x"), (3, -6, 1)) == "7     1,234  x"


def test_a_sentence_is_folded_and_a_command_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    command = "ck-imagenet download --wnid=n01440764"
    path = "/my pictures/n01440764 of today"
    lines = ["  some words more than fit", "short", f"  {command}", f"Type: {command}"]
    lines += [f"  The pictures are in {path}", "saved: ck list", "/a/b  is not here now"]
    assert list(terminal.folded(lines)) == [
        "  some words more",
        "    than fit",
        "short",
        f"  {command}",
        "Type:",
        f"  {command}",
        "  The pictures are",
        "    in",
        f"    {path}",
        "saved: ck list",
        "/a/b  is not here",
        "  now",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "nonsense"])
def test_where_our_signs_cannot_be_shown_plain_ones_stand_for_them(encoding: str) -> None:
    assert terminal.for_encoding("é… ██▒░·", encoding) == "é~ ##+x."
    assert terminal.for_encoding("é… ██▒░·", None) == "é… ██▒░·"
