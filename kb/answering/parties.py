"""Parties: a sentence and the words it cites -> whether in both the same ones do the same to the same.

Like the checks of verify.py, these are plain functions over texts, and one that cannot tell lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from kb.answering import claims, roles
from kb.answering.cited import Cited
from kb.answering.roles import Action
from kb.index.lexical import STOPWORDS

# Share of a sentence's words, in order, from which on it counts as the cited one with changes.
KEPT = 0.8
_FROM_TO = re.compile(
    r"\bfrom (?:the |an? )?([^,;.]{2,50}?) (?:in)?to (?:the |an? )?([^,;.]{2,50})"
)
_CONTRAST = re.compile(r"[;.]\s|\b(?:whereas|while|but)\b")
Anchor = tuple[str, object]
_AUXILIARY = re.compile(
    r"(?:is|are|was|were|has|have|had|can|could|may|might|must|will|would|should)"
)


def roles_agree(sentence: str, cited: Cited, *, ordinary: Collection[str] = ()) -> bool:
    """Who does what to whom is the same in both."""
    return not (
        any(_other_way(sentence, text) for text in cited.each)
        or _turned_round(sentence, cited)
        or _bound_otherwise(sentence, cited)
        or any(_exchanged(sentence, text) for text in cited.each)
        or _told_of_another(sentence, cited, ordinary)
    )


def _other_way(sentence: str, text: str) -> bool:
    """Whether "from one to the other" has become "from the other to the one"."""
    for here in _FROM_TO.finditer(sentence):
        source, goal = set(claims.roots(here[1])), set(claims.roots(here[2]))
        for there in _FROM_TO.finditer(text):
            old, new = set(claims.roots(there[1])), set(claims.roots(there[2]))
            if (source & new - old) and (goal & old - new) and not (source & old - new):
                return True
    return False


def _exchanged(sentence: str, text: str) -> bool:
    """Whether two parts of a cited sentence stand in each other's place, the rest being as it was."""
    here, there = _tokens(sentence), _tokens(text)
    if len(set(here) & set(there)) < 0.5 * len(set(here)) or _voice(here) != _voice(there):
        return False
    steps = SequenceMatcher(None, there, here, autojunk=False).get_opcodes()
    kept = sum(d - c for step, _, _, c, d in steps if step == "equal")
    changed = [
        (a, b, _content(there[a:b]), _content(here[c:d]))
        for step, a, b, c, d in steps
        if step == "replace"
    ]
    for (a, b, old, new), (e, f, taken, put) in combinations(changed, 2):
        put_back = kept + sum(token in new | put for token in here)
        if not _listed(there, min(b, f), max(a, e)) and new & taken and put & old:
            return put_back >= KEPT * len(here)
    return False


def _told_of_another(sentence: str, cited: Cited, ordinary: Collection[str]) -> bool:
    """Whether a sentence tells of one date, number or name what is cited of another one."""
    here = _told(sentence, cited.alike, ordinary)
    there: dict[Anchor, set[str]] = {}
    for text in cited.each:
        for anchor, words in _told(text, {}, ordinary):
            there.setdefault(anchor, set()).update(words)
    worse = 0
    for anchor, words in here:
        mine = there.get(anchor)
        others = [there[other] for other in there if _rivals(anchor, other)]
        if mine is None or not others:
            continue
        theirs = max(others, key=lambda o: len(words & o - mine) - len(words & mine - o))
        more, less = len(words & theirs - mine), len(words & mine - theirs)
        if more >= 2 and 3 * less <= more and len(words & theirs) >= len(words) / 2:
            return True
        worse += more > less
    return worse >= 2


def _rivals(one: Anchor, other: Anchor) -> bool:
    """Whether two anchors are different things of one kind."""
    if one[0] != other[0] or one == other:
        return False
    return one[0] != "name" or not set(str(one[1]).split()) & set(str(other[1]).split())


def _told(
    text: str, alike: Mapping[str, str], ordinary: Collection[str]
) -> list[tuple[Anchor, set[str]]]:
    """Dates and numbered things with the stems near each; subjects with those of what they do."""
    found: list[tuple[Anchor, set[str]]] = []
    marks = claims.anchors(text)
    for kind, key, start, end in marks:
        rivals = [(begin, stop) for other, _, begin, stop in marks if other == kind]
        before = text[max((stop for _, stop in rivals if stop <= start), default=0) : start]
        after = text[end : min((begin for begin, _ in rivals if begin >= end), default=len(text))]
        if re.search(r"(?:^|[,;:.]|\band)(?: the| in)?\s*$", before):
            before = ""  # it opens its clause, which goes on behind it
        after = "" if after.startswith(")") else after  # what stands before brackets is meant
        words = [
            *claims.roots(_CONTRAST.split(before)[-1])[-8:],
            *claims.roots(_CONTRAST.split(after)[0])[:8],
        ]
        found.append(((kind, key), set(words)))
    for name, told in roles.subjects(text, ordinary):
        found.append((("name", name), set(told)))
    return [
        (anchor, {alike.get(w, w) for w in words if not w[0].isdigit()}) for anchor, words in found
    ]


def _tokens(text: str) -> list[str]:
    """All words, content words as stems."""
    return [
        next(iter(claims.roots(word)), word.lower())
        for word in re.findall(r"[^\W_]+(?:[&.'’-][^\W_]+)*|[,;]", text)
    ]


def _content(tokens: Sequence[str]) -> set[str]:
    return {token for token in tokens if token not in STOPWORDS and token not in ",;"}


def _voice(tokens: Sequence[str]) -> int:
    """How many times something is said to be done by someone."""
    return sum(token in ("by", "under") for token in tokens)


def _listed(tokens: Sequence[str], start: int, end: int) -> bool:
    """Whether what stands between two places only joins the items of a list."""
    return all(token in (",", ";", "and", "or", "with") for token in tokens[start:end])


def _turned_round(sentence: str, cited: Cited) -> bool:
    """Whether, round a verb of both texts, who does it and to whom have changed places."""
    there = [action for text in cited.each for action in roles.actions(text)]
    said, held = set(cited.said(sentence)), set(claims.roots(cited.text))
    names = _named(f"{sentence} {cited.text}")
    for action in roles.actions(sentence):
        here = _replaced(action, cited.alike)
        same = [other for other in there if other.verb == here.verb]
        if not same:
            continue
        other = max(same, key=lambda o: (len(here.patients & o.patients), _straight(here, o)))
        if _crossed(here, other) > _straight(here, other) and here.agents & other.patients:
            return True
        if any(_swapped(here, o) for o in same) and not any(here.agents & o.agents for o in same):
            return True
        if _other_agent(here, other, said, held, names):
            return True
    return False


def _named(text: str) -> set[str]:
    """Stems that are written with a capital letter or a digit and never without."""
    words = re.findall(r"[^\W_]+(?:[&.'’-][^\W_]+)*", text)
    small = {stem for word in words if word.islower() for stem in claims.roots(word)[:1]}
    return {s for w in words if not w.islower() for s in claims.roots(w)[:1]} - small


def _swapped(here: Action, there: Action) -> bool:
    """Whether each side holds something that stands on the other side only."""
    return bool(
        here.agents & there.patients - there.agents - here.patients
        and here.patients & there.agents - there.patients - here.agents
    )


def _other_agent(
    here: Action, there: Action, said: set[str], held: set[str], names: set[str]
) -> bool:
    """Whether the same is done to the same by another whom both texts know, or by another name."""
    shared = here.patients & there.patients
    return bool(
        len(shared) >= max(1, min(len(here.patients), len(there.patients)) / 2)
        and not here.agents & there.agents
        and here.agents & held
        and (there.agents & said or (here.agents & names and there.agents & names))
    )


def _replaced(action: Action, alike: Mapping[str, str]) -> Action:
    return Action(
        action.verb,
        frozenset(alike.get(stem, stem) for stem in action.agents),
        frozenset(alike.get(stem, stem) for stem in action.patients),
    )


def _straight(here: Action, there: Action) -> int:
    both = here.agents & there.agents, here.patients & there.patients
    return len(both[0] - there.patients) + len(both[1] - there.agents)


def _crossed(here: Action, there: Action) -> int:
    both = here.agents & there.patients, here.patients & there.agents
    return len(both[0] - there.agents) + len(both[1] - there.patients)


def _bound_otherwise(sentence: str, cited: Cited) -> bool:
    """Whether two clauses of a sentence have exchanged what the cited words say of each subject."""
    parts = [_halves(clause, cited.alike) for clause in roles.clauses(sentence)]
    there = [
        (set(claims.roots(" ".join(claims.roots(c)))) | set(claims.roots(c)), _halves(c, {})[0])
        for text in cited.each
        for c in roles.clauses(text)
    ]
    for (subject, rest), (subject2, rest2) in pairwise(parts):
        if not (subject and subject2):
            continue
        for mine, said, theirs in ((subject, rest, subject2), (subject2, rest2, subject)):
            mine, theirs = mine - theirs, theirs - mine
            best = max(there, key=lambda c: len(said & c[0]), default=None)
            if not best or len(said & best[0]) < max(2, len(said) / 2):
                continue
            own = max((len(said & c[0]) for c in there if mine & c[0]), default=0)
            if theirs & best[1] and not mine & best[0] and own < len(said & best[0]):
                return True
    return False


def _halves(clause: str, alike: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Stems of what stands before the verb of a clause, or at its begin, and of the rest."""
    words = clause.split()
    if not words or words[0].lower() in (
        "they",
        "it",
        "he",
        "she",
        "this",
        "these",
        "its",
        "there",
    ):
        return set(), {alike.get(s, s) for s in claims.roots(clause)}
    cut = next((n for n, word in enumerate(words[:9]) if n and _AUXILIARY.fullmatch(word)), 0)
    cut = cut or next(
        (n for n, word in enumerate(words) if n and roles.verb_class(word.lower())), 0
    )
    cut = cut or min(3, len(words))
    before = {alike.get(s, s) for s in claims.roots(" ".join(words[:cut]))}
    after = {alike.get(s, s) for s in claims.roots(" ".join(words[cut:]))}
    return before, after - before
