"""Verify: a sentence and the words it cites -> what the words do not say; empty where they say it.

No model judges: each check is a plain function over texts. A check that cannot tell lets pass;
kb/answering/ground.py asks besides whether the meaning of the sentence stands in the cited words at
all. How many changed sentences are caught, and how many faithful ones are lost, is measured on
written pairs (``python -m kb.evaluation.sentences``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from kb.answering import claims, roles
from kb.answering.cited import REPLY, Cited
from kb.answering.claims import fold
from kb.answering.parties import roles_agree
from kb.index.lexical import STOPWORDS, stems

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
# Every word that opens a clause with a capital may be its name here: too many do no harm.
_ANY_NAME = frozenset({"a"})
_SPLIT = re.compile(r"[,;:]|\bor\b")
_EXCLUSIVE = re.compile(
    r"\b(only|solely|exclusively|alone|sole|just|limited|no other|restricted|single|but not|not)\b",
    re.I,
)


def disagreements(sentence: str, cited: Cited, *, ordinary: Collection[str] = ()) -> list[str]:
    """Compare a sentence with the words it cites.

    Args:
        ordinary: words that occur in lower case in the corpus, folded.

    Returns:
        The kinds of claim that the cited words do not bear out: any of figure, date, name,
        negation, modality, quantity, roles; empty where all agree.
    """
    sentence = REPLY.sub("", sentence)
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


def _negations_agree(sentence: str, cited: Cited) -> bool:
    """What one text denies the other must not affirm."""
    own = [
        (*scope, *(cited.alike[s] for s in scope if s in cited.alike))
        for scope in claims.negations(sentence)
    ]
    words = " ".join(cited.each)
    other = claims.negations(words)
    soft_here, soft_there = claims.denials(sentence), claims.denials(words)
    said, held = set(cited.said(sentence)), set(claims.roots(cited.text))
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
    said = set(cited.said(sentence))
    held = [len(said & set(claims.roots(text))) for text in cited.each]
    return [text for text, n in zip(cited.each, held, strict=True) if n >= 0.6 * max(held)]


def _as_sure(sentence: str, cited: Cited) -> bool:
    """What the cited sentences leave open must stay open."""
    if claims.hedged(sentence):
        return True
    said = set(cited.said(sentence))
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


def lexical_share(sentence: str, cited: Cited) -> float:
    """Share, 0..1, of a sentence's different content stems that stand in the cited words."""
    wanted = set(stems(sentence))
    held = set(stems(f"{cited.text} {cited.context}"))
    return len(wanted & held) / len(wanted) if wanted else 1.0
