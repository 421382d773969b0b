"""Replies: ``replies/CODE.toml`` -> the sentences that the assistant says of its own, in a language.

None of them states a fact; what a source says is quoted, and stays in English unless a language model
translates it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kb.answering.question import EU_LANGUAGES

CONTACT = "contact@s3-cop.eu"


@dataclass(frozen=True, slots=True)
class Replies:
    """One language; what stands in braces below is filled in where it is said.

    Attributes:
        unknown: with {subject}.
        subject: with {topic}; empty in all languages but English, which topics are named in.
        about: what is said to a greeting and to questions about the assistant itself.
        quoted: with {title}, in the quotation marks of the language.
        deadline_passed: with {section}, quoted, and {day}.
        archived: with {section}, quoted.
        condition: with {sections}, each quoted.
        older: with {newer}, the number of a citation.
        english_sources: empty in English.
    """

    reviewed: bool
    recommendations: str
    clarify: str
    nothing_found: str
    unknown: str
    subject: str
    outside: str
    about: str
    quoted: str
    deadline_passed: str
    archived: str
    condition: str
    conflict: str
    older: str
    fallback: str
    translated: str
    untranslated: str
    english_sources: str


@cache
def replies(language: str) -> Replies:
    """The sentences in an official EU language; English where it is none."""
    known = language if language in EU_LANGUAGES else "en"
    file = files("kb.answering") / "replies" / f"{known}.toml"
    text = file.read_text(encoding="utf-8").replace("{contact}", CONTACT)
    return Replies(**tomllib.loads(text))
