"""Ground: drafts of a language model -> claims whose cited words bear them out; the rest is dropped.

A draft names passages; the sentences of those passages that say it are found here by the meaning of
its words, and kb/answering/verify.py compares. What fails is dropped, never mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from kb.answering.cite import Claim, Quote
from kb.answering.cited import Cited
from kb.answering.claims import figures, roots
from kb.answering.generate import Draft
from kb.answering.parties import roles_agree
from kb.answering.verify import disagreements
from kb.index.embedder import Embedder, SentenceTransformerEmbedder
from kb.index.lexical import stems
from kb.types import Passage

MOST_QUOTED = 3
MOST_OF_A_LIST = 9
# A further sentence is quoted where it raises the support of the draft's words by this much.
GAIN = 0.02
# What is cited may hold this much less of a draft's words than all that is near.
SLACK = 0.05
# From here on a word of the draft and a cited one are compared as if they were the same.
ALIKE = 0.5
# Logistic score of coverage: bias, then weights of cosine, share and weakest (see ``Support``).
# Fitted on the development pairs, faithful ones against inventions and sentences of other passages,
# on some 200 further pairs of the same kinds, and on corpus sentences beside a neighbouring section.
COVERAGE = (-13.46, 7.66, 9.52, 4.1)
WINDOW = 4
_KEPT = 4096
_ADDRESS = re.compile(
    r"https?://|www\.|[\w.+-]+@[\w-]+\.[\w.]+|\b[\w-]+\.(?:eu|com|org|net|io|example)\b"
)
_MARKUP = re.compile(r"[<>\[\]*`#|]|(?<!\w)_|_(?!\w)|!\(")
_WORD = re.compile(r"[^\W_]+(?:[&.'’-][^\W_]+)*")
Idf = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found for one draft: a claim, or why there is none."""

    claim: Claim | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the embedder reads it.

    Attributes:
        whole: (dimension,) unit vector of the text.
        stems: of its content words, in order, irregular verbs as their base.
        named: for each, whether it is a name or a number, which nothing else may stand for.
        vectors: (len(stems), dimension) unit vectors of these words where they stand.
    """

    whole: np.ndarray
    stems: tuple[str, ...]
    named: tuple[bool, ...]
    vectors: np.ndarray


@dataclass(frozen=True, slots=True)
class Support:
    """How far cited sentences hold the words of a draft, by meaning.

    Attributes:
        cosine: of the draft and the nearest cited sentence.
        share: mean over the draft's words of the cosine to the nearest cited word, weighed by idf
            (the precision of BERTScore, Zhang et al. 2020).
        weakest: the same mean over the four neighbouring words that are held worst, so that a true
            sentence does not carry an added phrase.
    """

    cosine: float
    share: float
    weakest: float

    @property
    def enough(self) -> bool:
        """Whether the logistic score is above one half."""
        bias, cosine, share, weakest = COVERAGE
        return bias + cosine * self.cosine + share * self.share + weakest * self.weakest > 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentences of the named passages, beside a draft.

    Attributes:
        places: passage and number of each sentence.
        near: (sentences, words of the draft): best cosine of a word in a sentence; same stem is 1.
        alike: by sentence, stems of the draft -> the stem of the sentence that means the same.
        cosines: (sentences,) of the whole sentence and the whole draft.
        weights: (words of the draft,) their idf.
    """

    places: tuple[tuple[Passage, int], ...]
    near: np.ndarray
    alike: tuple[dict[str, str], ...]
    cosines: np.ndarray
    weights: np.ndarray

    def share(self, chosen: Sequence[int]) -> float:
        """Weighed mean of the best cosines that the draft's words have in the chosen sentences."""
        return self._mean(self.near[list(chosen)].max(axis=0), slice(None))

    def support(self, chosen: Sequence[int]) -> Support:
        """Measure the chosen sentences together."""
        best = self.near[list(chosen)].max(axis=0)
        windows = range(max(1, len(best) - WINDOW + 1))
        weakest = min(self._mean(best, slice(n, n + WINDOW)) for n in windows)
        return Support(float(self.cosines[list(chosen)].max()), self.share(chosen), weakest)

    def _mean(self, best: np.ndarray, words: slice) -> float:
        total = float(self.weights[words].sum())
        return float(best[words] @ self.weights[words]) / total if total else 1.0

    def cited(self, chosen: Sequence[int], quotes: Sequence[Quote]) -> Cited:
        """The quotes as words to compare with; ``chosen`` names the nearest first."""
        places = [self.places[n] for n in chosen]
        above = dict.fromkeys(h for p, _ in places for h in (p.title, *p.headings))
        alike: dict[str, str] = {}
        for n in chosen:
            alike = self.alike[n] | alike
        held = {stem for p, n in places for stem in roots(p.words_of(p.sentences[n]))}
        alike = {stem: other for stem, other in alike.items() if stem not in held}
        return Cited(
            text=" ".join(q.text for q in quotes),
            context=" · ".join(above),
            advice=all(s.kind == "recommendation" for q in quotes for s in q.sentences),
            sentences=tuple(p.words_of(p.sentences[n]) for p, n in places),
            advised=tuple(p.sentences[n].kind == "recommendation" for p, n in places),
            alike=alike,
        )


def ground(
    draft: Draft,
    passages: Sequence[Passage],
    embedder: Embedder,
    *,
    idf: Idf,
    ordinary: Collection[str],
) -> Verdict:
    """Check one draft against the passages it names.

    Args:
        passages: those that the model was given, number 1 first.
        idf: how much a stem tells, as ``LexicalIndex.idf``.
        ordinary: words that the corpus writes in lower case.
    """
    text = " ".join(draft.text.split())
    if not text or not draft.passages:
        return Verdict(None, ("empty",))
    if any(not 1 <= number <= len(passages) for number in draft.passages):
        return Verdict(None, ("number",))
    if _MARKUP.search(text):
        return Verdict(None, ("markup",))
    named = [passages[number - 1] for number in dict.fromkeys(draft.passages)]
    evidence = find_evidence(text, named, embedder, idf)
    found: tuple[str, ...] = ("coverage",)
    sets = list(_sets(evidence))
    # Who does what is compared with all that is near, also where one sentence would do.
    near = list(dict.fromkeys(n for chosen in sets for n in chosen[:MOST_QUOTED]))
    whole = evidence.cited(near, _quotes([evidence.places[n] for n in near]))
    best = evidence.share(near) if near else 0.0
    for chosen in sets:
        quotes = _quotes([evidence.places[n] for n in chosen])
        cited = evidence.cited(chosen, quotes)
        reasons = disagreements(text, cited, ordinary=ordinary)
        if not reasons and not roles_agree(text, whole, ordinary=ordinary):
            reasons.append("roles")
        if not _held(text, cited.text):
            reasons.append("address")
        if not evidence.support(chosen).enough or evidence.share(chosen) < best - SLACK:
            reasons.append("coverage")
        if not reasons:
            kind = "recommendation" if cited.advice else "finding"
            return Verdict(Claim(text, kind, quotes))  # type: ignore[arg-type]
        found = tuple(reasons)
    return Verdict(None, found)


def find_evidence(text: str, named: Sequence[Passage], embedder: Embedder, idf: Idf) -> Evidence:
    """Compare each word of a draft with each word of the sentences it may rest on."""
    places = tuple((p, n) for p in named for n in range(len(p.sentences)))
    texts = [p.words_of(p.sentences[n]) for p, n in places]
    draft, *readings = read(embedder, [text, *texts])
    compared = [_compare(draft, reading) for reading in readings]
    return Evidence(
        places=places,
        near=np.array([near for near, _ in compared]),
        alike=tuple(alike for _, alike in compared),
        cosines=np.array([float(reading.whole @ draft.whole) for reading in readings]),
        weights=np.array([idf(stem) for stem in draft.stems]),
    )


def _compare(draft: Reading, reading: Reading) -> tuple[np.ndarray, dict[str, str]]:
    """Best cosine of each word of a draft in a sentence, and which word of it means the same."""
    if not draft.stems or not reading.stems:
        return np.zeros(len(draft.stems)), {}
    cosines = draft.vectors @ reading.vectors.T
    near, alike = cosines.max(axis=1), {}
    for n, stem in enumerate(draft.stems):
        if stem in reading.stems:
            near[n] = 1.0
        elif near[n] >= ALIKE and not draft.named[n]:
            best = int(cosines[n].argmax())
            if reading.stems[best] not in draft.stems and not reading.named[best]:
                alike[stem] = reading.stems[best]
    return near, alike


def _sets(evidence: Evidence) -> Iterator[list[int]]:
    """Sentences to rest on, tried in turn: the nearest; with those that add words; with its list."""
    rest = list(range(len(evidence.places)))
    if not rest:
        return
    first = max(rest, key=lambda n: evidence.share([n]) + 0.3 * float(evidence.cosines[n]))
    chosen = [first]
    yield chosen
    while len(chosen) < MOST_QUOTED:
        rest = [n for n in rest if n not in chosen]
        shares = [evidence.share([*chosen, n]) for n in rest]
        if not shares or max(shares) - evidence.share(chosen) < GAIN:
            break
        chosen = [*chosen, rest[shares.index(max(shares))]]
        yield chosen
    block = _block(evidence, first)
    if 1 < len(block) <= MOST_OF_A_LIST:
        yield [*chosen, *(n for n in block if n not in chosen)]


def _block(evidence: Evidence, place: int) -> list[int]:
    """The list that a sentence belongs to, with the sentence before it; else the sentence alone."""

    def listed(n: int) -> bool:
        passage, number = evidence.places[n]
        sentence = passage.sentences[number]
        same = passage.id == evidence.places[place][0].id
        return same and sentence.in_list and sentence.kind == "finding"

    size = len(evidence.places)
    # A sentence that announces a list belongs to it.
    start = place + 1 if not listed(place) and place + 1 < size else place
    if not listed(start):
        return [place]
    end = start
    while start and listed(start - 1):
        start -= 1
    while end + 1 < size and listed(end + 1):
        end += 1
    lead = (
        [start - 1] if start and evidence.places[start - 1][0] is evidence.places[start][0] else []
    )
    return [*lead, *range(start, end + 1)]


_readings: WeakKeyDictionary[Any, dict[str, Reading]] = WeakKeyDictionary()


def read(embedder: Embedder, texts: Sequence[str]) -> list[Reading]:
    """Read texts in one call of the model; what was read lately is kept."""
    kept = _readings.setdefault(embedder, {})
    new = [text for text in dict.fromkeys(texts) if text not in kept]
    if len(kept) + len(new) > _KEPT:
        new = list(dict.fromkeys(texts))
        kept.clear()
    if new:
        if isinstance(embedder, SentenceTransformerEmbedder):
            read_now = _by_tokens(embedder, new)
        else:
            read_now = _by_words(embedder, new)
        kept.update(zip(new, read_now, strict=True))
    return [kept[text] for text in texts]


def _by_tokens(embedder: SentenceTransformerEmbedder, texts: Sequence[str]) -> list[Reading]:
    """Words where they stand: the mean of a word's token vectors."""
    readings = []
    for text, tokens in zip(texts, embedder.embed_tokens(texts), strict=True):
        found = [
            (text[start:end], tokens.vectors[rows].mean(axis=0))
            for start, end in _content_words(text)
            if (
                rows := [
                    n for n, (a, b) in enumerate(tokens.spans) if a < b and start <= a and b <= end
                ]
            )
        ]
        readings.append(_reading(tokens.whole, found))
    return readings


def _by_words(embedder: Embedder, texts: Sequence[str]) -> list[Reading]:
    """Words alone, for an embedder that does not show its tokens."""
    words = [[text[start:end] for start, end in _content_words(text)] for text in texts]
    vectors = embedder.embed_queries([*texts, *(word for row in words for word in row)])
    rest = iter(vectors[len(texts) :])
    return [
        _reading(whole, [(word, next(rest)) for word in row])
        for whole, row in zip(vectors, words, strict=False)
    ]


def _reading(whole: np.ndarray, found: Sequence[tuple[str, np.ndarray]]) -> Reading:
    """Of words that have a stem, each with its vector."""
    vectors = np.array([_unit(vector) for _, vector in found]).reshape(len(found), len(whole))
    return Reading(
        _unit(whole),
        tuple(stem for word, _ in found for stem in roots(word)[:1]),
        tuple(_is_name(word, first=n == 0) for n, (word, _) in enumerate(found)),
        vectors,
    )


def _is_name(word: str, *, first: bool) -> bool:
    return bool(re.search(r"\d", word) or figures(word) or (word[0].isupper() and not first))


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _content_words(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _WORD.finditer(text) if stems(match[0]))


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


def _held(text: str, quoted: str) -> bool:
    """Whether every address in a text stands in the quoted words."""
    addresses = (word.strip("().,;:\"'") for word in text.split() if _ADDRESS.search(word))
    return all(address in quoted for address in addresses)
