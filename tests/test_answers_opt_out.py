"""What hosts say of their pictures' use: X-Robots-Tag in all its forms."""

from __future__ import annotations

import pytest
from ck_imagenet import USER_AGENT
from ck_imagenet.http.answers import opted_out, product
from hypothesis import given
from hypothesis import strategies as st

ME = "ck-imagenet"


@pytest.mark.parametrize(
    "headers",
    [
        ["noai"],
        ["noimageai"],
        ["NoAI"],
        ["  noai  "],
        ["noindex, noai"],
        ["noindex", "noimageai"],
        ["*: noai"],
        ["ck-imagenet: noai"],
        ["CK-ImageNet : noindex, noai"],
        ["otherbot: noindex, ck-imagenet: noai"],
        ["otherbot: noai", "noai"],
        ["unavailable_after: 25 Jun 2010 15:00:00 PST, noai"],
        ["unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noimageai"],
        ["max-snippet: 10, noai"],
        ["noai noimageai"],
        ["noindex; noai;"],
        ["noai X-Powered-By: PHP/5.2.17"],
        ["noindex\tnoai"],
    ],
)
def test_noai_and_noimageai_keep_machines_away(headers: list[str]) -> None:
    assert opted_out(headers, ME)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [""],
        ["all"],
        ["noindex, nofollow, noarchive"],
        ["noairplanes"],
        ["otherbot: noai"],
        ["otherbot: noindex, noai"],
        ["ck-imagenet: noindex, otherbot: noai"],
        ["ck-imagenet-2: noai"],
        ["noai: noindex"],
        ["otherbot: noindex noai"],
        ["no-noai noai-not"],
    ],
)
def test_what_says_something_else_or_means_others_does_not(headers: list[str]) -> None:
    assert not opted_out(headers, ME)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (USER_AGENT, "ck-imagenet"),
        ("MyStudy/1.0 (+https://example.org)", "mystudy"),
        ("MyStudy (x)", "mystudy"),
        (" a/b/c ", "a"),
        ("", ""),
    ],
)
def test_hosts_know_a_user_agent_by_the_first_word(user_agent: str, name: str) -> None:
    assert product(user_agent) == name


@given(st.lists(st.text() | st.text(":, *noai\t\n")), st.text())
def test_any_headers_say_yes_or_no(headers: list[str], agent: str) -> None:
    assert opted_out(headers, product(agent)) in (True, False)
