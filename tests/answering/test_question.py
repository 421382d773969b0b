import pytest

from kb.answering.question import (
    MAX_CHARACTERS,
    detect_language,
    read_history,
    read_question,
    split_parts,
)
from kb.errors import QuestionError
from kb.reading.visible import clean


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b", "\x00\x07", "\U000e0041\U000e0042"])
def test_an_empty_question_is_refused(text):
    with pytest.raises(QuestionError, match="empty"):
        read_question(text)


def test_a_long_question_is_refused_not_cut():
    with pytest.raises(QuestionError, match=r"100,000 characters; at most 8,000"):
        read_question("x" * 100_000)
    assert len(read_question("x " * (MAX_CHARACTERS // 2 - 1)).asked) < MAX_CHARACTERS


def test_s1_invisible_and_control_characters_go():
    assert clean("Who\u200b lea\u00adds\x1b[31m\ufeff it\u2066?") == "Who leads[31m it?"
    assert clean("\ufb01ve \uff34SSP") == "five TSSP"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What makes a partnership work?", "en"),
        ("lessons learnt TSSP", "en"),
        ("Wer darf an einer Partnerschaft teilnehmen?", "de"),
        ("Quels sont les quatre facteurs de réussite ?", "fr"),
        ("Kemm reġjuni hemm bżonn għal sħubija ġdida?", "mt"),
        ("Ile regionów potrzeba do nowego partnerstwa?", "pl"),
    ],
)
def test_language(text, language):
    assert detect_language(text) == language
    assert detect_language(text, expected=language) == language


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        ("How do we keep our partners committed?", "fr", "en"),
        ("gouvernance partenariat", "fr", "fr"),
        ("Wer darf an einer Partnerschaft teilnehmen?", "fr", "de"),
        ("Hvad er kravene for at deltage?", "da", "da"),
    ],
)
def test_a_language_is_expected_but_another_one_is_heard(text, expected, language):
    assert detect_language(text, expected=expected) == language


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Who leads it?", ["Who leads it?"]),
        ("Who leads it, and since when?", ["Who leads it", "since when?"]),
        ("What is a TSSP, who can join, and is it free?",
         ["What is a TSSP", "who can join", "is it free?"]),
        ("We are small. Can we join? What does it cost?", ["Can we join?", "What does it cost?"]),
        ("Dear Sir,\nwho may join?\nKind regards\nAnna", ["who may join?"]),
        ("Our club lacks purpose; everyone pulls apart",
         ["Our club lacks purpose; everyone pulls apart"]),
    ],
)  # fmt: skip
def test_parts(text, parts):
    assert split_parts(text) == parts


def test_a_follow_up_refers_back():
    assert read_question("And who may lead it?").refers_back
    assert not read_question("Which regions take part in the bioenergy partnership?").refers_back


@pytest.mark.parametrize(
    "turns", [["text"], [{"role": "system", "content": "x"}], [{"role": "user", "content": 3}]]
)
def test_a_wrong_history_is_refused(turns):
    with pytest.raises(QuestionError, match="Turn 1"):
        read_history(turns)


def test_only_the_last_turns_count():
    turns = [{"role": "user", "content": str(n)} for n in range(50)]
    assert [t.content for t in read_history(turns)] == [str(n) for n in range(30, 50)]
