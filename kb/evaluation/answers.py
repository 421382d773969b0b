"""Answers: what ``kb ask --batch`` wrote for the shipped questions -> one table of what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.errors import SourceError
from kb.evaluation.datasets import SPLITS, EvaluationQuestion, load_dataset, shipped_dataset
from kb.reading.passages import anchor

ANSWERABILITIES = ("answerable", "partial", "unanswerable", "out_of_scope", "unclear")


def answers_table(path: Path) -> str:
    """How questions of each kind were answered, as a Markdown table.

    Raises:
        SourceError: the file is no batch output, or an answer to a shipped question is missing.
    """
    answers = _read(path)
    lines = [
        "| split | questions | n | answered | partial | not answered | right citation |",
        "|---|---|---|---|---|---|---|",
    ]
    for split in SPLITS:
        questions = load_dataset(shipped_dataset(), split).questions
        for kind in ANSWERABILITIES:
            of_kind = [q for q in questions if q.answerability == kind]
            if of_kind:
                lines.append(f"| {split} | {kind} | " + " | ".join(_row(of_kind, answers)) + " |")
    return "\n".join(lines)


def _row(questions: list[EvaluationQuestion], answers: Mapping[str, Any]) -> list[str]:
    missing = [q.id for q in questions if q.id not in answers]
    if missing:
        raise SourceError(f"There is no answer to question {missing[0]}. Ask the whole set.")
    found = [answers[q.id].get("status", "error") for q in questions]
    right = sum(_is_right(q, answers[q.id]) for q in questions)
    judged = questions[0].answerability in ("answerable", "partial")
    counts = (found.count(status) for status in ("answered", "partial", "not_answered"))
    return [
        str(len(questions)),
        *map(str, counts),
        f"{right / len(questions):.3f}" if judged else "-",
    ]


def _is_right(question: EvaluationQuestion, answer: Mapping[str, Any]) -> bool:
    cited = {anchor(c["document_id"], c["section"]) for c in answer.get("citations", ())}
    return bool(cited & set(question.gold or {}))


def _read(path: Path) -> dict[str, Any]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return {record["id"]: record for record in map(json.loads, filter(str.strip, lines))}
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is no output of 'kb ask --batch' ({type(error).__name__}). "
            "Make it from corpus/evaluation/queries.jsonl."
        ) from error
