"""Held: a retriever whose vectors and question vectors are kept in memory, for asking the same again.

Used where thousands of rankings of the same questions are compared (calibrate, ablation); the search is
exact, with no graph in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kb.answering.retrieve import Retriever
from kb.index.embedder import Embedder
from kb.index.vectors import VectorHit, VectorStore
from kb.knowledge import KnowledgeBase


class HeldVectors:
    """All rows of a generation, searched exactly."""

    def __init__(self, store: VectorStore) -> None:
        """Read all rows."""
        found = store.get(store.hashes())
        self._place = {row: place for place, row in enumerate(found)}
        self._rows, self._matrix = list(found), np.stack(list(found.values()))

    def nearest(self, vector: np.ndarray, *, top_k: int) -> list[VectorHit]:
        """Rows nearest to a vector, best first."""
        scores = self._matrix @ vector
        parts = ((self._rows[n].split(":"), scores[n]) for n in np.argsort(-scores)[:top_k])
        return [VectorHit(name, kind, int(number), float(s)) for (name, kind, number), s in parts]

    def get(self, ids: Iterable[str]) -> dict[str, np.ndarray]:
        """Vectors by row id."""
        return {row: self._matrix[self._place[row]] for row in ids if row in self._place}


class HeldEmbedder:
    """Remembers what it has embedded."""

    def __init__(self, embedder: Embedder) -> None:
        """Wrap an embedder."""
        self._embedder, self.vocabulary = embedder, embedder.vocabulary
        self._held: dict[str, np.ndarray] = {}

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed queries, each text once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        if new:
            self._held |= dict(zip(new, self._embedder.embed_queries(new), strict=True))
        return np.stack([self._held[text] for text in texts])


def held_retriever(base: KnowledgeBase) -> Retriever:
    """The retriever of the generation in use, with its vectors in memory."""
    retriever = base._current().retriever
    retriever.vectors = HeldVectors(retriever.vectors)  # type: ignore[assignment]
    retriever.embedder = HeldEmbedder(base.embedder)  # type: ignore[assignment]
    return retriever
