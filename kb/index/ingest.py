"""PAGE ONE, the writing path: sources -> documents -> passages -> a new generation of the index.

Comes in: what is shipped and what was added. Goes out: a live generation and a report. Unchanged
texts are not embedded again; a source that cannot be read is reported and the rest goes on.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kb.errors import IndexDamaged, IndexMismatch, IndexMissing, SourceError
from kb.index.embedder import Embedder
from kb.index.generations import Generations, Manifest
from kb.index.lexical import LexicalIndex
from kb.index.stored import Content, lexical_texts, read_content, vector_rows, write_content
from kb.index.vectors import VectorRow, VectorStore
from kb.index.words import WordVectors
from kb.reading.collect import Collected, Item, Library, collect
from kb.reading.passages import SPLITTER_VERSION, split_document
from kb.types import Document, Passage

SELF_RETRIEVAL_SAMPLE = 200
SELF_RETRIEVAL_FLOOR = 0.99
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        changed: False where nothing had changed and the live generation stays.
        embedded: texts that the model had to read.
    """

    generation: str
    changed: bool
    documents: int
    passages: int
    vectors: int
    embedded: int
    problems: dict[str, str] = field(default_factory=dict)


def ingest(
    generations: Generations,
    library: Library,
    embedder: Embedder,
    *,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the index, which the caller holds for writing, up to date with the library.

    Args:
        library: what is shipped, added and withdrawn.
        rebuild: read and embed everything anew, also with another model.
        progress: called with (texts embedded, texts to embed).

    Raises:
        IndexMismatch: the live index was made with another model and ``rebuild`` is not asked.
        SourceError: there is nothing that could be indexed.
    """
    generations.discard_unfinished()
    live = None if rebuild else _live(generations, embedder)
    collected = collect(library, live.items() if live else None)
    library.save()
    content_hash = _content_hash(collected, embedder)
    if live and live.manifest.content == content_hash:
        return _report(live.manifest, embedded=0, changed=False, problems=collected.problems)
    documents = _documents(collected)
    content = Content(
        documents=tuple(documents),
        passages=tuple(_passages(documents, live)),
        terms=collected.terms,
        limits=collected.limits,
        languages=collected.languages,
    )
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{content_hash[:8]}"
    rows = list(vector_rows(content))
    embedded = _write_generation(generations, name, content, rows, embedder, live, progress)
    manifest = Manifest(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        content=content_hash,
        fingerprint=embedder.fingerprint,
        splitter=SPLITTER_VERSION,
        sources={
            key: {"sha256": item.sha256, "documents": [d.id for d in item.documents]}
            for key, item in collected.items.items()
        },
        counts={
            "documents": len(content.documents),
            "passages": len(content.passages),
            "vectors": len(rows),
        },
        problems=collected.problems,
    )
    generations.finish(manifest)
    generations.promote(name)
    return _report(manifest, embedded=embedded, changed=True, problems=collected.problems)


@dataclass(frozen=True, slots=True)
class _Live:
    manifest: Manifest
    content: Content
    vectors: Path

    def items(self) -> dict[str, Item]:
        """What is indexed, by source."""
        documents = {document.id: document for document in self.content.documents}
        return {
            key: Item(item["sha256"], tuple(documents[name] for name in item["documents"]))
            for key, item in self.manifest.sources.items()
        }


def _live(generations: Generations, embedder: Embedder) -> _Live | None:
    """The generation to build upon; None where there is none or it is damaged."""
    try:
        manifest = generations.check(generations.current())
        folder = generations.path(manifest.name)
        live = _Live(manifest, read_content(folder), folder / "vectors")
    except (IndexMissing, IndexDamaged):
        return None
    require_same_model(manifest, embedder)
    return live


def require_same_model(manifest: Manifest, embedder: Embedder) -> None:
    """Refuse an index whose vectors another model made.

    Raises:
        IndexMismatch: names both models.
    """
    if manifest.fingerprint != embedder.fingerprint:
        raise IndexMismatch(
            f"The index was built with '{manifest.fingerprint.get('model')}', settings name "
            f"'{embedder.name}' (or its weights or prompts differ). Run: kb ingest --rebuild"
        )


def _content_hash(collected: Collected, embedder: Embedder) -> str:
    parts = [SPLITTER_VERSION, json.dumps(embedder.fingerprint, sort_keys=True)]
    parts += [f"{key}={item.sha256}" for key, item in sorted(collected.items.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _documents(collected: Collected) -> list[Document]:
    """All documents by id; an id that comes twice is refused, since citations name it."""
    found: dict[str, Document] = {}
    for key, item in sorted(collected.items.items()):
        for document in item.documents:
            if document.id in found:
                raise SourceError(
                    f"{key}: there is already a document '{document.id}'. Rename one of them."
                )
            found[document.id] = document
    if not found:
        reasons = "; ".join(f"{key}: {why}" for key, why in collected.problems.items())
        raise SourceError(f"Nothing could be indexed. {reasons or 'No source holds any text.'}")
    return list(found.values())


def _passages(documents: Sequence[Document], live: _Live | None) -> Iterator[Passage]:
    """Passages of all documents; a document that is as it was keeps its own, which saves a second."""
    before: dict[str, Document] = {}
    split: defaultdict[str, list[Passage]] = defaultdict(list)
    if live and live.manifest.splitter == SPLITTER_VERSION:
        before = {document.id: document for document in live.content.documents}
        for passage in live.content.passages:
            split[passage.document_id].append(passage)
    for document in documents:
        as_it_was = before.get(document.id) == document
        yield from split[document.id] if as_it_was else split_document(document)


def _write_generation(
    generations: Generations,
    name: str,
    content: Content,
    rows: Sequence[VectorRow],
    embedder: Embedder,
    live: _Live | None,
    progress: Progress | None,
) -> int:
    """Write all files but the manifest; returns how many texts had to be embedded."""
    folder = generations.path(name)
    folder.mkdir(parents=True)
    write_content(folder, content)
    searched = lexical_texts(content)
    LexicalIndex.build(searched).save(folder / "lexical")
    before = WordVectors.load(live.vectors.parent) if live else None
    WordVectors.build(searched, embedder, before).save(folder)
    hashes = {row.id: text_hash(row.text) for row in rows}
    known: dict[str, np.ndarray] = {}
    if live:  # a copy that is corrected costs far less than a new graph of all vectors
        shutil.copytree(live.vectors, folder / "vectors")
        store = VectorStore(folder / "vectors")
        stored = store.hashes()
        new = [row for row in rows if stored.get(row.id) != hashes[row.id]]
        known = _vectors_by_hash(store, stored, {hashes[row.id] for row in new})
        store.delete([row for row, value in stored.items() if hashes.get(row) != value])
    else:
        store, new = VectorStore(folder / "vectors", create=True), list(rows)
    unknown = {hashes[row.id]: row.text for row in new if hashes[row.id] not in known}
    known |= _embed(unknown, embedder, progress)
    if new:
        vectors = np.stack([known[hashes[row.id]] for row in new])
        store.add([row.id for row in new], vectors, [hashes[row.id] for row in new])
    _require_findable(store, [row.id for row in rows])
    store.close()
    return len(unknown)


def _vectors_by_hash(
    store: VectorStore, stored: Mapping[str, str], wanted: set[str]
) -> dict[str, np.ndarray]:
    """Vectors of texts that were embedded before, under whatever row."""
    rows = {value: row for row, value in stored.items() if value in wanted}
    found = store.get(rows.values())
    return {value: found[row] for value, row in rows.items()}


def text_hash(text: str) -> str:
    """Short name of a text that was embedded."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _embed(
    texts: Mapping[str, str], embedder: Embedder, progress: Progress | None
) -> dict[str, np.ndarray]:
    """Embed texts by hash; none stands twice."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, len(texts))

    if not texts:
        return {}
    vectors = embedder.embed_documents(list(texts.values()), progress=advance)
    return dict(zip(texts, vectors, strict=True))


def _require_findable(store: VectorStore, ids: Sequence[str]) -> None:
    """The gate before a generation may go live: all rows there, and found by their own vectors."""
    if store.count() != len(ids):
        raise IndexDamaged(
            f"The new index holds {store.count()} vectors instead of {len(ids)}; the old one stays."
        )
    share = self_retrieval(store, ids, SELF_RETRIEVAL_SAMPLE)
    if share < SELF_RETRIEVAL_FLOOR:
        raise IndexDamaged(
            f"Only {share:.0%} of the new index's vectors can be found; the old one stays."
        )


def self_retrieval(store: VectorStore, ids: Sequence[str], size: int) -> float:
    """Share of sampled rows that a search with their own vector finds (equal texts count)."""
    sample = random.Random(0).sample(list(ids), min(size, len(ids)))
    found = 0
    for vector in store.get(sample).values():
        nearest = store.nearest(vector, top_k=1)
        found += bool(nearest) and nearest[0].score > 0.999
    return found / len(sample) if sample else 1.0


def _report(
    manifest: Manifest, *, embedded: int, changed: bool, problems: dict[str, str]
) -> IngestReport:
    return IngestReport(
        generation=manifest.name,
        changed=changed,
        documents=manifest.counts["documents"],
        passages=manifest.counts["passages"],
        vectors=manifest.counts["vectors"],
        embedded=embedded,
        problems=problems,
    )
