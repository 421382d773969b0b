"""What asks nothing of the sources is not answered from them."""

import pytest

from kb.answering.replies import replies
from kb.answering.small_talk import is_small_talk

TALK = (
    "Good morning", "thanks!", "Thank you very much!", "Bonjour", "Danke schön", "Merci beaucoup", "ok",
    "Grazie mille", "Dziękuję bardzo", "Καλημέρα σας", "Kiitos", "Bonġu", "hello?", "help", "Hi there!",
    "Who are you?", "are you a robot?", "Hello, are you human?", "what can you do?",
    "What can you do for us?",
    "Can I talk to a person?", "I want to speak to a human", "How do you work?",
    "What languages do you speak",
    "What’s your name?", "Bist du ein Mensch?", "Êtes-vous un robot ?", "¿Quién eres?",
)  # fmt: skip
QUESTIONS = (
    "What can you do if partners are quiet?", "Who are your partners?", "Good practices",
    "Yes or no: is there a fee?",
    "Hello, who leads Bioenergy?", "Can I talk to a person in the Bioenergy partnership?", "partnerships",
    "How do you work with clusters?", "thank you letter for partners", "AI", "", "?",
    "Who can I talk to about joining?", "Are you a member of the energy platform?",
)  # fmt: skip


@pytest.mark.parametrize("text", TALK)
def test_small_talk_is_known(text):
    assert is_small_talk(text)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_no_small_talk(text):
    assert not is_small_talk(text)


@pytest.mark.parametrize(("text", "language"), [("Who are you?", "en"), ("Vielen Dank!", "de")])
def test_it_says_what_it_is_and_quotes_nothing(make_base, text, language):
    answer = make_base().ask(text, language=language)
    assert (answer.status, answer.reason) == ("not_answered", "unclear")
    assert answer.text == replies(language).about
    assert "contact@s3-cop.eu" in answer.text
    told = (answer.statements, answer.citations, answer.topics, answer.missing, answer.suggestions)
    assert not any(told)
