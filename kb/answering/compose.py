"""Compose: ranked passages -> sentences of the corpus that answer, chosen and put in order.

No sentence is written here: every one is quoted from a passage, with its span.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from kb.answering.retrieve import Ranking, Retriever
from kb.index.lexical import stems_held
from kb.types import Passage, Sentence

WORDS = 120
LIST_WORDS = 300
PASSAGES = 6
# Cosines: two sentences above REPEATED say the same; an FAQ question above DIRECT is the question.
REPEATED = 0.86
DIRECT = 0.70
# A sentence whose content words mostly stand in the answer already says nothing new.
KNOWN_WORDS = 0.72
# A sentence or passage further below the best one than this does not answer, it is only near.
FINDING_MARGIN = 0.16
RECOMMENDATION_MARGIN = 0.26
PASSAGE_MARGIN = 0.30
MOST_RECOMMENDATIONS = 4

_PERSON_OR_BODY = re.compile(
    r"\b(led by|lead|leads|coordinat\w+|run by|manag\w+|responsible|by the)\b"
)
_TIME = re.compile(
    r"\b(19|20)\d\d\b|\b(January|February|March|April|May|June|July|August|September|October|"
    r"November|December|months?|years?|days?|weeks?|twice|once)\b"
)
_QUANTITY = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|half|none|"
    r"no)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"@|https?:|\b(page|website|portal|site|published|available|found|download)\b")
_ACTION = re.compile(
    r"\b(put|work|ask|use|set|start|write|choose|contact|check|agree|should|by)\b", re.I
)
# "Not always: …" replies; "Not every region could sign …" states something by itself.
_REPLYING = re.compile(r"(?:Yes|No)\b[,:;. ]|(?:Not|Hardly|Usually|Sometimes)\b[^.:]{0,40}[,:;]")
_WHETHER = re.compile(
    r"(?:^|[,.:;!?(]\s*|\b(?:and|or|but|whether|if)\s+)"
    r"(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)\b"
    r"|\bwhether\b",
    re.IGNORECASE,
)
EXPECTED = (
    (re.compile(r"\b(who|whom|whose|which (?:organi[sz]ation|body|agency|region))\b", re.I), _PERSON_OR_BODY),
    (re.compile(r"\b(when|since when|until when|deadline|how long|how often|date|year)\b", re.I), _TIME),
    (re.compile(r"\b(how many|how much|budget|amount|number of|cost|fee|share|minimum)\b", re.I), _QUANTITY),
    (re.compile(r"\b(where|address|e-?mail|contact|download)\b", re.I), _PLACE),
    (re.compile(r"\b(what (?:can|should|could)|how (?:can|do|should|could) (?:we|i|one)|advice|tips?|"
                r"recommend|remedy)\b", re.I), _ACTION),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picked:
    """A sentence chosen for an answer, and how well it fits (cosine with small additions)."""

    passage: Passage
    sentence: Sentence
    score: float

    @property
    def text(self) -> str:
        """The quoted words."""
        return self.passage.words_of(self.sentence)

    @property
    def words(self) -> int:
        """Length in words."""
        return len(self.text.split())


def compose(
    ranking: Ranking,
    retriever: Retriever,
    *,
    wants_list: bool,
    words: int = WORDS,
    before: Sequence[Picked] = (),
) -> list[Picked]:
    """Choose the sentences that answer one query: findings first, then recommendations.

    Args:
        words: how long the answer may become; a whole list may go beyond it.
        before: sentences that the answer already holds, for other parts of the message.
    """
    passages = _near(ranking)
    vectors = retriever.row_vectors(passages)
    scored = _score_sentences(ranking, retriever, passages, vectors)
    chosen: list[Picked] = _direct_faq(ranking, scored)
    if not chosen and wants_list:
        chosen = _whole_list(scored, None)
    limit = max(words, sum(p.words for p in chosen)) if not wants_list else LIST_WORDS
    best = max((p.score for p in scored), default=0.0)
    for candidate in sorted(scored, key=lambda p: -p.score):
        if candidate in chosen or not _fits(candidate, best, chosen):
            continue
        if _repeats(candidate, [*before, *chosen], vectors):
            continue
        more = [p for p in _with_company(candidate, scored) if p not in chosen]
        if chosen and sum(p.words for p in [*chosen, *more]) > limit:
            continue
        chosen += more
    return _ordered([p for p in chosen if p not in before])


def expected_form(question: str) -> re.Pattern[str] | None:
    """What a sentence that answers this kind of question looks like."""
    return next((form for asks, form in EXPECTED if asks.search(question)), None)


def _near(ranking: Ranking) -> list[Passage]:
    """The first passages that are not far behind the best."""
    if not ranking.results:
        return []
    best = ranking.results[0].score
    return [r.passage for r in ranking.results[:PASSAGES] if r.score >= best - PASSAGE_MARGIN]


def _score_sentences(
    ranking: Ranking,
    retriever: Retriever,
    passages: Sequence[Passage],
    vectors: Mapping[str, np.ndarray],
) -> list[Picked]:
    """Cosine with the query, plus the passage's place, plus words in common, plus the right form."""
    query, form = ranking.query, expected_form(ranking.query.text)
    scores = {result.passage.id: result.score for result in ranking.results[:PASSAGES]}
    best = max(scores.values(), default=0.0)
    found = []
    for passage in passages:
        for number, sentence in enumerate(passage.sentences):
            vector = vectors.get(f"{passage.id}:window:{number}")
            if vector is None:
                continue
            picked = Picked(passage, sentence, 0.0)
            score = float(vector @ query.vector)
            score += 0.5 * (scores[passage.id] - best)
            score += 0.15 * retriever.lexical.coverage(query.stems, picked.text)
            score += 0.06 * bool(form and form.search(picked.text))
            found.append(Picked(passage, sentence, score))
    return found


def _direct_faq(ranking: Ranking, scored: Sequence[Picked]) -> list[Picked]:
    """The whole FAQ entry whose question was asked, if there is one among the first.

    One that opens with yes or no answers another question where none of that kind was asked.
    """
    asked_whether = _WHETHER.search(ranking.query.text) is not None
    near: dict[str, float] = {}
    for result in ranking.results[:3]:
        passage = result.passage
        if passage.kind == "faq" and (asked_whether or not _REPLYING.match(passage.text)):
            near[passage.id] = ranking.evidence[passage.id].question
    best = max(near, key=near.__getitem__, default="")
    if near.get(best, 0.0) < DIRECT:
        return []
    return [p for p in scored if p.passage.id == best]


def _whole_list(scored: Sequence[Picked], passage_id: str | None) -> list[Picked]:
    """All sentences of the best passage if it holds a list of findings, else none."""
    if not scored:
        return []
    first = passage_id or scored[0].passage.id
    of_first = [p for p in scored if p.passage.id == first]
    items = [p for p in of_first if p.sentence.in_list and p.sentence.kind == "finding"]
    return [p for p in of_first if p.sentence.kind == "finding"] if len(items) > 2 else []


def _with_company(candidate: Picked, scored: Sequence[Picked]) -> list[Picked]:
    """A sentence with what it cannot stand without: the list that it opens, or the list it is of."""
    if candidate.text.endswith(":"):
        whole = [p for p in scored if p.passage.id == candidate.passage.id]
        after = whole[whole.index(candidate) + 1 :]
        items = takewhile(lambda p: p.sentence.in_list and p.sentence.kind == "finding", after)
        return [candidate, *items]
    if candidate.sentence.in_list and candidate.sentence.kind == "finding":
        return _list_around(candidate, scored)
    return [candidate]


def _list_around(item: Picked, scored: Sequence[Picked]) -> list[Picked]:
    """One item alone where it stands out; else its whole list with the sentence before it."""
    siblings = [p for p in scored if p.passage.id == item.passage.id and p.sentence.in_list]
    others = [p.score for p in siblings if p != item]
    if not others or item.score > max(others) + 0.08:
        return [item]
    whole = [p for p in scored if p.passage.id == item.passage.id]
    first = whole.index(siblings[0])
    return [p for p in whole[max(0, first - 1) :] if p.sentence.kind == "finding"]


def _fits(candidate: Picked, best: float, chosen: Sequence[Picked]) -> bool:
    if _REPLYING.match(candidate.text):  # it answers the question of its own section alone
        return False
    if candidate.sentence.kind == "recommendation":
        held = sum(p.sentence.kind == "recommendation" for p in chosen)
        return held < MOST_RECOMMENDATIONS and candidate.score >= best - RECOMMENDATION_MARGIN
    return candidate.score >= best - FINDING_MARGIN


def _repeats(candidate: Picked, held: Sequence[Picked], vectors: Mapping[str, np.ndarray]) -> bool:
    """Whether the answer says this already, in these words or in others."""
    own = vectors.get(_row(candidate))
    for other in held:
        if other.text == candidate.text:
            return True
        vector = vectors.get(_row(other))
        if own is not None and vector is not None and float(own @ vector) > REPEATED:
            return True
    wanted = stems_held(candidate.text)
    known = {stem for other in held for stem in stems_held(other.text)}
    return bool(wanted) and len(wanted & known) / len(wanted) >= KNOWN_WORDS


def _row(picked: Picked) -> str:
    return f"{picked.passage.id}:window:{picked.passage.sentences.index(picked.sentence)}"


def _ordered(chosen: Sequence[Picked]) -> list[Picked]:
    """Findings before actions; passages as they were chosen; sentences as they stand in them."""
    place: dict[str, int] = {}
    for picked in chosen:
        place.setdefault(picked.passage.id, len(place))
    return sorted(
        dict.fromkeys(chosen),
        key=lambda p: (
            p.sentence.kind == "recommendation",
            place[p.passage.id],
            p.sentence.start,
        ),
    )
