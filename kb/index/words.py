"""Words: the vocabulary of a corpus -> a vector for each stem, to tell how near two words are.

A word that a text does not hold may still be there by meaning ("money", "funding"). Soft coverage asks,
for each stem of a question, how near the nearest word of a text is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from kb.errors import IndexDamaged
from kb.index.embedder import Embedder, Progress
from kb.index.lexical import STOPWORDS, stems, stems_held, words

_NAMES, _VECTORS = "words.json", "words.npy"


class WordVectors:
    """A unit vector for each stem: the one of the first word with that stem."""

    def __init__(self, known: Sequence[str], vectors: np.ndarray) -> None:
        """Keep words and their vectors, (len(known), dimension) float32."""
        self.words = tuple(known)
        self.vectors = vectors
        self._row = {stem: row for row, word in enumerate(known) for stem in stems(word)[:1]}

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        embedder: Embedder,
        before: WordVectors | None = None,
        progress: Progress | None = None,
    ) -> WordVectors:
        """Embed the words of texts, one for each stem.

        Args:
            before: words that were embedded before and need not be again.
        """
        chosen: dict[str, str] = {}
        for word in sorted({word for text in texts for word in words(text)} - STOPWORDS):
            for stem in stems(word)[:1]:
                chosen.setdefault(stem, word)
        known = {w: before.vectors[row] for row, w in enumerate(before.words)} if before else {}
        new = [word for word in chosen.values() if word not in known]
        if new:
            known |= dict(zip(new, embedder.embed_documents(new, progress=progress), strict=True))
        names = list(chosen.values())
        return cls(names, np.stack([known[name] for name in names]) if names else np.zeros((0, 0)))

    def save(self, folder: Path) -> None:
        """Write words and vectors."""
        (folder / _NAMES).write_text(json.dumps(self.words, ensure_ascii=False), encoding="utf-8")
        np.save(folder / _VECTORS, self.vectors.astype(np.float32))

    @classmethod
    def load(cls, folder: Path) -> WordVectors:
        """Read what ``save`` wrote.

        Raises:
            IndexDamaged: a file is missing or not valid.
        """
        try:
            names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            return cls(names, np.load(folder / _VECTORS))
        except (OSError, ValueError) as error:
            raise IndexDamaged(f"The words in {folder} cannot be read: {error}") from error

    def knows(self, stem: str) -> bool:
        """Whether a stem has a vector."""
        return stem in self._row

    def nearness(
        self, wanted: Sequence[str], text: str, others: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """How near the nearest word of a text is to each wanted stem: (len(wanted),), 1 if it is there.

        Args:
            others: vectors of wanted stems that the corpus does not hold.
        """
        held = stems_held(text)
        rows = [self._row[stem] for stem in held if stem in self._row]
        found = np.zeros(len(wanted), dtype=np.float32)
        for place, stem in enumerate(wanted):
            if stem in held:
                found[place] = 1.0
                continue
            vector = self.vectors[self._row[stem]] if stem in self._row else others.get(stem)
            if vector is not None and rows:
                found[place] = max(0.0, float((self.vectors[rows] @ vector).max()))
        return found
