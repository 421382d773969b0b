"""Judge: questions with their facts -> ``qrels``, from the sections that tell those facts.

    python -m kb.evaluation.judge

Run after a change of the corpus; ``tests/corpus`` compares.
"""

from __future__ import annotations

import json
from pathlib import Path

from kb.evaluation.datasets import SPLITS, EvaluationQuestion, shipped_dataset, write_qrels
from kb.index.stored import Content
from kb.reading.catalogue import shipped_corpus
from kb.reading.collect import Library, collect
from kb.reading.passages import split_document


def shipped_content() -> Content:
    """Documents and passages of the shipped corpus, read without an index."""
    library = Library(Path(), shipped_corpus(), {}, set())
    documents = tuple(d for item in collect(library).items.values() for d in item.documents)
    return Content(documents, tuple(p for d in documents for p in split_document(d)))


def judge(folder: Path, content: Content) -> None:
    """Write the judgements of both splits of a folder with ``queries.jsonl``."""
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    (folder / "qrels").mkdir(exist_ok=True)
    for split in SPLITS:
        questions = [
            EvaluationQuestion(id=r["_id"], text=r["text"], facts=tuple(r.get("facts", ())))
            for r in records
            if r["split"] == split
        ]
        write_qrels(folder / "qrels" / f"{split}.tsv", questions, content.passages)


if __name__ == "__main__":
    judge(shipped_dataset(), shipped_content())
