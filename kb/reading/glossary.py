"""Glossary: ``glossary.toml`` -> terms for retrieval, and a Document that explains them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kb.errors import SourceError
from kb.types import Document, Section, Source

GLOSSARY = "glossary.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """An acronym or expression.

    Attributes:
        term: as it is mostly written.
        long: written out; empty where there is no longer form.
        meaning: sentences that explain it, each standing alone; empty: used by retrieval only.
        synonyms: other words for the same thing.
    """

    term: str
    long: str = ""
    meaning: str = ""
    synonyms: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    as_of: str = ""


def read_terms(path: Path) -> tuple[Term, ...]:
    """Read ``glossary.toml``; a folder without one has no terms.

    Raises:
        SourceError: the file is not valid; names the entry.
    """
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("term", [])
        return TypeAdapter(tuple[Term, ...]).validate_python(entries)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SourceError(f"{path} is not valid: {error}.") from error


def glossary_document(terms: Sequence[Term], catalogue: Mapping[str, Source]) -> Document:
    """The terms that have a meaning, one section each."""
    text, sections = "Glossary", []
    for term in terms:
        if not term.meaning:
            continue
        heading = f"What {term.term} means"
        text += f"\n\n{heading}\n\n"
        sources = tuple(catalogue[source] for source in term.sources)
        sections.append(
            Section(
                headings=("Glossary", heading),
                start=len(text),
                end=len(text) + len(term.meaning),
                sources=sources,
                as_of=term.as_of,
                facts=term.facts,
                asked_as=(*((f"{term.term} {term.long}",) if term.long else ()), *term.asked_as),
            )
        )
        text += term.meaning
    return Document("glossary", "Glossary", "glossary", "summary", text, tuple(sections))


class Glossary:
    """Finds terms in a question and says what else they are called."""

    def __init__(self, terms: Sequence[Term]) -> None:
        """Prepare the look-up."""
        self._names = {
            name.lower(): term for term in terms for name in (term.term, *term.synonyms) if name
        }
        names = sorted(map(re.escape, self._names), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w-])({'|'.join(names)})(?![\w-])" if names else r"(?!)")

    def expand(self, question: str) -> str:
        """Other names of the terms in a question, as words to search for besides it."""
        found: list[str] = []
        for name in self._pattern.findall(question.lower()):
            term = self._names[name]
            found += [word for word in (term.term, term.long) if word and word.lower() != name]
        return " ".join(dict.fromkeys(found))
