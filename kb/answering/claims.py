"""Claims: a sentence -> what in it can be checked: figures, dates, names, negation, modality, roles.

Plain functions over text; kb/answering/verify.py compares what two texts claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from kb.index.lexical import STOPWORDS, stems

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_SMALL = {
    name: value
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
     "ninety": 90, "hundred": 100, "thousand": 1000, "dozen": 12, "half": 0.5, "twice": 2,
     "both": 2, "couple": 2, "double": 2, "pair": 2}  # fmt: skip
_ORDINAL = {
    name: value
    for value, name in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=1,
    )
}
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "m": 1e6, "bn": 1e9, "k": 1e3}
_NUMBER = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[,\u00a0 ]\d{3})+(?!\d)|\d+(?:\.\d+)?)(st|nd|rd|th)?"
    r"(?:[\s-]?(thousand|million|billion|m|bn|k)\b)?(?![\w])",
    re.IGNORECASE,
)
# "31 to 28.2 million": the scale is said once.
_SHARED_SCALE = re.compile(
    r"(?<![\w.,])(\d+(?:\.\d+)?)"
    r"(?=\s*(?:-|–|to|and|or)\s*(?:EUR |€)?\d+(?:\.\d+)?[\s-](thousand|million|billion)\b)",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"\b(?:(one|a|two|three)[\s-](third|quarter|fifth|half)s?|half)\b", re.IGNORECASE
)
_HALF_A_DOZEN = re.compile(r"\bhalf a dozen\b", re.IGNORECASE)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5}
_UNITS = (
    ("percent", re.compile(r"^\s*(?:%|per ?cent\b|percentage)", re.I)),
    ("euro", re.compile(r"^[\s-]*(?:euros?\b|eur\b|€)", re.I)),
    ("year", re.compile(r"^[\s-]*years?\b", re.I)),
    ("month", re.compile(r"^[\s-]*months?\b", re.I)),
    ("week", re.compile(r"^[\s-]*weeks?\b", re.I)),
    ("day", re.compile(r"^[\s-]*(?:expert |working )?days?\b", re.I)),
    ("hour", re.compile(r"^[\s-]*hours?\b", re.I)),
)
_EURO_BEFORE = re.compile(r"(?:EUR|€|euros?)\s*$", re.IGNORECASE)
MONTH_NAME = "|".join(name.capitalize() for name in MONTHS)
_DATE = re.compile(
    rf"(?:(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*(?:-|–|to|and)\s*(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?)?"
    rf"|the (?P<edge>first|last) day)\s+(?:of\s+)?)?"
    rf"\b(?P<month>{MONTH_NAME})\b(?:\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d))?"
    rf"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d))?"
)
_NEGATORS = frozenset(
    """
    not no never none nobody nothing neither nor without cannot unable hardly scarcely seldom rarely
    instead rather except nowhere few little
    """.split()
)
_SAMENESS = frozenset("same all only alone".split())
_SCOPE_ENDS = frozenset(
    ", ; . : and but or because which while whereas when if although can could may might must will would "
    "is are was were has have had".split()
)
# They set one thing beside another and deny neither.
_ALTERNATIVE = re.compile(r"\b(?:instead of|rather than|besides)\b", re.IGNORECASE)
# Phrases with a negating word that deny nothing.
_NOT_DENYING = re.compile(
    r"\bnot only\b|\bno (?:less|fewer|later|earlier|more) than\b|\bnot (?:less|fewer|more|later) than\b"
    r"|\bwhether or not\b|\bor not\b|\bno doubt\b|\bnot until\b|\brather (?:small|large|low|high)\w*"
    r"|\bno\b[^.;,]{0,40}\bmore than\b|\ba (?:few|little)\b"
    # Two denials affirm: "no lack of", "never stops", "not impossible".
    r"|\b(?:no|not|never|without|hardly|doesn't|cannot|nothing)\s+(?:\w+\s)?"
    r"(?:lack\w*|shortage|stop\w*|end(?:s|ing)?|ceas\w+|fail\w*|forget\w*|exception\w*|impossible|unlikely|"
    r"unusual|uncommon|without|prevent\w*|prohibit\w*|forbid\w*|exclud\w+|rul\w+ out|limited|restricted)\b",
    re.IGNORECASE,
)
# Words that say "not" inside themselves: they answer a negation in the other text.
_DENYING = re.compile(
    r"\b(lack\w*|fail\w*|refus\w*|exclu\w*|reject\w*|missing|absen\w*|ineligible|closed|ended(?! up)|ceas\w*|"
    r"stop\w*|prevent\w*|forbid\w*|forbad\w*|prohibit\w*|impossible|independen\w*|only|just|merely|"
    r"outside|beyond|other than|avoid\w*|far from|alone|in(?:eligible|sufficient|formal|adequate)|"
    r"un(?:less|able|aware|certain|clear|connected|dated|employ|equal|even|fair|finish|focus|known|likely|"
    r"mapped|met|necessary|paid|popular|related|resolved|signed|spent|successful|used|willing|aligned)\w*|"
    r"no longer|scarce\w*|short of|free of|waive\w*|still to|yet to|unlike|separate\w*|"
    r"differ\w*|disagree\w*|oppos\w*|object\w*|limited|restrict\w*|elsewhere|weak\w*|"
    r"neglect\w*|low|difficult\w*|struggl\w*|too \w+ to|dis(?:agree|continu|miss|regard)\w*|contrary|"
    r"whereas|non-\w+|under-?(?:us|fund|staff|represent|develop)\w*)\b",
    re.IGNORECASE,
)
_REFUSING = re.compile(
    r"\b(avoid(?:s|ed|ing)?|refus(?:e[sd]?|ing|al)|fail(?:s|ed|ing|ure)?|reject(?:s|ed|ing|ion)?|ceas(?:e[sd]?|ing)|"
    r"discontinu(?:e[sd]?|ing|ation)|exclud(?:e[sd]?|ing)|abandon(?:s|ed|ing)?|abolish\w*|cancel\w*|"
    r"suspend(?:s|ed)?|withdr[ae]w\w*|oppos(?:e[sd]?|ing)|prohibit\w*|forb[ia]d\w*|bann(?:ed|ing)|bans|ignor(?:e[sd]?|ing)|"
    r"neglect(?:s|ed|ing)|closed to|lack(?:s|ed|ing)?|impossible|ineligible|unable|"
    r"unwilling|inactive|defunct|dissolved)\b",
    re.IGNORECASE,
)
_OBLIGATION = re.compile(
    r"\b(must|shall|ha(?:s|ve|d) to|having to|requir\w+|needs? to|need(?:s|ed)?|mandatory|compulsory|"
    r"oblig\w+|necessary|conditions? (?:of|for|that|is|are)|meet \w+ criteri\w+|prerequisite|essential|"
    r"minimum|at least|only|dut(?:y|ies)|asks? for|asked for|calls? for|called for|bound to|rules?|takes?|"
    r"cannot|no\b.* without)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?<!not )(?<!n't )\b(must|shall|ha(?:s|ve|d) to(?! (?:do with|offer|give))|having to|mandatory|"
    r"compulsory|oblig(?:ed|atory|ations?|es?)|(?:is|are|was|were|be|been) required|requires?|"
    r"needs? to|needed to|necessary|indispensable|dut(?:y|ies) of|a duty|prerequisite|without fail)\b",
    re.IGNORECASE,
)
_POSSIBILITY = re.compile(
    r"\b(may|might|can|could|possib\w+|allow\w*|able|eligible|permit\w*|option\w*|perhaps|"
    r"open(?:ed)? to|free to|entitled|welcome|enough|suffic\w+|let|lets|enabl\w+|voluntar\w+)\b",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"\b(free to|(?:is|are) (?:\w+ )?up to the|up to (?:them|it|him|her|you|each)|discretion|optional\w*|"
    r"voluntar\w+|preference|if (?:they|it|you) (?:wish|like|want|prefer)\w*|no obligation|need(?:s|ed)? not|"
    r"as (?:they|it) (?:like|wish|please)s?|"
    r"(?:not|n't) (?:have to|need(?:ed)?|required|obliged|bound|compulsory|mandatory|necessary|expected))\b",
    re.IGNORECASE,
)
_NO_DUTY = re.compile(
    r"\bneed(?:s|ed)? not\b"
    r"|\b(?:not|no|never|n't|nor|without|cease[sd]? to)\s+(?:\w+\s){0,2}?(?:requir\w+|need\w*|oblig\w+|"
    r"have to|having to|necessary|compulsory|mandatory|must|bound)\b",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(may|might|can|could|optional\w*|possibly|perhaps|free to|voluntar\w+|"
    r"up to (?:them|it|him|her|you|the \w+)|discretion|if (?:they|it|you) (?:wish|like|want)\w*|"
    r"not (?:have|need|required|obliged|compulsory|mandatory)|preference|no obligation)\b(?! not)",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(should|ought|recommend\w*|advis\w+|advice|counsel\w*|suggest\w*|best|better|worth|useful|helps?|"
    r"good idea|remed\w+|priority|wise|sensible|makes sense|urged|encourag\w+|place to|answer|calls? for|"
    r"to be \w+ed)\b",
    re.IGNORECASE,
)
_SHOULD = re.compile(
    r"\b(should|ought to|recommended|advis(?:ed|able)|encouraged|urged to)\b", re.IGNORECASE
)
# What has not happened, or is not sure to have.
_PLANNED = re.compile(
    r"\b(planned|planning|plans? to|expect(?:s|ed)?|intend(?:s|ed)?|foresees?|foreseen|propos(?:es?|ed)|"
    r"probabl[ey]|likely|aim(?:s|ed)?|would|may|might|could|(?<!it )(?<!aim )(?<!purpose )"
    r"(?:was|were|is|are) to(?= \w)|(?:meant|designed) to|hop(?:es?|ed)|seeks?|sought|wants?|wanted|"
    r"possib(?:le|ly)|perhaps|candidate|under (?:negotiation|development|construction|preparation)|"
    r"should|envisaged|announced for|scheduled|supposed|potential(?:ly)?|prospective|"
    r"target(?:s|ed)?|ask(?:s|ed) for)\b"
)
_IDEA = re.compile(
    r"\b(aims?|tasks?|goals?|purposes?|schemes?|routes?|ways?|steps?|ideas?|roles?|functions?|objectives?|"
    r"remed\w+|rules?|principles?|options?|challenges?|answers?|visions?|models?|reasons?|lessons?)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(plan\w*|expect\w*|intend\w*|intent\w*|foresee\w*|propos\w+|probab\w+|likel\w+|aim\w*|would|may|"
    r"might|could|can|cannot|to be|(?:was|were|is|are) to|hop\w+|seek\w*|sought|want\w*|wish\w*|possib\w+|"
    r"perhaps|candidate|negotiat\w+|should|ought|envisag\w+|suppos\w+|potential\w*|prospective|"
    r"target\w*|goal\w*|ambition\w*|visions?|purposes?|ideas?|meant|designed|will|ask\w*|calls? (?:for|on)|"
    r"called (?:for|on)|scheduled|announced|option\w*|chance|enabl\w+|allow\w*|able|let|lets|draft\w*|"
    r"suggest\w*|appear\w*|seem\w*|must|ha(?:s|ve|d) to|thinks?|thought|claim\w*|recommend\w*|advis\w+|"
    r"counsel\w*|remed\w+|if|whether|so that|in order|desire|objectives?|functions?|tasks?|ways? (?:of|to)|"
    r"feared|warn\w*|caution\w*|demand\w*|urg\w+|under (?:negotiation|development|construction|preparation)|"
    r"being \w+ed|developing|not yet|free to|open to)\b",
    re.IGNORECASE,
)
_UNIVERSAL = re.compile(r"\b(all|every|always|whole|entire|everyone|everything|any|each)\b", re.I)
_PARTIAL = re.compile(
    r"\b(some|several|many|most|mostly|few|often|sometimes|usually|partly|mainly|certain|for instance|"
    r"for example|such as|half|majority|nearly|almost|seldom|rarely)\b",
    re.IGNORECASE,
)
_LIMITS = {
    "floor": re.compile(
        r"\b(at least|minimum|no (?:fewer|less) than|not (?:less|fewer) than|or (?:more|above|higher))\b",
        re.I,
    ),
    "ceiling": re.compile(
        r"\b(at most|maximum|max|up to|no more than|not more than|not exceed\w*|or less|or fewer|"
        r"ceiling|capped|limited to|as many as)\b",
        re.I,
    ),
    "above": re.compile(r"\b(more than|over|above|exceed\w*|upwards of)\s+(?:EUR |€)?[\d\w]", re.I),
    "below": re.compile(r"\b(less than|fewer than|under|below)\s+(?:EUR |€)?\d", re.I),
}  # fmt: skip
_NO_MORE = re.compile(
    r"\bno(?:t|body|ne)?\b[^.;,]*\b(?:more|over|above|exceed\w*)\b", re.IGNORECASE
)
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞŁŠŽČĆĐŻŹŚŃĘĄ][\w&'’.-]*")
_TOKEN = re.compile(r"[\w&'’.-]+")
# Words that open a sentence with a capital and are no names, beside those the corpus writes small.
_OPENERS = frozenset(
    """
    although though whereas despite besides instead unlike like since once unless whenever wherever
    however therefore thus hence moreover furthermore meanwhile nevertheless nonetheless otherwise
    rather among amongst amid around according thanks due owing given provided following
    concerning regarding across along alongside apart aside behind beneath beside beyond inside near
    outside onto past per throughout toward towards upon via within without whether either neither
    nor another anyone anybody anything everyone everybody everything nobody nothing someone
    somebody something none much many several various whose whoever whatever whichever today
    yesterday tomorrow now soon later earlier recently currently originally initially finally
    eventually lastly firstly secondly thirdly overall altogether still yet even ever never always
    often sometimes usually rarely seldom almost nearly roughly approximately perhaps maybe
    including excluding also too as unable able
    """.split()
)
_COMMON_ENDING = re.compile(
    r"(?:ly|ing|able|ible|ness|tions?|sions?|ments?|ful|less|ous|ities|ity|ances?|ences?|ships?|ists?|"
    r"isms?|ised|ized|ically|arly|ish)$"
)
IRREGULAR = dict(
    pair.split("=")
    for pair in """
    led=lead ran=run gave=give given=give took=take taken=take chose=choose chosen=choose sent=send
    held=hold paid=pay wrote=write written=write built=build drew=draw drawn=draw grew=grow grown=grow
    co-led=co-lead met=meet made=make brought=bring won=win saw=see seen=see told=tell spent=spend began=begin
    begun=begin left=leave kept=keep became=become came=come spoke=speak got=get sought=seek lent=lend
    bought=buy sold=sell taught=teach went=go gone=go
    """.split()
)
_ROOTS = {form: next(iter(stems(base)), base) for form, base in IRREGULAR.items()}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
_NUMBERED = re.compile(
    r"\b(?P<word>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b"
    r"|\b(?:phase|strand|step|stage|pillar|part|level|article|criterion)s? (?P<sign>[IV]+|\d[ab]?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the class of its unit, ``""`` where it has none."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Date:
    """A day, as far as it is given; 0 stands for what is not said."""

    year: int
    month: int
    day: int

    def agrees(self, other: Date) -> bool:
        """Whether all that this date says is said by the other one."""
        return (
            self.month == other.month
            and self.day in (0, other.day)
            and (self.year in (0, other.year) or other.year == 0)
        )


def fold(text: str) -> str:
    """Lower case, without accents, typographic marks as plain ones."""
    text = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-"))
    return plain.encode("ascii", "ignore").decode().lower()


def figures(text: str) -> set[Figure]:
    """Numbers in digits or words, as ``2 million`` -> 2000000; without the days of dates."""
    return {figure for figure, _, _ in placed_figures(text)}


def placed_figures(text: str) -> list[tuple[Figure, int, int]]:
    """Figures with the span at which each stands, digits first."""
    text = _DATE.sub(lambda found: " " * len(found[0]), text)
    text = _HALF_A_DOZEN.sub("six         ", text)
    found: list[tuple[Figure, int, int]] = []
    for match in _FRACTION.finditer(text):
        parts = _PARTS[(match[2] or "half").lower()]
        share = _SMALL.get((match[1] or "one").lower(), 1) / parts
        if share < 1 and match[2]:
            found.append((Figure(round(100 * share, 1), "percent"), match.start(), match.end()))
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    scales = {m.start(1): _SCALE[m[2].lower()] for m in _SHARED_SCALE.finditer(text)}
    for match in _NUMBER.finditer(text):
        value = float(re.sub(r"[,\u00a0 ]", "", match[1]))
        scale = _SCALE.get((match[3] or "").lower(), 0) or scales.get(match.start(1), 1)
        unit = _unit(text, match.start(), match.end())
        found.append((Figure(value * scale, unit), match.start(), match.end()))
    return [*found, *_in_words(text)]


def _in_words(text: str) -> Iterator[tuple[Figure, int, int]]:
    """Numbers in words: ``twenty-nine``, ``three hundred``, ``a thousand``."""
    for match in re.finditer(r"[A-Za-z]+(?:-[A-Za-z]+)*", text):
        parts = [part for part in match[0].lower().split("-") if part in _SMALL or part == "one"]
        if not parts or parts == ["one"]:
            continue
        value = float(sum(_SMALL[part] for part in parts))
        end = match.end()
        if scale := re.match(r"[\s-]+(hundred|thousand|million|billion)\b", text[end:]):
            value *= {"hundred": 100.0, **_SCALE}[scale[1].lower()]
            end += scale.end()
        elif re.search(r"\d[\s-]?$|\b(?:one|two|three|four|five|six|seven|eight|nine)\s$",
                       text[: match.start()], re.I) and value in (100, 1000):  # fmt: skip
            continue
        yield Figure(value, _unit(text, match.start(), end)), match.start(), end


def _unit(text: str, start: int, end: int) -> str:
    if _EURO_BEFORE.search(text[:start]):
        return "euro"
    return next((name for name, form in _UNITS if form.match(text[end:])), "")


def steps(text: str) -> int:
    """How many steps a text tells in order: first, then, then, finally."""
    return 1 + len(re.findall(r"\b(?:then|next|afterwards|finally)\b", text, re.IGNORECASE))


def ordinals(text: str) -> set[int]:
    """``first`` -> 1 and so on; ``phase II`` -> 2."""
    words = re.findall(r"[a-z]+", text.lower())
    numbered = {_ROMAN.get(m["sign"], m["sign"]) for m in _NUMBERED.finditer(text) if m["sign"]}
    return {_ORDINAL[word] for word in words if word in _ORDINAL} | {
        int(sign) for sign in numbered if str(sign).isdigit()
    }


def anchors(text: str) -> list[tuple[str, object, int, int]]:
    """Days and ordinal numbers: kind, what it is, and the span at which it stands."""
    found: list[tuple[str, object, int, int]] = []
    for match in _DATE.finditer(text):
        day = match["d1"] or match["d2"]
        if day:
            found.append(("date", (match["month"], int(day)), match.start("month"), match.end()))
    for match in _NUMBERED.finditer(text):
        sign, word = str(match["sign"] or ""), str(match["word"] or "").lower()
        number: int | str = _ORDINAL.get(word, 0) or _ROMAN.get(sign, 0) or sign
        found.append(("ordinal", number, match.start(), match.end()))
    return found


def dates(text: str) -> set[Date]:
    """Dates with a month; years alone are figures."""
    return {date for date, _ in placed_dates(text)}


def placed_dates(text: str) -> list[tuple[Date, int]]:
    """Dates with the place at which each stands; a range gives both of its days."""
    found = []
    for match in _DATE.finditer(text):
        month = MONTHS.index(match["month"].lower()) + 1
        edge = {"first": 1, "last": 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31}
        days = [match["d1"] or match["d2"] or edge.get((match["edge"] or "").lower(), 0)]
        days += [match["d3"]] if match["d3"] else []
        found += [
            (Date(int(match["year"] or 0), month, int(day)), match.start("month")) for day in days
        ]
    return found


def years(text: str) -> set[int]:
    """Years from 1900 to 2099, also those of dates and ranges."""
    return {int(year) for year in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", text)}


def names(text: str, ordinary: Collection[str]) -> Iterator[str]:
    """Words with a capital letter that are names; one at the start counts if no ordinary word.

    Args:
        ordinary: words that are written in lower case somewhere, folded.
    """
    for match in _TOKEN.finditer(text):
        word = match[0].strip(".'’-")
        if not word or not _CAPITAL.fullmatch(word):
            continue
        plain = fold(word)
        if plain in MONTHS or plain in STOPWORDS:
            continue
        between = text[: match.start()].rstrip()
        begins = not between or between[-1] in '.!?:;"“«(•'
        if begins and word[1:].islower() and is_ordinary(plain, ordinary):
            continue
        yield word


def is_ordinary(word: str, ordinary: Collection[str]) -> bool:
    """Whether a word that opens a sentence needs its capital only for that."""
    if word in ordinary or word in _SMALL or word in _OPENERS or _COMMON_ENDING.search(word):
        return True
    return bool(set(stems(word)) & _ordinary_stems(frozenset(ordinary)))


@lru_cache(maxsize=4)
def _ordinary_stems(ordinary: frozenset[str]) -> frozenset[str]:
    return frozenset(stems(" ".join(ordinary)))


def plain_denial(text: str) -> str:
    """A text without phrases that hold a negating word and deny nothing: "not only", "no less than"."""
    return _NOT_DENYING.sub(" ", text)


def negations(text: str, *, alternatives: bool = True) -> list[tuple[str, ...]]:
    """For each negating word the stems it reaches: up to four content words after it, in order.

    Args:
        alternatives: whether "instead of" and "rather than" count.
    """
    text = plain_denial(text if alternatives else _ALTERNATIVE.sub(" ", text))
    tokens = [t.lower() for t in re.findall(r"[A-Za-z']+|[,;.:]", text)]
    found: list[tuple[str, ...]] = []
    for place, token in enumerate(tokens):
        if not _negates(token):
            continue
        scope: list[str] = []
        for word in tokens[place + 1 :]:
            if (
                (scope and (word in _SCOPE_ENDS or _negates(word)))
                or word in ",;.:"
                or len(scope) >= 4
            ):
                break
            scope += roots(word)[:1]
        following = next((w for w in tokens[place + 1 :] if w in _SAMENESS), "")
        found.append(tuple(scope) or ((following,) if following else ()))
    return found


def _negates(token: str) -> bool:
    return token in _NEGATORS or token.endswith("n't")


def roots(text: str) -> list[str]:
    """Stems of a text's content words, irregular forms of verbs as their base: paid, pay."""
    return [_ROOTS.get(stem, stem) for stem in stems(text)]


def negated(text: str) -> set[str]:
    """All stems that a negating word reaches; ``""`` for one that reaches none."""
    return {stem for scope in negations(text) for stem in scope or ("",)}


def denials(text: str) -> set[str]:
    """Words with "not" inside themselves, folded: lack, unclear, only, rather than."""
    return {found[0].lower()[:6] for found in _DENYING.finditer(plain_denial(text))}


def refuses(text: str) -> bool:
    """Whether a verb or adjective of the text says that something is not done or is no more."""
    return bool(_REFUSING.search(plain_denial(text)))


def denies(text: str) -> bool:
    """Whether a text says no in any way: a negating word, or one with "not" inside itself."""
    return bool(negations(text)) or bool(denials(text))


def obliges(text: str, *, strictly: bool = False) -> bool:
    """Whether something must be; not ``strictly``: also conditions and needs. "Need not" is no duty."""
    return bool((_STRONG if strictly else _OBLIGATION).search(_NO_DUTY.sub(" ", text)))


def frees(text: str) -> bool:
    """Whether something is said to be left to someone's choice."""
    return bool(_FREE.search(text))


def waives(text: str) -> bool:
    """Whether a duty is denied: "does not require", "need not"."""
    return bool(_NO_DUTY.search(text))


def permits(text: str, *, strictly: bool = False) -> bool:
    """Whether something may or can be; ``strictly``: by a modal verb."""
    return bool((_WEAK if strictly else _POSSIBILITY).search(text))


def advises(text: str, *, strictly: bool = False) -> bool:
    """Whether something is recommended; ``strictly``: by "should" or "recommended"."""
    return bool((_SHOULD if strictly else _ADVICE).search(text))


def planned(text: str) -> Iterator[set[str]]:
    """Stems around each word that says that something is planned, probable or possible."""
    for match in _PLANNED.finditer(text):
        before = re.split(r"[,;:]", text[: match.start()])[-1]
        if match[0].endswith(" to") and _IDEA.search(before):
            continue  # "the aim was to meet" tells what the aim is
        after = re.split(r"[,;:]", text[match.end() :])[0]
        yield set(roots(after)[:4]) or set(roots(before)[-4:])


def hedged(text: str) -> bool:
    """Whether a text leaves open, in any way, that something has happened; names do not count."""
    return bool(_HEDGE.search(re.sub(r"(?<=[\w,)] )[A-Z]\w*", "", text)))


def universal(text: str) -> bool:
    """Whether something is said of all."""
    return bool(_UNIVERSAL.search(text))


def partial(text: str) -> bool:
    """Whether something is said of some."""
    return bool(_PARTIAL.search(text))


def bounds(text: str) -> set[str]:
    """Which kinds of bound a text sets on a figure: floor, ceiling, above, below."""
    found = {name for name, form in _LIMITS.items() if form.search(text)}
    if _NO_MORE.search(text):
        return found - {"above"} | {"ceiling"}
    return found
