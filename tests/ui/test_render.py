"""An answer as HTML and as text: whose language each part is in, and nothing that is not escaped."""

import re
from dataclasses import replace

import pytest

from kb.types import Notice, Statement
from ui.render import answer_html, plain_text
from ui.texts import texts

LEADS = "Who leads the river partnership?"
FRENCH = "Le partenariat a été dirigé par la Laponie en 2018."


@pytest.fixture
def answer(base):
    return base.ask(LEADS, language="fr")


def test_quoted_sentences_are_english(answer):
    html = answer_html(answer, texts("fr"))
    [statement] = answer.statements
    assert f'<p lang="en">{statement.text} <a class="pa-mark"' in html
    assert f'<blockquote lang="en">{answer.citations[0].quote}</blockquote>' in html
    assert '<p lang="fr">' in html[html.index('data-kind="fallback"') :]
    assert "pa-originals" not in html


def test_l7_translated_sentences_stand_beside_the_checked_ones(answer):
    [english] = answer.statements
    translated = replace(
        answer,
        text=f"{FRENCH} {english.text} [1]",
        statements=(
            Statement(FRENCH, "finding", (1,), original="Lapland led it in 2018."),
            english,
        ),
    )
    html = answer_html(translated, texts("fr"))
    assert f'<p lang="fr">{FRENCH} <span lang="en">{english.text}</span> <a class="pa-mark"' in html
    [originals] = re.findall(r'<details class="pa-originals" lang="en">.*?</details>', html)
    assert "Lapland led it in 2018." in originals


def test_what_stands_around_an_answer_is_in_the_visitors_language(answer):
    say = texts("de")
    html, text = answer_html(answer, say), plain_text(answer, say)
    for key in ("sources", "automated_answer", "wording_summary"):
        assert say[key] in html, key
        assert say[key] in text, key
    assert say["as_of"].format(date="2018") in text
    assert say["licence_unknown"] in html
    assert say["licence_unknown"] in text
    assert f'aria-label="{say["source"].format(number=1)}"' in html
    assert texts("en")["automated_answer"] not in html + text


def test_the_page_of_a_citation_is_named(answer):
    paged = replace(answer, citations=(replace(answer.citations[0], page=7),))
    assert texts("fr")["page"].format(number=7) in answer_html(paged, texts("fr"))
    assert texts("fr")["page"].format(number=7) in plain_text(paged, texts("fr"))


def test_s3_owasp10_improper_output_handling_nothing_of_an_answer_becomes_markup(answer):
    bad = "<img src=x onerror=alert(1)>"
    citation = replace(
        answer.citations[0], title=bad, section=(bad,), quote=f"{bad}\n{bad}", as_of=bad
    )
    source = replace(citation.sources[0], title=bad, publisher=bad, url="javascript:x", licence=bad)
    html = answer_html(
        replace(
            answer,
            question=bad,
            text=f"{bad} [1]\n\n**{bad}**\n\n- {bad} [1]",
            statements=(Statement(bad, "finding", (1,), original=bad),),
            notices=(Notice("older", bad, (1,)),),
            citations=(replace(citation, sources=(source,)),),
            status="partial",
            missing=(bad,),
        ),
        texts("en"),
    )
    assert "<img" not in html
    assert re.findall(r"(?:href|src)=\"(?!mailto:|#)", html) == []
    allowed = "a article blockquote br button details div h3 li p section span summary ul".split()
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= set(allowed)
