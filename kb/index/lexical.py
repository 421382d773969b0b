"""BM25: stemmed words of passages, and of the ways people ask for them.

Robertson and Zaragoza 2009; the variant is Lucene's (k1 = 1.5, b = 0.75), computed by bm25s.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np
import Stemmer

from kb.errors import IndexDamaged

_WORD = re.compile(r"[a-z0-9]+(?:[&.'-][a-z0-9]+)*")
_JOINT = re.compile(r"[&.'-]")
STOPWORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further
    had has have having he her here hers him his how i if in into is it its itself just let may
    me might more most must my no nor not now of off on once only or other our ours out over own
    please same she should so some such than that the their theirs them then there these they
    this those through to too under until up us very was we were what when where which while who
    whom why will with would you your yours hello dear hi thank thanks regards kind best
    """.split()
)
_stemmer = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Lower-case words without accents, in reading order, stopwords kept."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = []
    for word in _WORD.findall(plain):
        found.append(word.removesuffix("'s"))
        if not word.isalnum():  # "value-chain" is also found as "value" and "chain"
            found.extend(part for part in _JOINT.split(word) if len(part) > 1)
    return found


def stems(text: str) -> list[str]:
    """Stemmed content words (Snowball English), in reading order."""
    return _stemmer.stemWords([word for word in words(text) if word not in STOPWORDS])


@lru_cache(maxsize=20_000)
def stems_held(text: str) -> frozenset[str]:
    """Stems of a text of the corpus, which is looked at for one question after another."""
    return frozenset(stems(text))


def ordinary_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that texts write in lower case: what else begins a sentence is taken for a name."""
    found: set[str] = set()
    for text in texts:
        found.update(re.findall(r"(?<![\w.'-])[a-z][a-z'-]+", text))
    return frozenset(found)


class LexicalIndex:
    """BM25 over token lists, in the order in which they were given."""

    def __init__(self, scorer: bm25s.BM25, size: int) -> None:
        """Wrap a scorer; use ``build`` or ``load``."""
        self._scorer = scorer
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        """Index texts."""
        scorer = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        scorer.index([stems(text) or ["-"] for text in texts], show_progress=False)
        return cls(scorer, len(texts))

    def save(self, folder: Path) -> None:
        """Write the index to a folder."""
        self._scorer.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Read an index of ``size`` texts.

        Raises:
            IndexDamaged: a file is missing or cannot be read.
        """
        try:
            return cls(bm25s.BM25.load(str(folder), show_progress=False), size)
        except Exception as error:
            raise IndexDamaged(f"The word index in {folder} cannot be read: {error}") from error

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """BM25 of every text for stems: (size,) float32, 0 where none occurs.

        A stem that is given twice counts twice.
        """
        known = [stem for stem in query if stem in self._scorer.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._scorer.get_scores(known), dtype=np.float32)

    def knows(self, stem: str) -> bool:
        """Whether any text holds the stem."""
        return stem in self._scorer.vocab_dict

    def idf(self, stem: str) -> float:
        """Inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5)); highest for unknown."""
        number = self._scorer.vocab_dict.get(stem)
        pointers = self._scorer.scores["indptr"]
        holding = 0 if number is None else int(pointers[number + 1] - pointers[number])
        return math.log(1 + (self._size - holding + 0.5) / (holding + 0.5))

    def coverage(self, query: Sequence[str], text: str) -> float:
        """Share of a query's stems that a text holds, weighted by idf: 0..1."""
        wanted = {stem: self.idf(stem) for stem in query}
        held = stems_held(text)
        total = sum(wanted.values())
        return sum(idf for stem, idf in wanted.items() if stem in held) / total if total else 0.0
