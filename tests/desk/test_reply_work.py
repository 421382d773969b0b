"""Sentences of a reply and their checks."""

from datetime import date

import pytest

from kb.desk.clock import due, shipped_holidays, working_days
from kb.desk.reply_work import Checked, Sentence, sentences_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two. [1][2] Three. [3]", [("One.", (1, 2)), ("Two.", (1, 2)), ("Three.", (3,))]),
        ("One. [1]\n\nTwo.", [("One.", (1,)), ("Two.", ())]),
        ("These:\n- one\n- two [1]", [("These:", (1,)), ("one", (1,)), ("two", (1,))]),
        ("See e.g. this one. [2]", [("See e.g. this one.", (2,))]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert [(s.text, s.citations) for s in sentences_of(text)] == expected


def test_a_sentence_that_rests_on_something_else_is_another_one():
    text = Checked.by_code("One. Two. [1]")
    assert text.unchecked() == []
    assert text.changed("One. Two. [2]").unchecked() == [
        Sentence("One.", (2,)),
        Sentence("Two.", (2,)),
    ]
    assert text.changed("Two. One. [1]").unchecked() == []
    assert text.changed("One. Too. [1]").unchecked() == [Sentence("Too.", (1,))]


def test_what_comes_back_has_to_be_checked_again():
    changed = Checked.by_code("One. [1]").changed("Two. [1]")
    assert changed.changed("One. [1]").unchecked() == [Sentence("One.", (1,))]


def test_l9_working_days():
    friday, monday = date(2026, 6, 5), date(2026, 6, 8)
    assert working_days(friday, friday, ()) == 0
    assert working_days(friday, monday, ()) == 1
    assert working_days(friday, monday, {monday}) == 0
    assert working_days(monday, friday, ()) == 0
    # Christmas Eve to New Year and the two days after it are free.
    assert working_days(date(2026, 12, 23), date(2027, 1, 4)) == 1
    wanted = {9: "", 10: "warning", 12: "warning", 13: "holding", 15: "holding", 16: "overdue"}
    assert {age: due(age) for age in wanted} == wanted


def test_the_holidays_of_this_and_next_year_are_known():
    years = {day.year for day in shipped_holidays()}
    assert {2026, 2027} <= years
    assert all(day.weekday() < 5 for day in shipped_holidays())
