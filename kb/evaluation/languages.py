"""Languages: questions in the other official languages -> how often the right FAQ entry is found.

The questions in ``languages.jsonl`` were written by people who had read what the entries tell, in English,
and none of the wordings that the knowledge base holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from kb.evaluation.datasets import shipped_dataset
from kb.knowledge import KnowledgeBase

FIRST = 3
_DEPTH = 30


@dataclass(frozen=True, slots=True)
class ForeignQuestion:
    """A question and the anchor of the entry that answers it."""

    id: str
    language: str
    text: str
    section: str


def load_questions() -> list[ForeignQuestion]:
    """Read the shipped questions."""
    lines = (shipped_dataset() / "languages.jsonl").read_text(encoding="utf-8").splitlines()
    return TypeAdapter(list[ForeignQuestion]).validate_python([json.loads(line) for line in lines])


def measure(base: KnowledgeBase) -> dict[str, dict[str, float]]:
    """By language: number of questions; shares whose entry is first, among the first three, and cited."""
    by_language: dict[str, list[ForeignQuestion]] = {}
    for question in load_questions():
        by_language.setdefault(question.language, []).append(question)
    return {language: _shares(of, base) for language, of in sorted(by_language.items())}


def table(figures: dict[str, dict[str, float]]) -> str:
    """Figures as a Markdown table, a row for each language."""
    lines = [
        "| language | n | entry first | among the first three | cited in the answer |",
        "|---|---|---|---|---|",
    ]
    names = ("first", "first three", "cited")
    for language, found in figures.items():
        shares = " | ".join(f"{found[name]:.2f}" for name in names)
        lines.append(f"| {language} | {found['n']:.0f} | {shares} |")
    number = sum(found["n"] for found in figures.values())
    means = [sum(f["n"] * f[name] for f in figures.values()) / number for name in names]
    lines.append(f"| all | {number:.0f} | {' | '.join(f'{mean:.2f}' for mean in means)} |")
    return "\n".join(lines)


def _shares(questions: Sequence[ForeignQuestion], base: KnowledgeBase) -> dict[str, float]:
    first = among = cited = 0
    passages = base.passages()
    for question in questions:
        found = base.search(question.text, top_k=_DEPTH)
        anchors = list(dict.fromkeys(result.passage.anchor for result in found))
        first += anchors[:1] == [question.section]
        among += question.section in anchors[:FIRST]
        answer = base.ask(question.text)
        cited += any(passages[c.passage_id].anchor == question.section for c in answer.citations)
    number = len(questions)
    shares = {"first": first, "first three": among, "cited": cited}
    return {"n": number} | {name: count / number for name, count in shares.items()}
