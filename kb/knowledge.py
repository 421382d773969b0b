"""KnowledgeBase: the front door; opens an index, keeps it fresh, searches it and answers from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from kb.answering.answer import Writing, answer_question
from kb.answering.generate import Draft, Generator, open_generator
from kb.answering.ground import ground
from kb.answering.question import read_history, read_question
from kb.answering.retrieve import CORES, Ranking, Retriever
from kb.answering.write import OnClaim
from kb.errors import IndexDamaged, IndexMissing, QuestionError
from kb.index.embedder import Embedder, open_embedder
from kb.index.generations import Generations, Manifest
from kb.index.ingest import IngestReport, Progress, ingest, require_same_model, self_retrieval
from kb.index.lexical import LexicalIndex
from kb.index.stored import read_content
from kb.index.vectors import VectorStore
from kb.index.words import WordVectors
from kb.journal.database import Database
from kb.journal.records import Journal
from kb.reading.catalogue import shipped_corpus
from kb.reading.collect import Library
from kb.settings import Settings, load_settings
from kb.types import Answer, Document, Passage, SearchResult, Turn

MAX_TOP_K = 100
CANARY_ROWS = 5
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class _Opened:
    """A generation in use."""

    manifest: Manifest
    retriever: Retriever


class KnowledgeBase:
    """Searches and answers from the live generation of an index; safe to use from many threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: Embedder | None = None,
        corpus: Path | None = None,
        generator: Generator | None = None,
        fetch_model: bool = False,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Prepare; ``open`` is the usual way in.

        Args:
            generator: words the answers; the one that the settings name if None.
            fetch_model: a model that is not on this disk may be downloaded.
            today: the clock, for what has a last day.
        """
        self.settings = settings
        self.embedder: Embedder = embedder or open_embedder(settings.embedder, fetch=fetch_model)
        self.generator = generator or open_generator(settings)
        self.generations = Generations(settings.index)
        self.database = Database(settings.database_url)
        self.journal = Journal(self.database, keep_questions=settings.store_questions)
        self._corpus = corpus or shipped_corpus()
        self._today = today
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._refused: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        index: Path | str | None = None,
        *,
        settings: Settings | None = None,
        progress: Progress | None = None,
        **edges: Any,
    ) -> KnowledgeBase:
        """Open an index; where there is none yet, build it from the shipped corpus.

        Args:
            progress: called with (texts embedded, texts to embed) where it must be built.

        Raises:
            IndexDamaged: no generation of it can be used.
            IndexMismatch: it was built with another model.
        """
        base = cls(settings or load_settings(index=Path(index) if index else None), **edges)
        try:
            base.refresh()
        except IndexMissing:
            base.ingest(progress=progress)
        return base

    @property
    def library(self) -> Library:
        """What belongs to the index."""
        path = self.generations.folder / "sources.json"
        settings = self.settings
        return Library.open(path, self._corpus, settings.fetch_hosts, settings.faq.expanduser())

    @property
    def manifest(self) -> Manifest:
        """Manifest of the generation in use."""
        return self._current().manifest

    @property
    def damaged(self) -> Mapping[str, str]:
        """Generations that could not be opened, with the reason."""
        return dict(self._refused)

    def ingest(
        self,
        sources: Sequence[str] = (),
        *,
        record: Mapping[str, str] | None = None,
        withdraw: Sequence[str] = (),
        restore: Sequence[str] = (),
        rebuild: bool = False,
        progress: Progress | None = None,
        wait: float = 0,
    ) -> IngestReport:
        """Add sources, take out withdrawn ones, and bring the index up to date.

        Args:
            sources: files, folders or addresses to add.
            record: catalogue fields of what is added, as title, url, licence, as_of.
            restore: documents that were withdrawn and are to come back.
            wait: seconds that another process that writes the index is given.

        Raises:
            IndexLocked: another process is writing, or the folder is read-only.
        """
        with self.generations.writing(wait=wait):
            library = self.library
            for location in sources:
                library.add(location, record or {})
            for name in withdraw:
                library.withdraw(name, {d.id for d in self.documents()})
            library.withdrawn.difference_update(restore)
            report = ingest(
                self.generations, library, self.embedder, rebuild=rebuild, progress=progress
            )
        self.refresh()
        return report

    def refresh(self) -> None:
        """Take up the live generation if it is not the one in use (one small file is read)."""
        name = self.generations.current()
        if self._opened and self._opened.manifest.name == name:
            return
        with self._lock:
            if self._opened and self._opened.manifest.name == name:
                return
            if name in self._refused and self._opened:
                return
            self._opened = self._open_usable()

    def search(
        self, query: str, *, top_k: int = 10, history: Sequence[Any] = ()
    ) -> list[SearchResult]:
        """Find passages, best first.

        Args:
            top_k: 1 to 100.

        Raises:
            QuestionError: query, history or ``top_k`` is not usable.
        """
        if not 1 <= top_k <= MAX_TOP_K:
            raise QuestionError(f"top_k is {top_k}; it must be from 1 to {MAX_TOP_K}.")
        question, turns = read_question(query), read_history(history)

        def rankings(opened: _Opened) -> list[Ranking]:
            with CORES:
                queries = opened.retriever.queries(question, turns)
                return [opened.retriever.rank(query) for query in queries]

        found = self._on_current(rankings)
        return merge_results([ranking.results for ranking in found])[:top_k]

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Any] = (),
        language: str | None = None,
        written_in: str | None = None,
        on_claim: OnClaim | None = None,
    ) -> Answer:
        """Answer a question from the index, every statement cited.

        Args:
            language: of the answer, where that is not the question's (ISO 639-1).
            written_in: language that the question is expected in; ``language`` where not given.
            on_claim: called with each checked claim while a language model writes.

        Raises:
            QuestionError: question or history is not usable.
        """
        read = read_question(question, language=language, expected=written_in)
        turns: Sequence[Turn] = read_history(history)
        writing = None
        if self.generator:
            writing = Writing(self.generator, self.settings.llm_timeout, on_claim)
        return self._on_current(
            lambda opened: answer_question(
                read,
                turns,
                opened.retriever,
                generation=opened.manifest.name,
                today=self._today(),
                writing=writing,
            )
        )

    def documents(self) -> Sequence[Document]:
        """All documents that are indexed now."""
        return self._current().retriever.content.documents

    def passages(self) -> Mapping[str, Passage]:
        """All passages that are indexed now, by id."""
        return self._current().retriever.passages

    def bears_out(self, sentence: str, passages: Sequence[Passage]) -> bool:
        """Whether the words of passages say what a sentence says, by the same check as for a model's."""
        retriever = self._current().retriever
        verdict = ground(
            Draft(sentence, tuple(range(1, len(passages) + 1))),
            passages,
            retriever.embedder,
            idf=retriever.lexical.idf,
            ordinary=retriever.ordinary,
        )
        return verdict.claim is not None

    def check(self) -> float:
        """The canary: share of a few stored vectors that a search finds again (trust R5)."""
        retriever = self._current().retriever
        rows = [f"{p.id}:passage:0" for p in retriever.content.passages]
        return self_retrieval(retriever.vectors, rows, CANARY_ROWS)

    def _on_current(self, work: Callable[[_Opened], _Found]) -> _Found:
        """Do something on the generation in use; anew where its files were deleted meanwhile."""
        opened = self._current()
        try:
            return work(opened)
        except IndexDamaged:
            if self._current() is opened:
                raise
        return work(self._current())

    def _current(self) -> _Opened:
        self.refresh()
        assert self._opened
        return self._opened

    def _open_usable(self) -> _Opened:
        """Open the live generation or, where it is damaged, the one before it."""
        reasons = []
        for name in self.generations.usable():
            try:
                opened = self._open(name)
            except IndexDamaged as error:
                self._refused[name] = str(error)
                reasons.append(str(error))
            else:
                return opened
        raise IndexDamaged(
            reasons[0]
            if reasons
            else f"The index in {self.generations.folder} is damaged. Run: kb ingest --rebuild"
        )

    def _open(self, name: str) -> _Opened:
        manifest = self.generations.check(name)
        require_same_model(manifest, self.embedder)
        folder = self.generations.path(name)
        content = read_content(folder)
        retriever = Retriever(
            content=content,
            vectors=VectorStore(folder / "vectors"),
            lexical=LexicalIndex.load(folder / "lexical", len(content.passages)),
            words=WordVectors.load(folder),
            embedder=self.embedder,
        )
        if retriever.vectors.count() != manifest.counts["vectors"]:
            raise IndexDamaged(
                f"The index in {self.generations.folder} is damaged: generation {name} has lost "
                "vectors. Run: kb ingest --rebuild"
            )
        return _Opened(manifest, retriever)


def merge_results(rankings: Sequence[Sequence[SearchResult]]) -> list[SearchResult]:
    """One ranking for the parts of a message: each passage once, by its best score."""
    if len(rankings) == 1:
        return list(rankings[0])
    best: dict[str, SearchResult] = {}
    for ranking in rankings:
        for result in ranking:
            held = best.get(result.passage.id)
            if held is None or result.score > held.score:
                best[result.passage.id] = result
    ordered = sorted(best.values(), key=lambda result: -result.score)
    return [SearchResult(r.passage, r.score, rank) for rank, r in enumerate(ordered, start=1)]
