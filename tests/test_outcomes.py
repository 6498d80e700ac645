"""Each outcome is one row that tells all that is known of it."""

from __future__ import annotations

import pickle
import re
from dataclasses import fields

import pytest
import write_docs
from ck_imagenet.core.outcomes import HostSignal, Outcome, Row

EACH = pytest.mark.parametrize("outcome", Outcome, ids=lambda each: each.word)


@EACH
def test_an_outcome_has_all_fields_of_its_row(outcome: Outcome) -> None:
    known = {field.name: getattr(outcome, field.name) for field in fields(Row)}
    assert Row(**known).word == outcome.word


@EACH
def test_an_outcome_has_a_word_for_journals_and_a_sentence_for_people(outcome: Outcome) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)*", outcome.word)
    assert outcome.meaning
    assert not outcome.meaning.endswith(".")


@EACH
def test_an_outcome_is_found_by_its_word_and_sent_to_other_processes_as_it(
    outcome: Outcome,
) -> None:
    assert Outcome.named(outcome.word) is outcome
    assert pickle.loads(pickle.dumps(outcome)) is outcome  # noqa: S301  our own


def test_a_word_of_none_is_refused() -> None:
    with pytest.raises(KeyError):
        Outcome.named("lost")


@EACH
def test_the_wayback_machine_is_asked_for_nothing_that_may_pass(outcome: Outcome) -> None:
    assert outcome.final or not outcome.wayback_helps


@EACH
def test_no_answer_has_come_where_nobody_answered(outcome: Outcome) -> None:
    assert not (outcome.unanswered and outcome.signal is HostSignal.ANSWER)


@EACH
def test_what_gave_its_picture_needs_no_other_place(outcome: Outcome) -> None:
    assert not (outcome.alive and (outcome.wayback_helps or outcome.successor_helps))


def test_the_page_of_commands_tells_every_outcome_in_the_order_of_the_rows() -> None:
    table = "\n".join(write_docs._outcomes())
    assert re.findall(r"^\| `([\w-]+)`", table, re.M) == [each.word for each in Outcome]
    assert table in "".join(page.read_text("utf-8") for page in write_docs.PAGES)
