"""Foreign: a question in another language of the EU -> English words to search, sections asked for so.

No model: a word list turns the words that it knows into English ones, in their order; names, figures
and abbreviations stay. Character n-grams find the FAQ sections whose translated question is alike
(Cavnar and Trenkle 1994 for the n-grams; weights are TF-IDF).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from os.path import commonprefix
from typing import Any

from kb.reading.languages import Language

_TOKEN = re.compile(r"[\w&@.+-]*\w")
# A form is known by its beginning: this many letters at least, and all but so many of the last ones
# (twice as many where nothing else fits).
SHORTEST_STEM = 4
ENDING = 3


class Dictionary:
    """One language."""

    def __init__(self, language: Language) -> None:
        """Prepare the look-up."""
        self._language = language
        self._exact: dict[str, str] = {}
        self._by_start: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for english, form in language.words:
            plain = folded(form)
            self._exact.setdefault(plain, english)
            if len(plain) >= SHORTEST_STEM:
                self._by_start[plain[:3]].append((plain, english))

    def gloss(self, text: str) -> str:
        """English words for a question, in its order; what is not known and is no name is left out."""
        return " ".join(filter(None, map(self._token, _TOKEN.findall(text))))

    def _token(self, token: str) -> str:
        """English for a token, itself if it is a name, else nothing."""
        parts = token.split("-")
        if english := self._word(folded(token)):
            return english
        if len(parts) > 1 and any(self._word(folded(part)) for part in parts):  # "I3-Antrag"
            return " ".join(filter(None, map(self._token, parts)))
        is_name = (
            re.search(r"\d", token)
            or sum(c.isupper() for c in token) > 1
            or (token[:1].isupper() and self._language.code != "de")
        )
        return token if is_name else ""

    def _word(self, plain: str) -> str:
        if plain in self._exact:
            return self._exact[plain]
        if known := self._inflected(plain, ENDING):
            return known
        for cut in range(len(plain) - SHORTEST_STEM, SHORTEST_STEM - 1, -1):  # a compound
            first, second = plain[:cut], plain[cut:]
            one = self._exact.get(first) or self._inflected(first, ENDING)
            two = one and (self._exact.get(second) or self._inflected(second, ENDING))
            if one and two:
                return f"{one} {two}"
        return self._inflected(plain, 2 * ENDING)

    def _inflected(self, plain: str, ending: int) -> str:
        """The English word of the form that shares the longest beginning, if that is long enough."""
        best = ("", "")
        for form, english in self._by_start.get(plain[:3], ()):
            shared = len(commonprefix((plain, form)))  # noqa: RUF071  letters are what is compared
            long_enough = shared >= max(SHORTEST_STEM, len(form) - ENDING, len(plain) - ending)
            if long_enough and shared > len(best[0]):
                best = (form[:shared], english)
        return best[1]

    def nearest(self, text: str) -> dict[str, float]:
        """Sections whose question in this language is alike, with their cosine, 0..1."""
        if not self._language.asked:
            return {}
        vectorizer, matrix, sections = self._grams
        scores = (matrix @ vectorizer.transform([folded(text)]).T).toarray().ravel()
        best: dict[str, float] = {}
        for section, score in zip(sections, scores, strict=True):
            best[section] = max(float(score), best.get(section, 0.0))
        return best

    @cached_property
    def _grams(self) -> tuple[Any, Any, list[str]]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        lines = [(a.section, t) for a in self._language.asked for t in (a.question, *a.ways)]
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        matrix = vectorizer.fit_transform([folded(text) for _, text in lines])
        return vectorizer, matrix, [section for section, _ in lines]


class Dictionaries:
    """All languages that the index knows, each prepared when it is first asked for."""

    def __init__(self, languages: Iterable[Language]) -> None:
        """Keep the languages."""
        self._languages = {language.code: language for language in languages}
        self._ready: dict[str, Dictionary] = {}

    def get(self, code: str) -> Dictionary | None:
        """The dictionary of a language, or None where there is none."""
        if code not in self._languages:
            return None
        if code not in self._ready:
            self._ready[code] = Dictionary(self._languages[code])
        return self._ready[code]


def folded(text: str) -> str:
    """Lower case without accents; other alphabets stay."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
