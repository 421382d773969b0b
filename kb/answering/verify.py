"""Verify: a sentence and the words it cites -> what the words do not say; empty where they say it.

No model judges: each check is a plain function over texts. A check that cannot tell lets pass;
kb/answering/ground.py asks besides whether the meaning of the sentence stands in the cited words at
all. How many changed sentences are caught, and how many faithful ones are lost, is measured on
written pairs (``python -m kb.evaluation.sentences``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from kb.answering import claims, roles
from kb.answering.claims import fold
from kb.answering.roles import Action
from kb.index.lexical import STOPWORDS, stems

# Share of a sentence's words, in order, from which on it counts as the cited one with changes.
KEPT = 0.8
# Words with a capital that every text of this subject may use.
_COMMON_NAMES = frozenset(
    """
    commission european eu europe union partnership partnerships region regions regional thematic
    smart specialisation strategy strategies programme instrument initiative platform member states
    state committee call calls network pilot action facility manual guidance i
    """.split()
)
_COUNTRIES = """
    at austria austrian|be belgium belgian|bg bulgaria bulgarian|hr croatia croatian|cy cyprus
    cypriot|cz czechia czech|dk denmark danish|ee estonia estonian|fi finland finnish|fr france
    french|de germany german|el greece greek|hu hungary hungarian|ie ireland irish|it italy italian|
    lv latvia latvian|lt lithuania lithuanian|lu luxembourg|mt malta maltese|nl netherlands dutch|pl
    poland polish|pt portugal portuguese|ro romania romanian|sk slovakia slovak|si slovenia
    slovenian|es spain spanish|se sweden swedish|no norway norwegian|uk british
"""
_SAME = {
    name: group.split()[0]
    for group in " ".join(_COUNTRIES.split()).split("|")
    for name in group.split()
}
CONTRARY = tuple(
    (pair.split()[0], pair.split()[1])
    for pair in """
    open close; increase decrease; increase reduce; raise lower; higher lower; more fewer; more
    less; before after; start end; begin end; begin finish; join leave; large small; larger
    smaller; first last; public private; strong weak; early late; formal informal; minimum
    maximum; include exclude; accept reject; oldest newest; internal external; voluntary
    compulsory; voluntary mandatory; optional compulsory; optional mandatory; require optional;
    grow shrink; success failure; successful unsuccessful; advantage disadvantage; centralised
    decentralised; easy difficult; easy hard; high low; same different; same another; simple
    complex; considerable low; strong low; great low; much little; many few; rise fall; rose
    fell; gain lose; wide narrow; short long; old new; older newer; local global; separate
    joint; above below; best worst; better worse; cheap expensive; rich poor; fast slow; agree
    disagree; even uneven; evenly unevenly; continue discontinue; continue cease; continue stop;
    central peripheral; temporary permanent; direct indirect; often rarely; often seldom; always
    never; support oppose; welcome oppose; allow forbid; allow prohibit; permit prohibit;
    present absent; sufficient insufficient; clear unclear; likely unlikely; possible
    impossible; known unknown; certain uncertain; equal unequal; eligible ineligible; available
    unavailable; complete incomplete; independent dependent; dated undated; strengthen weaken;
    widen narrow; expand shrink; encourage discourage; attract deter; keep abandon; top-down
    bottom-up; less more; upper lower; north south; east west; rural urban; junior senior;
    domestic foreign
    """.split(";")
)
_LABEL = re.compile(
    r"(?:\b[A-Z]{2,}|[Ss]trands?(?: \d\w? and)?|[Pp]hases?|[Aa]rticle|[Ll]evel|[Ss]tep) $"
)
_LATER = re.compile(
    r"\bonly (?:later|after|since|from)\b|\bnot (?:yet|until)\b|\blater than\b", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\b(?:\w{2,}er|more|less) (?:\w+ ){0,3}?than (?!EUR|€|\d|a\b|one\b|half\b|"
    r"(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\b)"
)
_COMPARES = re.compile(
    r"\b(than|compar\w+|more|less|better|higher|lower|larger|smaller|stronger|weaker|whereas|while|unlike|"
    r"\w{3,}est|instead)\b"
)
_FROM_TO = re.compile(
    r"\bfrom (?:the |an? )?([^,;.]{2,50}?) (?:in)?to (?:the |an? )?([^,;.]{2,50})"
)
# Every word that opens a clause with a capital may be its name here: too many do no harm.
_ANY_NAME = frozenset({"a"})
_SPLIT = re.compile(r"[,;:]|\bor\b")
_CONTRAST = re.compile(r"[;.]\s|\b(?:whereas|while|but)\b")
_EXCLUSIVE = re.compile(
    r"\b(only|solely|exclusively|alone|sole|just|limited|no other|restricted|single|but not|not)\b",
    re.I,
)


_REPLY = re.compile(r"^(?:Yes|No|Not \w+|Partly)[,:] ")
Anchor = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Cited:
    """The words a sentence cites.

    Attributes:
        text: the quoted sentences.
        context: title and headings above them, which name their subject.
        advice: all quoted words are marked recommendations.
        sentences: the quoted sentences, the nearest first; () stands for the text as one.
        advised: for each of them, whether it is a marked recommendation.
        alike: stems of the sentence -> the cited stem that means the same.
    """

    text: str
    context: str = ""
    advice: bool = False
    sentences: tuple[str, ...] = ()
    advised: tuple[bool, ...] = ()
    alike: Mapping[str, str] = field(default_factory=dict)

    @property
    def each(self) -> tuple[str, ...]:
        """The quoted sentences, the nearest first, without the "Yes" or "No" that opens an answer."""
        return tuple(_REPLY.sub("", text) for text in self.sentences or (self.text,))


def disagreements(sentence: str, cited: Cited, *, ordinary: Collection[str] = ()) -> list[str]:
    """Compare a sentence with the words it cites.

    Args:
        ordinary: words that occur in lower case in the corpus, folded.

    Returns:
        The kinds of claim that the cited words do not bear out: any of figure, date, name,
        negation, modality, quantity, roles; empty where all agree.
    """
    sentence = _REPLY.sub("", sentence)
    checks = {
        "figure": _figures_agree(sentence, cited),
        "date": _dates_agree(sentence, cited),
        "name": not foreign_names(sentence, cited, ordinary) and _countries_agree(sentence, cited),
        "negation": _negations_agree(sentence, cited),
        "modality": _modality_agrees(sentence, cited),
        "quantity": _quantities_agree(sentence, cited),
        "roles": roles_agree(sentence, cited, ordinary=ordinary),
    }
    return [name for name, agrees in checks.items() if not agrees]


def _figures_agree(sentence: str, cited: Cited) -> bool:
    # The numbers of a list are no figures: they stand between its sentences.
    text = " ".join(cited.each)
    known = claims.figures(text) | claims.figures(cited.context)
    values = {figure.value for figure in known} | {float(y) for y in claims.years(cited.text)}
    for figure in claims.figures(sentence):
        if figure.value not in values and not _counts_items(figure.value, cited):
            return False
        units = {other.unit for other in known if other.value == figure.value}
        if figure.unit and units and figure.unit not in units and "" not in units:
            return False
    if claims.years(sentence) - claims.years(cited.text) - claims.years(cited.context):
        return False
    if _counts_other_things(sentence, text):
        return False
    told = set(range(1, 1 + claims.steps(text)))
    return claims.ordinals(sentence) - told <= claims.ordinals(cited.text) | {
        int(value) for value in values if value == int(value)
    }


def _counts_items(value: float, cited: Cited) -> bool:
    """Whether a small number counts the items of one cited enumeration, or the cited sentences."""
    if not 2 <= value <= 9:
        return False
    counts = {len(cited.each)}
    for sentence in cited.each:
        for part in re.split(r"[;:()]", sentence):
            items = [
                p for p in re.split(r",\s+(?:and\s+|or\s+)?|\s+(?:and|or)\s+", part) if p.strip()
            ]
            counts |= {len(items), len(items) - 1}
    return int(value) in counts


def _counts_other_things(sentence: str, text: str) -> bool:
    """Whether a number stands with what the cited words count by another number."""
    here, there = _counted(sentence), _counted(text)
    for value, things in here:
        same = set().union(*(t for v, t in there if v == value))
        others = [t for v, t in there if v != value]
        if same and not things & same and any(len(things & other) >= 1 for other in others):
            return True
    return False


def _counted(text: str) -> list[tuple[float, set[str]]]:
    """Numbers with the first content stems after each."""
    found = []
    places = claims.placed_figures(text)
    for figure, start, end in places:
        if _LABEL.search(text[:start]) or (1900 <= figure.value <= 2099 and not figure.unit):
            continue
        after = re.split(
            r"[,;:().]", text[end : min((s for _, s, _ in places if s >= end), default=None)]
        )[0]
        found.append((figure.value, {s for s in stems(after)[:3] if not s[0].isdigit()}))
    return found


def _dates_agree(sentence: str, cited: Cited) -> bool:
    known = claims.dates(cited.text) | claims.dates(cited.context)
    if not all(any(date.agrees(other) for other in known) for date in claims.dates(sentence)):
        return False
    if _year_of_another(sentence, cited):
        return False
    here, there = _edges(sentence), _edges(cited.text)
    return not any(
        date.agrees(other) and {edge, edge2} == {"open", "close"}
        and not any(date.agrees(o) and e in ("", edge) for o, e in there)
        for date, edge in here for other, edge2 in there
    )  # fmt: skip


def _year_of_another(sentence: str, cited: Cited) -> bool:
    """Whether a year is told of the subject that is only cited of others, the subject having its own."""
    subjects = roles.subjects(sentence, _ANY_NAME)
    if len(subjects) != 1:
        return False
    name = subjects[0][0]
    of_it = [claims.years(text) for text in cited.each if name in fold(text)]
    own = set().union(*of_it)
    of_others = {
        year
        for text in cited.each
        for other, _ in roles.subjects(text, _ANY_NAME)
        if not set(other.split()) & set(name.split())
        for year in claims.years(text)
    }
    return bool(own) and bool((claims.years(sentence) - own) & of_others)


def _edges(text: str) -> list[tuple[claims.Date, str]]:
    """Dates with what they are: the day something opens, the day it closes, or neither."""
    found = []
    for date, place in claims.placed_dates(text):
        before = re.split(r"[,;.]|\band\b", text[:place])[-1]
        opens = re.search(r"\b(open\w*|start\w*|beg[aiu]n\w*|from|since|launch\w*)\b", before, re.I)
        closes = re.search(r"\b(clos\w*|end\w*|until|till|deadline|due|by|to)\b", before, re.I)
        found.append(
            (date, "open" if opens and not closes else "close" if closes and not opens else "")
        )
    return found


def foreign_names(sentence: str, cited: Cited, ordinary: Collection[str]) -> list[str]:
    """Names in a sentence that stand neither in the cited words nor above them."""
    plain = fold(f"{cited.text} {cited.context}")
    held = set(re.findall(r"[\w&]+(?:[.'-][\w&]+)*", plain))
    held |= {part for word in held for part in re.split(r"[.'-]", word)}
    held |= {_SAME[word] for word in held if word in _SAME}
    written = f"{cited.text} {cited.context}".split()
    initials = "".join(word[0] for word in plain.split() if word[0].isalnum())
    initials += " " + "".join(fold(word)[:1] for word in written if word[0].isupper())
    held_stems = set(stems(plain))
    found = []
    for name in claims.names(sentence, ordinary):
        word = fold(name).removesuffix("'s")
        if _in_new_name(name, sentence, cited):
            found.append(name)
            continue
        if word in _COMMON_NAMES or word in held or _SAME.get(word, "") in held:
            continue
        if all(part in held or part in _COMMON_NAMES for part in word.split("-")):
            continue
        if (
            name.rstrip("s").isupper()
            and 2 <= len(name) <= 6
            and word.removesuffix("s") in initials
        ):
            continue
        if stems(word) and set(stems(word)) <= held_stems:
            continue
        found.append(name)
    return found


def _in_new_name(name: str, sentence: str, cited: Cited) -> bool:
    """Whether a word belongs to a name of several words, and is no part of a name in what is cited."""
    if fold(name) in _COMMON_NAMES or not name[1:].islower():
        return False
    name = name.removesuffix("'s").removesuffix("’s")
    run = re.search(
        rf"(?:(?<=[\w,)] )|(?<=\())((?:[A-Z][\w-]+ )*{re.escape(name)}(?: [A-Z][\w-]+)*)", sentence
    )
    everything = f"{cited.text} {cited.context}"
    if not run or " " not in run[1]:
        return False
    pairs = [fold(" ".join(pair)) for pair in pairwise(run[1].split())]
    if not any(pair in fold(everything) for pair in pairs):
        return True
    return fold(name) in fold(everything) and not re.search(rf"\b{re.escape(name)}", everything)


def _countries_agree(sentence: str, cited: Cited) -> bool:
    """Whether no name is put in another country than the cited words put it in."""
    tokens = [fold(t) for t in re.findall(r"[\w&'’-]+", sentence)]
    for place, token in enumerate(tokens):
        country = _SAME.get(token, "")
        if not country or len(token) < 4:
            continue
        beside = (
            {t for t in tokens[max(0, place - 3) : place] if len(t) > 3} - _COMMON_NAMES - STOPWORDS
        )
        for text in cited.each:
            words = [fold(t) for t in re.findall(r"[\w&'’-]+", text)]
            near = {
                _SAME[w]
                for n, w in enumerate(words)
                if len(w) >= 4 and w in _SAME and beside & set(words[max(0, n - 4) : n])
            }
            if near and country not in near:
                return False
    return True


def _said(sentence: str, cited: Cited) -> list[str]:
    """Stems of a sentence in order, those that only mean the same as a cited one replaced by it."""
    return [cited.alike.get(stem, stem) for stem in claims.roots(sentence)]


def _negations_agree(sentence: str, cited: Cited) -> bool:
    """What one text denies the other must not affirm."""
    own = [
        (*scope, *(cited.alike[s] for s in scope if s in cited.alike))
        for scope in claims.negations(sentence)
    ]
    words = " ".join(cited.each)
    other = claims.negations(words)
    soft_here, soft_there = claims.denials(sentence), claims.denials(words)
    said, held = set(_said(sentence, cited)), set(claims.roots(cited.text))
    said |= {"same"} & set(sentence.lower().split())
    if own and not other and not soft_there and not _says_again(own, cited.text):
        return False
    if claims.refuses(sentence) and not own and not other and not soft_there:
        return False
    soft = [clause for text in cited.each for clause in _SPLIT.split(text)]
    if _unanswered([s for s in own if not _softly(s, soft, soft_here)], other, held):
        return False
    near = claims.negations(cited.each[0], alternatives=False)
    if not (soft_here - soft_there) and _unanswered(near, own, said):
        return False
    return not _contrary(sentence, cited.each[0], said)


def _softly(scope: Sequence[str], parts: Sequence[str], without: set[str]) -> bool:
    """Whether the parts that speak of a scope deny it by a word with "not" inside itself."""
    near = [part for part in parts if set(scope) & set(claims.roots(part))]
    return bool(set().union(*(claims.denials(part) for part in near or parts)) - without)


def _unanswered(
    denied: Sequence[tuple[str, ...]], other: Sequence[tuple[str, ...]], affirmed: set[str]
) -> bool:
    """Whether something denied in one text is not denied in the other, and stands there."""
    return any(
        scope
        and not any(set(scope) & set(answer) for answer in other)
        and len(set(scope) & affirmed) >= max(1, len(scope) / 2)
        for scope in denied
    )


def _says_again(denied: Sequence[tuple[str, ...]], text: str) -> bool:
    """Not the first: there was an earlier one."""
    return any(set(scope) <= {"first"} for scope in denied) and bool(
        re.search(r"\b(earlier|already|before|previous|again)\b", text)
    )


def _contrary(sentence: str, text: str, said: set[str]) -> bool:
    """Whether one text has a word and the other its opposite in the same place."""
    if re.search(r"\balready\b", sentence) and _LATER.search(text) and "already" not in text:
        return True
    plain = claims.plain_denial(sentence)
    here, there = set(claims.roots(plain)), set(claims.roots(text))
    shared = said & there
    here |= set(re.findall(r"[a-z]+", plain.lower()))
    there |= set(re.findall(r"[a-z]+", text.lower()))
    if len(shared) < 0.6 * len(said) or claims.negated(sentence) or claims.negated(text):
        return False
    return any(
        _has(here, a) and _has(there, b) and not _has(there, a) and not _has(here, b)
        for one, opposite in CONTRARY
        for a, b in ((one, opposite), (opposite, one))
    )


def _has(words: set[str], word: str) -> bool:
    return word in words or any(stem in words for stem in claims.roots(word)[:1])


def _modality_agrees(sentence: str, cited: Cited) -> bool:
    """Must, should and may are not one another; what was planned has not happened."""
    nearest, text = cited.each[0], cited.text
    advised = cited.advice or any(cited.advised)
    if claims.frees(sentence):
        return claims.permits(nearest) or claims.frees(text) or claims.waives(text)
    if claims.obliges(sentence, strictly=True):
        nearest = " ".join(_speaking(sentence, cited))
        may = claims.permits(nearest, strictly=True) or claims.advises(nearest, strictly=True)
        return claims.obliges(text) and not (
            (may or cited.advised[:1] == (True,)) and not claims.obliges(nearest, strictly=True)
        )
    if claims.permits(sentence, strictly=True) and claims.obliges(nearest, strictly=True):
        return claims.permits(nearest)
    if claims.advises(sentence, strictly=True):
        if claims.obliges(nearest, strictly=True) and not advised:
            return claims.advises(nearest)
        return advised or claims.advises(text) or claims.obliges(text)
    return _as_sure(sentence, cited)


def _speaking(sentence: str, cited: Cited) -> list[str]:
    """The cited sentences that hold nearly as many of a sentence's words as the best of them."""
    said = set(_said(sentence, cited))
    held = [len(said & set(claims.roots(text))) for text in cited.each]
    return [text for text, n in zip(cited.each, held, strict=True) if n >= 0.6 * max(held)]


def _as_sure(sentence: str, cited: Cited) -> bool:
    """What the cited sentences leave open must stay open."""
    if claims.hedged(sentence):
        return True
    said = set(_said(sentence, cited))
    return not any(
        len(around & said) >= min(len(around), max(2, len(around) / 2))
        for text in cited.each
        if len(set(claims.roots(text)) & said) >= 0.4 * len(said)
        for around in claims.planned(text)
    )


def _quantities_agree(sentence: str, cited: Cited) -> bool:
    """All is not some; at least is not at most."""
    nearest = cited.each[0]
    if (
        claims.universal(sentence)
        and not claims.universal(cited.text)
        and not claims.partial(sentence)
        and claims.partial(nearest)
    ):
        return False
    if re.search(r"\b(only|solely|exclusively)\b", sentence, re.I) and not _EXCLUSIVE.search(
        cited.text
    ):
        return False
    compared = _COMPARED.search(sentence)
    if (
        compared
        and not re.match(r"(?:rath|oth)er", compared[0])
        and not _COMPARES.search(cited.text)
    ):
        return False
    own, other = claims.bounds(sentence), claims.bounds(cited.text)
    low, high = {"floor", "above"}, {"ceiling", "below"}
    return not (
        (own & low and not own & high and other & high and not other & low)
        or (own & high and not own & low and other & low and not other & high)
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
    said, held = set(_said(sentence, cited)), set(claims.roots(cited.text))
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


_AUXILIARY = re.compile(
    r"(?:is|are|was|were|has|have|had|can|could|may|might|must|will|would|should)"
)


def lexical_share(sentence: str, cited: Cited) -> float:
    """Share, 0..1, of a sentence's different content stems that stand in the cited words."""
    wanted = set(stems(sentence))
    held = set(stems(f"{cited.text} {cited.context}"))
    return len(wanted & held) / len(wanted) if wanted else 1.0
