"""Languages: word lists and translated questions -> what helps to search in a language of the EU.

``languages/words/CODE.tsv`` has an English word and its forms in a line; ``languages/questions/CODE.json``
has the questions of FAQ sections in that language, each with other ways to ask it. Both are searched
and never shown; native speakers have not reviewed them yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kb.errors import SourceError

LANGUAGES = "languages"


@dataclass(frozen=True, slots=True)
class AskedIn:
    """How a section is asked for in one language.

    Attributes:
        section: anchor, ``document_id#heading``.
    """

    section: str
    question: str
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """What is known of one language.

    Attributes:
        code: ISO 639-1.
        words: pairs of English words and a form of the language, lower case.
    """

    code: str
    words: tuple[tuple[str, str], ...]
    asked: tuple[AskedIn, ...]


_ASKED = TypeAdapter(tuple[AskedIn, ...])


def read_languages(folder: Path) -> tuple[Language, ...]:
    """Read all languages of a corpus; a folder without any has none.

    Raises:
        SourceError: a file is not valid; names it.
    """
    found = []
    for path in sorted((folder / "words").glob("*.tsv")):
        questions = folder / "questions" / f"{path.stem}.json"
        try:
            asked = _ASKED.validate_json(questions.read_bytes()) if questions.is_file() else ()
            found.append(Language(path.stem, tuple(_forms(path)), asked))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
            raise SourceError(f"{path} or {questions} is not valid: {error}.") from error
    return tuple(found)


def _forms(path: Path) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        english, tab, forms = line.partition("\t")
        if not tab or not english or not forms.strip():
            raise SourceError(f"{path}, line {number}: needs an English word, a tab, its forms.")
        pairs += [(english, form.strip().lower()) for form in forms.split(",") if form.strip()]
    return pairs
