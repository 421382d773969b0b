"""Run: a dataset and a knowledge base -> one Outcome for each question."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kb.evaluation.datasets import Dataset, EvaluationQuestion
from kb.knowledge import KnowledgeBase
from kb.reading.passages import anchor
from kb.types import Answer, SearchResult

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out for one question.

    Attributes:
        ranking: gold-unit ids (documents or sections), each once, best first.
        cited: gold-unit ids that the answer cites.
        told: ids of the facts that the cited passages tell (shipped set only).
    """

    question: EvaluationQuestion
    ranking: tuple[str, ...]
    cited: tuple[str, ...]
    told: frozenset[str]
    status: str
    reason: str | None
    confidence: float
    seconds: float

    @property
    def answered(self) -> bool:
        """Whether something was claimed."""
        return self.status != "not_answered"

    @property
    def right(self) -> bool:
        """Whether it was answered and a gold section is cited."""
        gold = self.question.gold or {}
        return self.answered and any(gold.get(name, 0) > 0 for name in self.cited)


@contextmanager
def knowledge_base_for(dataset: Dataset, base: KnowledgeBase) -> Iterator[KnowledgeBase]:
    """The base itself for the shipped set; for another one an index of its corpus, for this run."""
    if dataset.corpus is None:
        yield base
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = base.settings.model_copy(update={"index": Path(folder) / "index"})
        own = KnowledgeBase(settings, embedder=base.embedder)
        own.ingest([str(dataset.corpus)])
        yield own


def run(
    dataset: Dataset, base: KnowledgeBase, *, step: Callable[[], object] = lambda: None
) -> list[Outcome]:
    """Search and ask every question, in order."""
    outcomes = []
    for question in dataset.questions:
        results = base.search(question.text, top_k=3 * DEPTH, history=question.history)
        answer = base.ask(question.text, history=question.history)
        passages = base.passages()
        told = frozenset(f for c in answer.citations for f in passages[c.passage_id].facts)
        outcomes.append(_outcome(question, results, answer, told))
        step()
    return outcomes


def _outcome(
    question: EvaluationQuestion,
    results: Sequence[SearchResult],
    answer: Answer,
    told: frozenset[str],
) -> Outcome:
    gold = question.gold or {}
    by_section = any("#" in name for name in gold) or not gold
    if by_section:
        ranking = [result.passage.anchor for result in results]
        cited = [anchor(c.document_id, c.section) for c in answer.citations]
    else:
        ranking = [result.passage.document_id for result in results]
        cited = [c.document_id for c in answer.citations]
    return Outcome(
        question=question,
        ranking=tuple(dict.fromkeys(ranking))[:DEPTH],
        cited=tuple(dict.fromkeys(cited)),
        told=told,
        status=answer.status,
        reason=answer.reason,
        confidence=answer.confidence,
        seconds=answer.seconds,
    )
