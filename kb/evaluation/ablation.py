"""Ablation: the retriever without one of its parts at a time -> what each part is worth.

    python -m kb.evaluation.ablation

Prints a table for the tuning and the test questions: success@5 and nDCG@10 over all sections, nDCG@10
over guidance alone and over FAQ alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from kb.answering.question import read_history, read_question
from kb.answering.retrieve import Retriever
from kb.evaluation.datasets import SPLITS, EvaluationQuestion, load_dataset, shipped_dataset
from kb.evaluation.held import held_retriever
from kb.evaluation.metrics import ndcg_at, success_at
from kb.index.lexical import LexicalIndex
from kb.index.stored import lexical_texts
from kb.knowledge import KnowledgeBase, merge_results

Change = Callable[[Retriever], Any]


def main() -> None:
    """Print the table."""
    retriever = held_retriever(KnowledgeBase.open())
    for split in SPLITS:
        questions = [
            q
            for q in load_dataset(shipped_dataset(), split).questions
            if q.gold and q.answerability in ("answerable", "partial")
        ]
        sys.stdout.write(f"\n{split}, {len(questions)} questions\n\n")
        sys.stdout.write(
            "| retriever | success@5 | nDCG@10 | guidance | FAQ |\n|---|---|---|---|---|\n"
        )
        for name, change in CHANGES.items():
            with _changed(retriever, change):
                figures = _figures(retriever, questions)
            sys.stdout.write(f"| {name} | " + " | ".join(f"{v:.3f}" for v in figures) + " |\n")


def _figures(retriever: Retriever, questions: list[EvaluationQuestion]) -> list[float]:
    faq = {p.anchor for p in retriever.content.passages if p.kind == "faq"}
    rows = []
    for question in questions:
        queries = retriever.queries(read_question(question.text), read_history(question.history))
        results = merge_results([retriever.rank(query).results for query in queries])
        ranking = list(dict.fromkeys(result.passage.anchor for result in results))
        gold = dict(question.gold or {})
        row = [success_at(ranking, gold, 5), ndcg_at(ranking, gold, 10)]
        for wanted in (False, True):
            judged = {name: grade for name, grade in gold.items() if (name in faq) == wanted}
            of_kind = [name for name in ranking if (name in faq) == wanted]
            row.append(ndcg_at(of_kind, judged, 10) if judged else float("nan"))
        rows.append(row)
    return [float(v) for v in np.nanmean(np.array(rows), axis=0)]


@contextmanager
def _changed(retriever: Retriever, change: Change) -> Iterator[None]:
    """Apply a change and take it back."""
    before = dict(vars(retriever))
    change(retriever)
    yield
    vars(retriever).clear()
    vars(retriever).update(before)


def _weights(**values: float) -> Change:
    def change(retriever: Retriever) -> None:
        retriever.weights = replace(retriever.weights, **values)

    return change


def _without_asked(retriever: Retriever) -> None:
    plain = tuple(replace(p, asked_as=()) for p in retriever.content.passages)
    retriever.content = replace(retriever.content, passages=plain)
    retriever.lexical = LexicalIndex.build(lexical_texts(retriever.content))
    vectors: Any = retriever.vectors
    keep = [n for n, row in enumerate(vectors._rows) if ":asked:" not in row]
    fewer = object.__new__(type(vectors))
    fewer._rows = [vectors._rows[n] for n in keep]
    fewer._matrix = vectors._matrix[keep]
    fewer._place = {row: place for place, row in enumerate(fewer._rows)}
    retriever.vectors = fewer


def _no_mending(retriever: Retriever) -> None:
    retriever._in_english = lambda text, language: text  # type: ignore[method-assign]  # noqa: ARG005


def _no_glossary(retriever: Retriever) -> None:
    retriever._glossary = type(retriever._glossary)(())


CHANGES: dict[str, Change] = {
    "as shipped": lambda _: None,
    "without whole passages": _weights(passage=0.0),
    "without sentences": _weights(window=0.0),
    "without headings and asked as": _weights(question=0.0),
    "without asked as, in vectors and words": _without_asked,
    "without BM25": _weights(lexical=0.0, lexical_faq=0.0),
    "without the FAQ's prior": _weights(faq=0.0),
    "without the prior against archived pages": _weights(archived=0.0),
    "without history and context": _weights(history=0.0, context=0.0, reply=0.0),
    "without mended slips and word lists": _no_mending,
    "without translated questions": _weights(foreign=0.0),
    "without the glossary": _no_glossary,
}


if __name__ == "__main__":
    main()
