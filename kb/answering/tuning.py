"""Tuned values: weights of retrieval and of the confidence, read from one reviewed file.

``python -m kb.evaluation.calibrate`` writes the file from the tuning questions alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class RetrievalWeights:
    """How scores are put together; cosines and BM25 scaled to 0..1 of the query's best.

    Attributes:
        passage, window, question: share of the whole passage, of its best sentence, and of its
            nearest heading or way of being asked.
        lexical: share of BM25; ``lexical_faq`` for FAQ entries.
        faq: added for FAQ entries, which are written to answer.
        archived: taken off where every source is archived.
        context: share of what surrounds a part of a message.
        history: share of the previous question, halved with every turn before it.
        reply: share of the last answer.
        foreign: share of how alike a section's translated question is.
    """

    passage: float
    window: float
    question: float
    lexical: float
    lexical_faq: float
    faq: float
    archived: float
    context: float
    history: float
    reply: float
    foreign: float


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Logistic regression over named features, standardised by mean and scale.

    Attributes:
        answer_from: an answer is given from this confidence on.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    answer_from: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """The whole file."""

    retrieval: RetrievalWeights
    confidence: ConfidenceModel


@cache
def tuned() -> Tuned:
    """Read the shipped values."""
    return TypeAdapter(Tuned).validate_json((files("kb.answering") / "tuned.json").read_bytes())
