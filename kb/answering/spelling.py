"""Spelling: a question and the words of the corpus -> the question with its slips mended, to search.

Only words that neither the corpus nor the model knows are looked at; the nearest word with the same
first letter takes their place when it is near enough (optimal string alignment, Damerau 1964). What a
person typed is shown as it was typed; the mended text is searched only.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from kb.index.lexical import STOPWORDS, stems, words

SHORTEST = 4
_WORD = re.compile(r"[A-Za-z]{4,}")


class Spelling:
    """Knows the words of a corpus."""

    def __init__(self, written: Iterable[str], known: Iterable[str] = ()) -> None:
        """Learn words.

        Args:
            written: texts without slips; words that come twice are what slips are mended to.
            known: other words that are no slips.
        """
        counts = Counter(word for text in written for word in words(text) if word.isalpha())
        self._known = {*STOPWORDS, *counts, *known}
        self._stems = {stem for word in self._known for stem in stems(word)}
        self._by_letter: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for word, count in counts.items():
            if count > 1 and len(word) >= SHORTEST:
                self._by_letter[word[0]].append((word, count))

    def mend(self, text: str) -> str:
        """The text with unknown words replaced by near known ones."""
        return _WORD.sub(lambda found: self._mended(found[0]), text)

    def _mended(self, word: str) -> str:
        plain = word.lower()
        if plain in self._known or self._stems.issuperset(stems(plain)):
            return word
        most = 1 if len(plain) < 6 else 2
        near = [
            (distance, -count, other)
            for other, count in self._by_letter[plain[0]]
            if abs(len(other) - len(plain)) <= most
            and (distance := OSA.distance(plain, other, score_cutoff=most)) <= most
        ]
        return min(near)[2] if near else word
