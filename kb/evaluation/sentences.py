"""Sentences: written pairs of a passage and a sentence -> how well the check of sentences tells them apart.

    python -m kb.evaluation.sentences [--half development|blind] [--failures]

Half of the pairs (``blind``) were written by someone who had not seen the check; nothing was tuned on
them, and their failures are not printed. Kinds: ``faithful`` restatements, and sentences changed in
one way that must be caught.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from kb.answering.cited import Cited
from kb.answering.generate import Draft
from kb.answering.ground import ground
from kb.answering.verify import lexical_share
from kb.evaluation.judge import shipped_content
from kb.index.embedder import Embedder, open_embedder
from kb.index.lexical import LexicalIndex, ordinary_words
from kb.reading.catalogue import shipped_corpus
from kb.reading.passages import split_document
from kb.types import Document, Passage, Section

HALVES = ("development", "blind")
FAITHFUL = "faithful"
REWORDED = 0.6


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence cited to a passage; ``kind`` says how it was made."""

    id: str
    title: str
    heading: str
    passage: str
    sentence: str
    kind: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the check said of a pair: ``reasons`` is empty where the sentence passed."""

    pair: Pair
    reasons: tuple[str, ...]
    shared: float

    @property
    def right(self) -> bool:
        """Whether a faithful sentence passed or a changed one was caught."""
        return bool(self.reasons) != (self.pair.kind == FAITHFUL)


def load_pairs(half: str) -> list[Pair]:
    """Read the shipped pairs of one half."""
    path = shipped_corpus() / "evaluation" / "sentences" / f"{half}.jsonl"
    reader = TypeAdapter(Pair)
    return [reader.validate_python(json.loads(line)) for line in path.read_text().splitlines()]


def check_pairs(pairs: Sequence[Pair], embedder: Embedder) -> Iterator[Result]:
    """Check each sentence against the passage that it cites, as an answer's are."""
    corpus = [p.text for p in shipped_content().passages]
    ordinary, idf = ordinary_words(corpus), LexicalIndex.build(corpus).idf
    for pair in pairs:
        passage = _passage(pair)
        texts = [passage.words_of(s) for s in passage.sentences]
        draft = Draft(pair.sentence, (1,))
        verdict = ground(draft, [passage], embedder, idf=idf, ordinary=ordinary)
        shared = max((lexical_share(pair.sentence, Cited(text)) for text in texts), default=0.0)
        yield Result(pair, verdict.reasons, shared)


def _passage(pair: Pair) -> Passage:
    section = Section((pair.title, pair.heading), 0, len(pair.passage))
    document = Document("pair", pair.title, "guidance", "summary", pair.passage, (section,))
    passages = split_document(document)
    if len(passages) == 1:
        return passages[0]
    first, last = passages[0], passages[-1]
    sentences = tuple(s for p in passages for s in p.sentences)
    return Passage(
        id=first.id, document_id="pair", title=pair.title, kind="guidance", wording="summary",
        headings=first.headings, anchor=first.anchor, text=pair.passage[first.start : last.end],
        start=first.start, end=last.end, sentences=sentences,
    )  # fmt: skip


def table(results: Sequence[Result]) -> str:
    """Shares by kind as a Markdown table."""
    lines = ["| kind | n | caught or kept |", "|---|---|---|"]
    kinds = sorted({r.pair.kind for r in results}, key=lambda kind: (kind != FAITHFUL, kind))
    for kind in kinds:
        of_kind = [r for r in results if r.pair.kind == kind]
        lines.append(f"| {kind} | {len(of_kind)} | {_share(of_kind):.3f} |")
    changed = [r for r in results if r.pair.kind != FAITHFUL]
    reworded = [r for r in results if r.pair.kind == FAITHFUL and r.shared < REWORDED]
    lines.append(f"| all changed ones | {len(changed)} | {_share(changed):.3f} |")
    lines.append(
        f"| faithful, sharing under {REWORDED:.0%} of their words | {len(reworded)} "
        f"| {_share(reworded):.3f} |"
    )
    return "\n".join(lines)


def _share(results: Sequence[Result]) -> float:
    return sum(r.right for r in results) / len(results) if results else float("nan")


def main() -> None:
    """Print the table of each half, and what went wrong in the development half."""
    parser = argparse.ArgumentParser(prog="python -m kb.evaluation.sentences")
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--failures", action="store_true", help="of the development half")
    arguments = parser.parse_args()
    embedder = open_embedder("packaged")
    for half in arguments.half or HALVES:
        results = list(check_pairs(load_pairs(half), embedder))
        sys.stdout.write(f"\n{half}\n\n{table(results)}\n")
        if arguments.failures and half == HALVES[0]:
            sys.stdout.writelines(
                f"{r.pair.id} {r.pair.kind} {','.join(r.reasons)}: {r.pair.sentence}\n"
                for r in results
                if not r.right
            )


if __name__ == "__main__":
    main()
