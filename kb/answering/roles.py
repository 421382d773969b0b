"""Roles: a sentence -> who does what to whom in it, as far as a light reader of English can tell.

No grammar is parsed: verbs that join a doer with what is done to are looked for, and the words on their
two sides are taken, with the passive voice turned. kb/answering/verify.py compares two texts by this.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from kb.answering.claims import IRREGULAR, MONTH_NAME, MONTHS, fold, is_ordinary, roots
from kb.index.lexical import STOPWORDS, stems

# Verbs that are not of the pattern "who does it to whom" are left out; so are words mostly nouns.
_VERB_WORDS = frozenset(
    """
    accept add administer adopt advise agree aim allocate allow announce apply appoint approve
    argue arrange ask assess assign assist assume attach attend attract authorise await award
    back base become begin believe belong benefit brief bring broaden build buy calculate carry
    cause chair change check choose classify co-lead coach colead collaborate collect combine
    come commission commit communicate compare compete complement complete comprise conclude
    condition confirm connect consider consist constitute consult consume contact contain
    continue contract contribute control convene convince cooperate coordinate count cover
    create criticise deal decide declare define deliver demand demonstrate deny depend describe
    deserve design determine develop direct discover discuss distribute divide draft draw drive
    earn educate elect embrace emerge employ empower enable encourage endorse engage enter equip
    establish evaluate evolve examine exceed exchange exclude execute exist expand expect
    explain explore express extend favour fear feed fill finance find finish fit focus follow
    form found fund gain gather get give govern grant grow guarantee guide hand handle happen
    head help hire hold host identify illustrate implement improve include increase inform
    initiate inspire integrate intend introduce invent invest investigate invite involve join
    judge justify keep lack launch lead learn leave lend limit link listen live lobby locate
    lose make manage mandate map match mention merge mobilise moderate monitor motivate move
    name need negotiate nominate notify observe obtain occupy occur offer open operate oppose
    organise outline outnumber oversee own pass pay perform permit pick persuade play precede prepare
    prevent prioritise produce prohibit prolong promote propose prove provide provoke publish
    pursue put raise reach receive recommend reduce refer refuse regard regulate reject relate
    rely remain remind remove repeat replace reply report represent request require resolve
    respond restrict result retain return reveal review run save say search secure see select
    sell send serve set share ship shorten show sign sit solve speak specialise specify spend
    split stand start steer stem stimulate strengthen stress submit succeed suffer suggest suit
    supervise supply support surpass take teach tell test tie train transfer transform translate
    treat trust turn understand unite update upgrade urge use validate verify visit vote want
    warn welcome win witness write
    """.split()
)
_VERBS = frozenset(stem for word in _VERB_WORDS for stem in stems(word)[:1])
_PARTICIPLES = frozenset("given taken chosen written drawn grown seen begun spoken gone".split())
_SAME_VERB = {
    "head": "lead", "chair": "lead", "steer": "lead", "direct": "lead", "develop": "grow",
    "emerg": "grow", "evolv": "grow", "stem": "grow", "live": "continu", "financ": "fund",
    "pay": "fund", "establish": "found", "launch": "start", "begin": "start", "pick": "choos",
    "select": "choos", "hand": "transfer", "move": "transfer", "pass": "transfer", "provid": "give",
    "offer": "give", "grant": "give", "award": "give", "obtain": "receiv", "get": "receiv",
    "request": "ask", "urg": "ask", "invit": "ask", "authoris": "mandat", "endors": "approv",
    "gather": "unit",
}  # fmt: skip
_NOUNISH = frozenset(
    """
    a an the its their his her our your this these those each every no of in for with under from
    on at into through between among as to's own joint common regional european new first second main
    annual international external further other several many some one two three four five less more most
    well newly
    """.split()
)
_BE = frozenset("is are was were be been being has have had get gets got".split())
_SKIP_LEFT = _BE | frozenset(
    """
    will would shall should may might can could must not also then now still already only often
    jointly together later first currently to did does do
    """.split()
)
# What is moved does not move anyone: its goal stands where a patient would.
_MOTION = frozenset({"transfer"})
_PHRASES = (
    (re.compile(r"\b(?:put|puts|place[sd]?) (.{3,60}?) at the disposal of\b", re.I), r"gave \1 to"),
    (re.compile(r"\b(?:(?:is|are|was|were) )?(?:in charge of|responsible for)\b", re.I), "handles"),
    (re.compile(r"\b(?:takes?|took|taken) (?:care|charge) of\b|\blook(?:s|ed)? after\b", re.I), "handles"),
    (re.compile(r"\bit (?:is|was) (?:for|up to) (.{3,50}?) to (?=\w)", re.I), r"\1 "),
    (re.compile(r"\band for (.{3,40}?) to (?=\w)", re.I), r", \1 "),
    (re.compile(r"\b(?:is|are|was|were) (?:at|in) the (?:head|lead|chair) of\b", re.I), "lead"),
    (re.compile(r"\b(?:is|are|was|were) (?:a |the |one of the |both |among the )?(co-)?"
                r"(?:leads?|leaders?) of\b", re.I), r"\1lead"),
)  # fmt: skip
# What is counted tells nothing of who has it.
_MEASURES = frozenset(stems(" ".join(MONTHS))) | frozenset(
    "eur euro million billion percent cent year month day total".split()
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d+)?")
_ARTICLES = frozenset("the a an its their this these".split())
_TAKES_TO = frozenset(
    """
    has have had is are was were want wants wanted need needs needed ought able used going expected
    supposed required obliged plans planned intends intended aims aimed wishes wished hopes hoped
    """.split()
)
_PREPOSITIONS = frozenset(
    "in at since with for on from under behind beside within across between through during after "
    "before".split()
)
_TIES = frozenset("of and or in at with for on from to under by into between".split())
_CUT = frozenset(
    """
    which who whose while whereas when if because since although though where after before but so
    unless until once whom unlike besides instead than whether
    """.split()
)


@dataclass(frozen=True, slots=True)
class Action:
    """A verb with the stems of those who do it and of those to whom it is done."""

    verb: str
    agents: frozenset[str]
    patients: frozenset[str]


def actions(text: str) -> list[Action]:
    """Who does what to whom: the noun phrases round each verb, passive voice turned round."""
    text = re.sub(r"\([^)]*\)", " ", text)
    for form, plain in _PHRASES:
        text = form.sub(plain, text)
    tokens = re.findall(r"[^\W_]+(?:[&.'’-][^\W_]+)*|[,;:.–]", text)
    found: list[Action] = []
    agents: frozenset[str] = frozenset()
    for place in range(len(tokens)):
        verb = _verb(tokens, place)
        if not verb or {"not", "never", "cannot"} & set(
            map(str.lower, tokens[max(0, place - 2) : place])
        ):
            continue
        # "Has to write" has a subject, "it is wise to write" has none.
        infinitive = place > 1 and tokens[place - 1].lower() == "to"
        bare = infinitive and tokens[place - 2].lower() not in _TAKES_TO
        before = frozenset() if bare else _left(tokens, place) or agents
        by = _by(tokens, place) if _passive(tokens, place) else 0
        if by:
            found.append(Action(verb, _right(tokens, by), before))
        elif _passive(tokens, place) and verb not in _MOTION:
            after = _right(tokens, place)
            found.append(Action(verb, frozenset(), before | after))
            found.append(Action(f"{verb} passive", after, before))
        else:
            after = _right(tokens, place) or _object_before(tokens, place)
            found.append(Action(verb, before, after))
        agents = before or agents
    return found + _nominal_leads(text) + _natures(text)


def verb_class(stem: str) -> str:
    """The verb that stands for a stem and its synonyms, ``""`` where it is no verb known here."""
    if stem.startswith("co-") and not stem.startswith("co-l"):
        stem = stem[3:]
    base = next(iter(stems(IRREGULAR.get(stem, stem))), "")
    return _SAME_VERB.get(base, base) if base in _VERBS else ""


def _verb(tokens: list[str], place: int) -> str:
    """The verb that stands at a place, ``""`` where there is none."""
    token = tokens[place].lower()
    verb = verb_class(token)
    if not verb or (place and tokens[place][0].isupper()) or not _is_form_of_verb(token):
        return ""
    previous = tokens[place - 1].lower() if place else ""
    following = tokens[place + 1].lower() if place + 1 < len(tokens) else "."
    if previous in _NOUNISH or previous.endswith("'s"):
        return ""
    if token.endswith("ing") and previous not in _BE:
        return ""
    finite = token.endswith("ed") or token in IRREGULAR
    if not finite and (not place or following in ("of", "in", "from", ";", ".", ":")):
        return verb if place and previous in _SKIP_LEFT - _BE else ""
    return verb


def _is_form_of_verb(token: str) -> bool:
    """Whether a word is a verb as it stands, not a noun of the same stem: builds, not buildings."""
    token = token.removeprefix("co-") if token.removeprefix("co-") in _VERB_WORDS else token
    bases = {token, token.removesuffix("s"), token.removesuffix("es"), f"{token[:-3]}y"}
    return bool(bases & _VERB_WORDS) or token in IRREGULAR or token.endswith(("ed", "ing"))


def _passive(tokens: list[str], place: int) -> bool:
    token = tokens[place].lower()
    if not (token.endswith("ed") or token in IRREGULAR or token in ("run", "set", "put")):
        return False
    near = [t.lower() for t in tokens[max(0, place - 3) : place]]
    if token in _PARTICIPLES and not set(near) & {"has", "have", "had"}:
        return True
    if set(near) & (_BE - {"has", "have", "had"}):
        return True
    return bool(_by(tokens, place)) and token != "set"


def _by(tokens: list[str], place: int) -> int:
    """Place of the "by" that names who did it, 0 where there is none."""
    for n in range(place + 1, min(place + 9, len(tokens) - 1)):
        if tokens[n] in ",;:." or tokens[n].lower() in _CUT or _verb(tokens, n):
            return 0
        if tokens[n].lower() == "by":
            return 0 if tokens[n + 1].lower().endswith("ing") else n
    return 0


def _left(tokens: list[str], place: int) -> frozenset[str]:
    """Stems of the noun phrase before a verb; before a relative pronoun, of what it refers to."""
    n = place - 1
    while n >= 0 and (tokens[n].lower() in _SKIP_LEFT or tokens[n].lower() == "to"):
        n -= 1
    if n >= 0 and tokens[n].lower() in ("and", "or"):
        return frozenset()
    if n > 0 and tokens[n] == ",":
        return _before_comma(tokens, n)
    relative = n >= 0 and tokens[n].lower() in ("which", "that", "who")
    if relative:
        n -= 1
        if n >= 0 and tokens[n] == ",":
            n -= 1
    found: list[str] = []
    while n >= 0 and tokens[n] not in ",;:.–":
        word = tokens[n].lower()
        if word in _CUT or word == "that" or (found and _verb(tokens, n)) or len(found) >= 8:
            break
        if word == "by" or (
            word in _ARTICLES and found and _new_phrase(tokens, n, relative=relative)
        ):
            break
        if word in _PREPOSITIONS and not _fronted(tokens, n):
            found.clear()
        found += roots(word)[:1]
        n -= 1
    return frozenset(stem for stem in found if stem not in _MEASURES and not _YEAR.fullmatch(stem))


def _fronted(tokens: list[str], place: int) -> bool:
    """Whether the clause opens with a preposition, so that what follows may hold its subject too."""
    start = next((n + 1 for n in range(place, -1, -1) if tokens[n] in ",;:."), 0)
    return tokens[start].lower() in _PREPOSITIONS


def _before_comma(tokens: list[str], comma: int) -> frozenset[str]:
    """The subject of a verb after a comma: the words set between commas, and what they explain."""
    start = next((n for n in range(comma - 1, -1, -1) if tokens[n] == ","), -1)
    between = range(start + 1, comma)
    if any(tokens[n].lower() in (*_CUT, "that") or _verb(tokens, n) for n in between):
        return _left(tokens, start) if start > 0 else frozenset()
    before = _left(tokens, start) if start > 0 else frozenset()
    return before | _left(tokens, comma)


def _new_phrase(tokens: list[str], article: int, *, relative: bool) -> bool:
    """Whether an article begins the noun phrase: no preposition or "and" ties it to what is before.

    Args:
        relative: what "is" the thing that a relative clause tells of counts with it.
    """
    before = tokens[article - 1].lower() if article else ""
    return article > 0 and before not in _TIES and not (relative and before in _BE)


def _right(tokens: list[str], place: int) -> frozenset[str]:
    found: list[str] = []
    for n in range(place + 1, len(tokens)):
        word = tokens[n].lower()
        if word == "," and found and n + 1 < len(tokens) and tokens[n + 1][0].isupper():
            continue  # a list of names goes on
        if word in ",;:.–" or word in _CUT or word == "that" or len(found) >= 8:
            break
        if (found and _verb(tokens, n)) or word == "by":
            break
        found += roots(word)[:1]
    return frozenset(stem for stem in found if stem not in _MEASURES and not _YEAR.fullmatch(stem))


def _object_before(tokens: list[str], place: int) -> frozenset[str]:
    """What ``plan`` is in "a plan that the office wrote": the words before the pronoun."""
    for n in range(place - 1, max(0, place - 8), -1):
        if tokens[n] in ";:.":
            break
        if tokens[n].lower() in ("that", "which", "whom"):
            return _left(tokens, n - 1 if tokens[n - 1] == "," else n)
    return frozenset()


_LEADERSHIP = re.compile(
    r"\bunder (?:the )?(?:lead|leadership|coordination|direction|chair) of (?P<who>[^,;.]+)"
    r"|\bunder (?P<name>[A-ZÀ-ŽÖ][\w&-]*(?: (?:and )?[A-ZÀ-ŽÖ][\w&-]*)*)",
)


def _nominal_leads(text: str) -> list[Action]:
    """Lapland leads what is said to be under the lead of Lapland."""
    return [
        Action(
            "lead",
            frozenset(roots(m["who"] or m["name"])[:6]),
            frozenset(roots(text[: m.start()])[-8:]),
        )
        for m in _LEADERSHIP.finditer(text)
    ]


_NATURE = re.compile(
    r"(?:^|[;.] )(?P<who>[^,;.]{2,60}?)(?:, | (?:is|are|was|were) )"
    r"(?P<what>(?:the|an?) [\w -]{3,40}? (?:of|behind|under|for|within|beside|in) [^,;.]+)"
)


def _natures(text: str) -> list[Action]:
    """What someone is to someone else: "X is the pilot behind Y", "X, the pilot behind Y,"."""
    return [
        Action("be", frozenset(roots(m["who"])[-6:]), frozenset(roots(m["what"])[:8]))
        for m in _NATURE.finditer(text)
    ]


_NEW_SUBJECT = re.compile(
    r";|,?\s\b(?:whereas|while|unlike|when)\b|,\sbut\b"
    r"|,?\sand\s(?=[A-ZÀ-ŽÖ][\w&-]+(?: [A-Z][\w&-]+)* (?:is|are|was|were|has|\w+s|\w+ed)\s)"
)


def clauses(text: str) -> list[str]:
    """The parts of a sentence that are set against each other: cut at contrasts and semicolons."""
    parts = _NEW_SUBJECT.split(re.sub(r"\([^)]*\)", " ", text))
    return [part.strip(" ,.") for part in parts if stems(part)]


_SUBJECT = re.compile(
    r"(?:(?:and|that|but|as|it was|it is|[Tt]he|[Aa]n?|[Ii]n [^,]{3,40},) )*"
    r"(?P<name>[A-ZÀ-ŽÖ][\w&-]*(?P<more>(?: (?:& |of the |of )?[A-Z0-9À-ŽÖ][\w&-]*)*))"
)


def subjects(text: str, ordinary: Collection[str] = ()) -> list[tuple[str, list[str]]]:
    """The name that a clause begins with, folded, and the stems of what the clause says of it."""
    found = []
    for clause in clauses(text):
        match = _SUBJECT.match(clause)
        if not match or re.search(r"(?:ed|led|run|held) by\b", clause):
            continue
        name = re.split(rf" of (?:the )?(?:{MONTH_NAME})| (?=(?:19|20)\d\d)", match["name"])[0]
        if set(fold(name).split()) & {*MONTHS, *(STOPWORDS - {"of", "the"})}:
            continue
        told = [stem for stem in roots(clause[match.end() :]) if stem not in fold(name)]
        plain = name[1:].islower() and " " not in name
        if len(name) > 1 and not (plain and (not ordinary or is_ordinary(fold(name), ordinary))):
            found.append((fold(name), told))
    return found
