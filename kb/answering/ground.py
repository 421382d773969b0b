"""Ground: drafts of a language model -> claims whose cited words bear them out; the rest is dropped.

A draft names passages; the sentences of those passages that say it are found here, and
kb/answering/verify.py compares. What fails is dropped, never mended.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from kb.answering.cite import Claim, Quote
from kb.answering.generate import Draft
from kb.answering.verify import Cited, disagreements, lexical_share
from kb.types import Passage, Sentence

# Tuned on the written pairs of the development half (kb/evaluation/sentences.py).
MOST_QUOTED = 3
GAIN = 0.12
ENOUGH_WORDS = 0.62
ENOUGH_MEANING = 0.72
FEWEST_WORDS = 0.25
_ADDRESS = re.compile(
    r"https?://|www\.|[\w.+-]+@[\w-]+\.[\w.]+|\b[\w-]+\.(?:eu|com|org|net|io|example)\b"
)
_MARKUP = re.compile(r"[<>\[\]*_`#|]|!\(|\]\(")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found for one draft: a claim, or why there is none."""

    claim: Claim | None
    reasons: tuple[str, ...] = ()


def ground(
    draft: Draft,
    passages: Sequence[Passage],
    vector: np.ndarray,
    sentence_vectors: dict[str, np.ndarray],
    ordinary: Collection[str],
) -> Verdict:
    """Check one draft against the passages it names.

    Args:
        passages: those that the model was given, number 1 first.
        vector: (dimension,) unit vector of the draft's text.
        ordinary: words that the corpus writes in lower case.
        sentence_vectors: by row id ``passage_id:window:number``.
    """
    text = " ".join(draft.text.split())
    if not text or not draft.passages:
        return Verdict(None, ("empty",))
    if any(not 1 <= number <= len(passages) for number in draft.passages):
        return Verdict(None, ("number",))
    if _MARKUP.search(text):
        return Verdict(None, ("markup",))
    named = [passages[number - 1] for number in dict.fromkeys(draft.passages)]
    chosen: list[tuple[Passage, int]] = []
    reasons: list[str] = ["coverage"]
    for place in _nearest(text, named, vector, sentence_vectors):
        chosen.append(place)
        quotes = _quotes(chosen)
        cited = cited_words(quotes)
        if _ADDRESS.search(text) and not _held(text, cited.text):
            return Verdict(None, ("address",))
        reasons = disagreements(text, cited, ordinary=ordinary)
        if not covered(text, cited, vector, [sentence_vectors.get(_row(*c)) for c in chosen]):
            reasons.append("coverage")
        if not reasons:
            kind = "recommendation" if cited.advice else "finding"
            return Verdict(Claim(text, kind, quotes))  # type: ignore[arg-type]
    return Verdict(None, tuple(reasons))


def cited_words(quotes: Sequence[Quote]) -> Cited:
    """The quotes as one text, with the headings above them."""
    above = dict.fromkeys(h for q in quotes for h in (q.passage.title, *q.passage.headings))
    return Cited(
        text=" ".join(q.text for q in quotes),
        context=" · ".join(above),
        advice=all(s.kind == "recommendation" for q in quotes for s in q.sentences),
    )


def covered(
    text: str, cited: Cited, vector: np.ndarray, quoted: Sequence[np.ndarray | None]
) -> bool:
    """Whether enough of a sentence stands in the cited words: by its words, or by its meaning."""
    share = lexical_share(text, cited)
    if share >= ENOUGH_WORDS:
        return True
    known = [v for v in quoted if v is not None]
    if not known or share < FEWEST_WORDS:
        return False
    together = np.sum(known, axis=0)
    meaning = max(
        *(float(v @ vector) for v in known), float(together @ vector / np.linalg.norm(together))
    )
    return meaning >= ENOUGH_MEANING


def _row(passage: Passage, number: int) -> str:
    return f"{passage.id}:window:{number}"


def _nearest(
    text: str, named: Sequence[Passage], vector: np.ndarray, vectors: dict[str, np.ndarray]
) -> list[tuple[Passage, int]]:
    """The sentences that say it: the nearest, then those that add words it lacks; three at most."""
    candidates = [(p, n) for p in named for n in range(len(p.sentences))]
    nearness = {
        (p.id, n): (
            0.5 * float(vectors[_row(p, n)] @ vector if _row(p, n) in vectors else 0.0)
            + 0.5 * lexical_share(text, Cited(_sentence_text(p, p.sentences[n])))
        )
        for p, n in candidates
    }
    candidates.sort(key=lambda c: -nearness[c[0].id, c[1]])
    chosen = candidates[:1]
    while len(chosen) < MOST_QUOTED:
        held = lexical_share(text, cited_words(_quotes(chosen)))
        rest = [c for c in candidates if c not in chosen]
        gains = [
            lexical_share(text, cited_words(_quotes([*chosen, c]))) - held for c in rest
        ]  # fmt: skip
        if not gains or max(gains) < GAIN:
            break
        chosen.append(rest[gains.index(max(gains))])
    return chosen


def _quotes(chosen: Sequence[tuple[Passage, int]]) -> tuple[Quote, ...]:
    """Chosen sentences as quotes, neighbours together, in reading order."""
    found: list[Quote] = []
    for _, group in groupby(
        sorted(chosen, key=lambda c: (c[0].start, c[0].id, c[1])), key=lambda c: c[0].id
    ):
        for passage, number in group:
            sentence = passage.sentences[number]
            if found and found[-1].continues(passage, sentence):
                found[-1] = Quote(passage, (*found[-1].sentences, sentence))
            else:
                found.append(Quote(passage, (sentence,)))
    return tuple(found)


def _sentence_text(passage: Passage, sentence: Sentence) -> str:
    return passage.text[sentence.start - passage.start : sentence.end - passage.start]


def _held(text: str, quoted: str) -> bool:
    """Whether every address in a text stands in the quoted words."""
    return all(found.rstrip(".") in quoted for found in re.findall(r"\S*(?:@|://|www\.)\S*", text))
