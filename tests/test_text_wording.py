"""How other people's text is shown."""

from __future__ import annotations

from ck_imagenet.core.text import visible
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(st.characters()))
def test_what_is_visible_holds_nothing_that_acts_on_a_terminal(text: str) -> None:
    shown = visible(text)
    assert all(character.isprintable() or character == "\t" for character in shown)
    shown.encode()
