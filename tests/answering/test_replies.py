"""What the assistant says of its own stands in the question's language; what it quotes, in English."""

from dataclasses import replace
from datetime import date

import pytest

from kb.answering.cite import Quote, citations_of
from kb.answering.notices import notices_about
from kb.answering.question import EU_LANGUAGES
from kb.answering.replies import replies

LEADS = "Who leads the river partnership?"
OTHERS = [code for code in EU_LANGUAGES if code != "en"]


def test_l7_an_answer_in_another_language_says_that_its_sources_are_english(base):
    english, german = base.ask(LEADS), base.ask(LEADS, language="de")
    assert german.language == "de"
    assert german.statements == english.statements
    told = [notice.text for notice in german.notices if notice.kind == "fallback"]
    assert told == [replies("de").english_sources]
    assert not any(notice.kind == "fallback" for notice in english.notices)
    archived = [notice.text for notice in german.notices if notice.kind == "older"]
    section = f"„{LEADS.rstrip('?')}“"
    assert archived == [replies("de").archived.format(section=section)]


def test_recommendations_are_announced_in_the_language_of_the_question(base):
    question = "What do we do when commitment is weak?"
    english, french = base.ask(question), base.ask(question, language="fr")
    assert "recommendation" in {statement.kind for statement in english.statements}
    assert f"**{replies('en').recommendations}**" in english.text
    assert french.text == english.text.replace(
        replies("en").recommendations, replies("fr").recommendations
    )


def test_where_to_turn_is_said_in_english_alone(base):
    weather, telephone = "What will the weather be tomorrow?", "telephone number of the coordinator"
    say = replies("de")
    assert base.ask(weather).text == f"{replies('en').outside} A weather service can tell."
    assert base.ask(weather, language="de").text == say.outside
    assert "(subject: Private telephone numbers)" in base.ask(telephone).text
    assert base.ask(telephone, language="de").text == say.unknown.format(subject="")


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "19 March 2026"),
        ("de", "19. März 2026"),
        ("el", "19 Μαρτίου 2026"),
        ("hu", "2026. március 19."),
    ],
)
def test_a_date_is_written_as_the_language_writes_it(base, language, day):
    passage = next(iter(base.passages().values()))
    ended = replace(passage, valid_until=date(2026, 3, 19))
    quotes = [Quote(ended, ended.sentences[:1])]
    [notice, *_] = notices_about(quotes, citations_of(quotes), date(2026, 6, 1), language)
    assert notice.kind == "deadline_passed"
    assert day in notice.text


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_takes_what_is_filled_in(language):
    say = replies(language)
    filled = [
        say.unknown.format(subject=say.subject.format(topic="x")),
        say.deadline_passed.format(section="x", day="y"),
        say.archived.format(section="x"),
        say.condition.format(sections="x"),
        say.older.format(newer=2),
    ]
    assert not any("{" in text for text in filled)
