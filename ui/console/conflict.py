"""Conflict: an officer's texts and those saved meanwhile -> pairs, with the words that differ marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Levenshtein

from kb.desk.desk import Edit
from kb.desk.reply_work import Work
from ui.console.form import edit_of

Piece = tuple[str, bool]  # some words, and whether the other text has them not
_WORDS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Pair:
    """One text of a reply in two versions.

    Attributes:
        field: its name in the form.
        text: mine, whole.
        is_gone: the question has been removed meanwhile.
    """

    label: str
    field: str
    text: str
    mine: tuple[Piece, ...]
    theirs: tuple[Piece, ...]
    is_gone: bool

    @property
    def differs(self) -> bool:
        """Whether the two say something else."""
        return self.is_gone or any(changed for _, changed in (*self.mine, *self.theirs))


def pairs_of(mine: Edit, work: Work) -> list[Pair]:
    """Every text of a reply, mine beside what is saved now."""
    theirs = edit_of(work)
    found = [
        _pair("Subject", "subject", mine.subject, theirs.subject),
        _pair("Opening", "opening", mine.opening, theirs.opening),
    ]
    for part in work.parts:
        saved = part.body.text
        text = mine.parts.get(part.id, saved)
        found.append(_pair(f"Answer to: {part.question}", f"part-{part.id}", text, saved))
    found += [
        _pair("Answer to a question that has been removed", f"part-{number}", text, None)
        for number, text in mine.parts.items()
        if number not in theirs.parts
    ]
    return [*found, _pair("Closing", "closing", mine.closing, theirs.closing)]


def _pair(label: str, field: str, mine: str, theirs: str | None) -> Pair:
    left, right = differences(mine.strip(), (theirs or "").strip())
    return Pair(label, field, mine, left, right, theirs is None)


def differences(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces; words that the other one has not are marked."""
    left, right = _WORDS.findall(one), _WORDS.findall(other)
    steps = Levenshtein.opcodes(left, right)
    return (
        _pieces(left, [(s.tag, s.src_start, s.src_end) for s in steps]),
        _pieces(right, [(s.tag, s.dest_start, s.dest_end) for s in steps]),
    )


def _pieces(words: list[str], steps: list[tuple[str, int, int]]) -> tuple[Piece, ...]:
    """Words in runs, neighbours that differ together."""
    marked = [(word, tag != "equal") for tag, start, end in steps for word in words[start:end]]
    runs = groupby(marked, key=lambda pair: pair[1])
    return tuple(("".join(word for word, _ in run), changed) for changed, run in runs)
