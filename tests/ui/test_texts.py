"""The texts of the interface and the assistant's own sentences, in every official language of the EU."""

import re
import tomllib
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from kb.answering.question import EU_LANGUAGES
from kb.answering.replies import CONTACT, replies
from ui.texts import LANGUAGES, language_of, texts

INTERFACE, REPLIES = files("ui") / "languages", files("kb.answering") / "replies"
OTHERS = [code for code in LANGUAGES if code != "en"]
# What is said in all languages but English, or in English alone.
EMPTY_IN_ENGLISH = {"english_sources", "pages_in_english"}
EMPTY_ELSEWHERE = {"subject"}


def read(folder, code: str) -> dict:
    return tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8"))


def placeholders(text) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", str(text)))


@pytest.mark.parametrize("folder", [INTERFACE, REPLIES], ids=["interface", "replies"])
def test_l7_all_24_languages_are_there_and_no_other(folder):
    assert sorted(Path(str(file)).stem for file in folder.iterdir()) == sorted(EU_LANGUAGES)
    assert tuple(sorted(EU_LANGUAGES)) == LANGUAGES


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("folder", [INTERFACE, REPLIES], ids=["interface", "replies"])
def test_l7_a_language_says_the_same_things(folder, code):
    english, other = read(folder, "en"), read(folder, code)
    assert list(other) == list(english)
    for key, value in english.items():
        assert type(other[key]) is type(value), key
        if key in EMPTY_ELSEWHERE:
            assert other[key] == "", key
        else:
            assert placeholders(other[key]) == placeholders(value), key


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("folder", [INTERFACE, REPLIES], ids=["interface", "replies"])
def test_l7_nothing_is_left_empty(folder, code):
    empty_here = EMPTY_IN_ENGLISH if code == "en" else EMPTY_ELSEWHERE
    for key, value in read(folder, code).items():
        said = value if isinstance(value, list) else [value]
        if key in empty_here:
            assert value == "", key
        elif key not in {"reviewed", "subject"}:
            assert all(text.strip() == text and text for text in said), key


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("folder", [INTERFACE, REPLIES], ids=["interface", "replies"])
def test_only_english_is_said_to_be_reviewed(folder, code):
    assert read(folder, code)["reviewed"] is (code == "en")


def test_no_language_is_another_one():
    for code in LANGUAGES:
        assert len(texts(code)["examples"]) == len(texts("en")["examples"]) == 4, code
    assert len({texts(code)["language"] for code in LANGUAGES}) == len(LANGUAGES)
    assert len({texts(code)["automated"] for code in LANGUAGES}) == len(LANGUAGES)
    assert len({replies(code).nothing_found for code in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_replies_are_filled_in(code):
    say = replies(code)
    assert CONTACT in say.nothing_found
    assert CONTACT in say.unknown.format(subject="")
    assert "{contact}" not in str(asdict(say))


def test_an_unknown_language_is_english():
    for code in ("xx", "", "../languages/de", "EN"):
        assert texts(code) is texts("en")
        assert replies(code) == replies("en")


@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", "", "en"),
        ("lang=de", "", "de"),
        ("lang=DE", "fr", "de"),
        ("lang=xx", "fr", "fr"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "en;q=0.5, el;q=0.8", "el"),
        ("", "nb-NO, tr;q=0.9, sv;q=0.4, *;q=0.1", "sv"),
        ("", "fr;q=0, pl;q=0.1", "pl"),
        ("", "fr;q=high, it;q=0.1", "it"),
        ("", "*", "en"),
        ("", ", ;,;;q=1", "en"),
        ("lang=de&lang=fr", "", "fr"),
    ],
)
def test_the_visitors_language(query, accepted, expected):
    headers = [(b"accept-language", accepted.encode())]
    call = {"type": "http", "query_string": query.encode(), "headers": headers}
    assert language_of(HTTPConnection(call)) == expected
