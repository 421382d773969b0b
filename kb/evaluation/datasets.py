"""Datasets in BEIR layout (Thakur et al. 2021): a folder -> queries and the sections that answer.

``corpus.jsonl`` is missing in the shipped set: its documents are the shipped corpus, and a gold id is
a section's anchor, ``document_id#heading``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from kb.errors import SourceError
from kb.reading.catalogue import shipped_corpus
from kb.types import Passage

Answerability = Literal["answerable", "partial", "unclear", "unanswerable", "out_of_scope"]
SPLITS = ("tuning", "test")


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """One line of ``queries.jsonl``.

    Attributes:
        kind: style of the question, for figures by kind.
        facts: ids of the facts that a full answer tells (shipped set only).
        parts: for a message with several questions, the facts of each.
        gold: ids of documents or sections that answer it, with their grade.
    """

    id: str
    text: str
    history: tuple[Mapping[str, str], ...] = ()
    answerability: Answerability = "answerable"
    kind: str = ""
    language: str = "en"
    facts: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    gold: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions of one split.

    Attributes:
        corpus: BEIR documents to index, or None for the shipped corpus.
    """

    name: str
    split: str
    questions: tuple[EvaluationQuestion, ...]
    corpus: Path | None


_LINE = TypeAdapter(EvaluationQuestion)


def shipped_dataset() -> Path:
    """Folder of the shipped question set."""
    return shipped_corpus() / "evaluation"


def load_dataset(folder: Path, split: str = "test") -> Dataset:
    """Read one split of a folder in BEIR layout.

    Raises:
        SourceError: a file is missing or a line is not valid; names both.
    """
    gold = read_qrels(folder / "qrels" / f"{split}.tsv")
    questions = []
    for number, record in _records(folder / "queries.jsonl"):
        values = {("id" if name == "_id" else name): value for name, value in record.items()}
        belongs = values.pop("split", None)
        if values.get("id") not in gold and belongs != split:
            continue
        try:
            question = _LINE.validate_python(values | {"gold": gold.get(str(values["id"]), {})})
        except (ValidationError, KeyError) as error:
            raise SourceError(f"{folder}/queries.jsonl, line {number}: {error}.") from error
        questions.append(question)
    if not questions:
        raise SourceError(f"{folder} has no questions in its split '{split}'.")
    corpus = folder / "corpus.jsonl"
    return Dataset(folder.name, split, tuple(questions), corpus if corpus.is_file() else None)


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements: question id -> document or section id -> grade.

    Raises:
        SourceError: the file is missing or a line has not three fields.
    """
    found: dict[str, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in list(csv.reader(file, delimiter="\t"))[1:]:
                found.setdefault(row[0], {})[row[1]] = int(row[2])
    except (OSError, IndexError, ValueError) as error:
        raise SourceError(f"Judgements {path} cannot be read: {error}.") from error
    return found


def write_qrels(
    path: Path, questions: Iterable[EvaluationQuestion], passages: Iterable[Passage]
) -> None:
    """Judge sections by the facts they tell: grade = number of a question's facts in the section."""
    facts: dict[str, set[str]] = {}
    for passage in passages:
        facts.setdefault(passage.anchor, set()).update(passage.facts)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("query-id", "corpus-id", "score"))
        for question in questions:
            wanted = set(question.facts)
            for anchor, held in sorted(facts.items()):
                if grade := len(wanted & held):
                    writer.writerow((question.id, anchor, grade))


def _records(path: Path) -> Iterable[tuple[int, dict[str, object]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise SourceError(f"{path}, line {number}: {error}.") from error
