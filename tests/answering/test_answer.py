"""Properties of every answer, over the small corpus and the counting embedder."""

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.errors import QuestionError
from kb.types import Answer

QUESTIONS = [
    "What to do when commitment is weak?",
    "Who leads the river partnership?",
    "How often should partners meet?",
    "When did the call for water pilots close?",
    "What is a TSSP?",
    "What is a TSSP, and who leads the river partnership?",
    "What will the weather be tomorrow?",
    "zxqv wvut",
    "🙂🙂",
    "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1))",
]


def check_properties(base, answer: Answer) -> None:
    documents = {d.id: d for d in base._current().retriever.content.documents}
    numbers = {citation.number for citation in answer.citations}
    assert {int(n) for n in re.findall(r"\[(\d+)\]", answer.text)} == numbers or not numbers
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    for statement in answer.statements:
        assert statement.citations
        assert set(statement.citations) <= numbers
        quotes = [c.quote for c in answer.citations if c.number in statement.citations]
        assert any(statement.text in quote for quote in quotes)
    for citation in answer.citations:
        text = documents[citation.document_id].text
        assert citation.quote == text[citation.start : citation.end]
        assert citation.url in {source.url for source in citation.sources}
    assert 0 <= answer.confidence <= 1
    if answer.status == "not_answered":
        assert answer.reason
        assert not answer.statements
        assert not answer.citations
    else:
        assert answer.reason is None
        assert answer.statements
    if answer.status == "answered":
        assert not answer.missing


@pytest.mark.parametrize("question", QUESTIONS)
def test_l6_properties(base, question):
    check_properties(base, base.ask(question))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(min_size=1, max_size=300))
def test_properties_for_any_text(base, text):
    try:
        answer = base.ask(text)
    except QuestionError:
        return
    check_properties(base, answer)


def test_an_faq_entry_comes_first_and_whole(base):
    answer = base.ask("How often should partners meet?")
    assert [s.text for s in answer.statements[:2]] == [
        "Partners of a well-run partnership meet regularly.",
        "Meetings in person build trust.",
    ]


def test_findings_come_before_recommendations(base):
    answer = base.ask("Commitment is weak, what capacity building should partners put first?")
    kinds = [s.kind for s in answer.statements]
    assert "recommendation" in kinds
    assert kinds == sorted(kinds)
    assert "- Put training and capacity building first" in answer.text


def test_l6_a_citation_says_what_it_rests_on(base):
    citation = base.ask("Who leads the river partnership?").citations[0]
    assert citation.quote == "The river partnership was led by Lapland in 2018."
    assert citation.section == ("Commitment", "Who leads the river partnership")
    assert citation.url == "https://example.europa.eu/old"
    assert citation.as_of == "2018"
    assert citation.wording == "summary"
    assert [source.id for source in citation.sources] == ["S2"]


def test_what_rests_on_archived_pages_says_so(base):
    notices = base.ask("Who leads the river partnership?").notices
    assert "older" in {notice.kind for notice in notices}


@pytest.mark.parametrize(
    ("today", "passed"), [(date(2026, 3, 19), False), (date(2026, 3, 20), True)]
)
def test_a_day_that_has_passed_is_said(make_base, today, passed):
    answer = make_base(today=lambda: today).ask("When did the call for water pilots close?")
    kinds = {notice.kind for notice in answer.notices}
    assert ("deadline_passed" in kinds) == passed


def test_the_same_question_gives_the_same_answer(base):
    def without_identity(answer):
        return {k: v for k, v in answer.record().items() if k not in ("id", "created", "seconds")}

    first, second = base.ask(QUESTIONS[0]), base.ask(QUESTIONS[0])
    assert without_identity(first) == without_identity(second)


def test_asked_as_is_searched_and_never_shown(base):
    answer = base.ask("half of our members are silent")
    assert "commitment" in answer.citations[0].document_id
    assert "silent" not in str([s.text for s in answer.statements])
