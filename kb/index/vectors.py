"""Vectors: an embedded Chroma collection of one generation, several vectors for each passage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import IndexDamaged

_COLLECTION = "vectors"
_BATCH = 5000
# Written out after every batch, so that opening the files later does not change them and their
# hashes can be kept in the manifest.
_GRAPH: Any = {"space": "ip", "ef_search": 300, "sync_threshold": 2, "batch_size": 2}
_READ = 10_000


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A text to embed for a passage.

    Attributes:
        kind: ``passage`` the whole · ``window`` one sentence with its heading · ``heading`` the
            heading or FAQ question alone · ``asked`` a way of asking for it.
    """

    passage_id: str
    kind: str
    number: int
    text: str

    @property
    def id(self) -> str:
        """``passage_id:kind:number``; says all that a query needs to know of the row."""
        return f"{self.passage_id}:{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class VectorHit:
    """A row near a query; the score is a cosine, -1..1."""

    passage_id: str
    kind: str
    number: int
    score: float


class VectorStore:
    """One collection on disk; opening it starts no server and asks no network."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the collection of a folder.

        Raises:
            IndexDamaged: there is none, or Chroma cannot read it.
        """
        import chromadb
        from chromadb.config import Settings

        try:
            self._client = chromadb.PersistentClient(
                path=str(folder), settings=Settings(anonymized_telemetry=False)
            )
            if create:
                self._rows = self._client.create_collection(
                    _COLLECTION,
                    embedding_function=None,
                    configuration={"hnsw": _GRAPH},
                )
            else:
                self._rows = self._client.get_collection(_COLLECTION, embedding_function=None)
        except BaseException as error:  # Chroma's Rust side panics with a BaseException
            _raise_if_ours_to_stop(error)
            raise IndexDamaged(f"The vectors in {folder} cannot be opened: {error}") from error

    def add(self, ids: Sequence[str], vectors: np.ndarray, hashes: Sequence[str]) -> None:
        """Add rows; ``hashes`` name the embedded texts, so that they need not be embedded again."""
        for begin in range(0, len(ids), _BATCH):
            part = slice(begin, begin + _BATCH)
            self._rows.add(
                ids=list(ids[part]),
                embeddings=vectors[part],
                metadatas=[{"hash": value} for value in hashes[part]],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows."""
        for begin in range(0, len(ids), _BATCH):
            self._rows.delete(ids=list(ids[begin : begin + _BATCH]))

    def count(self) -> int:
        """Number of rows that the collection says it has."""
        return int(self._rows.count())

    def nearest(self, vector: np.ndarray, *, top_k: int) -> list[VectorHit]:
        """Rows nearest to a query vector, best first.

        Raises:
            IndexDamaged: Chroma cannot answer.
        """
        try:
            found = self._rows.query(
                query_embeddings=vector[np.newaxis, :], n_results=top_k, include=["distances"]
            )
        except BaseException as error:
            _raise_if_ours_to_stop(error)
            raise IndexDamaged(f"The vectors cannot be searched: {error}") from error
        hits = zip(found["ids"][0], _first(found["distances"]), strict=True)
        return [
            VectorHit(passage_id, kind, int(number), 1.0 - distance)
            for (passage_id, kind, number), distance in (
                (row.split(":"), distance) for row, distance in hits
            )
        ]

    def hashes(self) -> dict[str, str]:
        """Text hash of every row by row id."""
        found: dict[str, str] = {}
        for begin in range(0, self.count(), _READ):
            rows = self._rows.get(limit=_READ, offset=begin, include=["metadatas"])
            found |= {
                row: str(metadata["hash"])
                for row, metadata in zip(rows["ids"], rows["metadatas"] or (), strict=True)
            }
        return found

    def get(self, ids: Iterable[str]) -> Mapping[str, np.ndarray]:
        """Vectors by row id; ids that do not exist are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        rows = self._rows.get(ids=wanted, include=["embeddings"])
        vectors = np.asarray(rows["embeddings"], dtype=np.float32)
        return dict(zip(rows["ids"], vectors, strict=True))

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()  # type: ignore[attr-defined]


def _first(lists: Any) -> Sequence[float]:
    return lists[0] if lists else ()


def _raise_if_ours_to_stop(error: BaseException) -> None:
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        raise error
