"""Claims: a sentence -> what in it can be checked: figures, dates, names, negations, modality.

Plain functions over text; kb/answering/verify.py compares what two texts claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

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
     "ninety": 90, "hundred": 100, "dozen": 12, "half": 0.5, "twice": 2, "both": 2,
     "couple": 2, "double": 2, "pair": 2}  # fmt: skip
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
_UNITS = (
    ("percent", re.compile(r"^\s*(?:%|per ?cent\b|percentage)", re.I)),
    ("euro", re.compile(r"^\s*(?:euros?\b|eur\b|€)", re.I)),
    ("year", re.compile(r"^[\s-]*years?\b", re.I)),
    ("month", re.compile(r"^[\s-]*months?\b", re.I)),
    ("week", re.compile(r"^[\s-]*weeks?\b", re.I)),
    ("day", re.compile(r"^[\s-]*(?:expert |working )?days?\b", re.I)),
    ("hour", re.compile(r"^[\s-]*hours?\b", re.I)),
)
_EURO_BEFORE = re.compile(r"(?:EUR|€|euros?)\s*$", re.IGNORECASE)
_MONTH_NAME = "|".join(name.capitalize() for name in MONTHS)
_DATE = re.compile(
    rf"(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*(?:-|–|to|and)\s*\d{{1,2}})?\s+(?:of\s+)?)?"
    rf"\b(?P<month>{_MONTH_NAME})\b(?:\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d))?"
    rf"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d))?"
)
_NEGATORS = frozenset(
    """
    not no never none nobody nothing neither nor without cannot unable hardly rarely instead
    rather except nowhere
    """.split()
)
# Words that say "not" inside themselves: they answer a negation in the other text.
_DENYING = re.compile(
    r"\b(lack\w*|fail\w*|refus\w*|exclu\w*|reject\w*|missing|absen\w*|ineligible|closed?|ended|"
    r"stop\w*|prevent\w*|forbid\w*|impossible|unlikely|unclear|unknown|independen\w*|only|"
    r"outside|beyond|other than|avoid\w*|far from|alone|un\w{4,}|in(?:eligible|sufficient|formal)|"
    r"no longer|few|little|scarce\w*|short of|free of|waive\w*|still to|yet to)\b",
    re.IGNORECASE,
)
_OBLIGATION = re.compile(
    r"\b(must|shall|ha(?:s|ve|d) to|requir\w+|needs? to|need(?:s|ed)?|mandatory|compulsory|oblig\w+|"
    r"necessary|conditions?|prerequisite|essential|minimum|at least|only)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(must|shall|ha(?:s|ve|d) to|mandatory|compulsory|oblig\w+|is required|are required|"
    r"needs? to|necessary)\b",
    re.IGNORECASE,
)
_POSSIBILITY = re.compile(
    r"\b(may|might|can|could|possib\w+|allow\w*|able|eligible|permit\w*|option\w*|perhaps|"
    r"open to|free to|entitled|welcome|enough|suffic\w+|let|lets)\b",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(may|might|can|could|optional\w*|possibly|perhaps|free to)\b(?! not)", re.IGNORECASE
)
_ADVICE = re.compile(
    r"\b(should|ought|recommend\w*|advis\w+|advice|suggest\w*|best|better|worth|useful|helps?|"
    r"good idea|remedy|priority)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(plan\w*|expect\w*|intend\w*|foresee\w*|foreseen|propos\w+|probabl\w+|likely|aim\w*|"
    r"should|would|may|might|could|was to|were to|is to|are to|hope\w*|seek\w*|want\w*|ambition\w*|"
    r"target\w*|goal\w*|candidate\w*|applied)\b",
    re.IGNORECASE,
)
_UNIVERSAL = re.compile(r"\b(all|every|always|whole|entire|everyone|everything|any)\b", re.I)
_PARTIAL = re.compile(
    r"\b(some|several|many|most|mostly|few|often|sometimes|usually|partly|mainly|certain|for instance|"
    r"for example|such as|half|majority)\b",
    re.IGNORECASE,
)
_LIMITS = {
    "floor": re.compile(r"\b(at least|minimum|no (?:fewer|less) than|not less than|or more)\b", re.I),
    "ceiling": re.compile(
        r"\b(at most|maximum|max|up to|no more than|not more than|not exceed\w*|or less|or fewer|"
        r"ceiling|capped|limited to)\b",
        re.I,
    ),
    "above": re.compile(r"\b(more than|over|above|exceed\w*)\s+(?:EUR |€)?[\d\w]", re.I),
    "below": re.compile(r"\b(less than|fewer than|under|below)\s+(?:EUR |€)?\d", re.I),
}  # fmt: skip
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞŁŠŽČĆĐŻŹŚŃĘĄ][\w&'’.-]*")
_TOKEN = re.compile(r"[\w&'’.-]+")


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
    text = _DATE.sub(lambda found: " " * len(found[0]), text)
    found = set()
    for match in _NUMBER.finditer(text):
        value = float(re.sub(r"[,\u00a0 ]", "", match[1]))
        value *= _SCALE.get((match[3] or "").lower(), 1)
        found.add(Figure(value, _unit(text, match.start(), match.end())))
    for match in _TOKEN.finditer(text):
        for word in match[0].lower().split("-"):
            if word in _SMALL and word != "one":
                scale = re.match(r"[\s-]+(hundred|thousand|million|billion)\b", text[match.end() :])
                factor = {"hundred": 100.0, **_SCALE}[scale[1].lower()] if scale else 1
                end = match.end() + (scale.end() if scale else 0)
                found.add(Figure(_SMALL[word] * factor, _unit(text, match.start(), end)))
    return found


def _unit(text: str, start: int, end: int) -> str:
    if _EURO_BEFORE.search(text[:start]):
        return "euro"
    return next((name for name, form in _UNITS if form.match(text[end:])), "")


def ordinals(text: str) -> set[int]:
    """``first`` -> 1 and so on."""
    words = re.findall(r"[a-z]+", text.lower())
    return {_ORDINAL[word] for word in words if word in _ORDINAL}


def dates(text: str) -> set[Date]:
    """Dates with a month; years alone are figures."""
    return {
        Date(
            int(match["year"] or 0),
            MONTHS.index(match["month"].lower()) + 1,
            int(match["d1"] or match["d2"] or 0),
        )
        for match in _DATE.finditer(text)
    }


def years(text: str) -> set[int]:
    """Years from 1900 to 2099, also those of dates and ranges."""
    return {int(year) for year in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", text)}


def names(text: str, ordinary: Collection[str]) -> Iterator[str]:
    """Words with a capital letter that are names; one at the start counts if no ordinary word.

    Args:
        ordinary: words that are written in lower case somewhere, folded.
    """
    begin = True
    for match in _TOKEN.finditer(text):
        word = match[0].strip(".'’-")
        between = text[: match.start()].rstrip()
        begin = not between or between[-1] in '.!?:;"“«(•' or (begin and not between)
        if not word or not _CAPITAL.fullmatch(word):
            continue
        plain = fold(word)
        if plain in MONTHS or plain in STOPWORDS:
            continue
        if begin and word[1:].islower() and (plain in ordinary or plain in _SMALL):
            continue
        yield word


def negated(text: str) -> set[str]:
    """Stems within reach of a negating word: up to four content words after it."""
    tokens = [t.lower() for t in re.findall(r"[A-Za-z']+|[,;.]", text)]
    found: set[str] = set()
    for place, token in enumerate(tokens):
        if token not in _NEGATORS and not token.endswith("n't"):
            continue
        reach = 0
        for word in tokens[place + 1 :]:
            if word in ",;." or reach == 4:
                break
            for stem in stems(word):
                found.add(stem)
                reach += 1
        if not reach:
            found.add("")
    return found


def denies(text: str) -> bool:
    """Whether a text says no in any way: a negating word, or one with "not" inside itself."""
    return bool(negated(text)) or bool(_DENYING.search(text))


def obliges(text: str, *, strictly: bool = False) -> bool:
    """Whether something must be; not ``strictly``: also conditions and needs."""
    return bool((_STRONG if strictly else _OBLIGATION).search(text))


def permits(text: str, *, strictly: bool = False) -> bool:
    """Whether something may or can be; ``strictly``: by a modal verb."""
    return bool((_WEAK if strictly else _POSSIBILITY).search(text))


def advises(text: str) -> bool:
    """Whether something is recommended."""
    return bool(_ADVICE.search(text))


def plans(text: str) -> bool:
    """Whether something is planned, probable or wanted and has not happened."""
    return bool(_PLANNED.search(text))


def universal(text: str) -> bool:
    """Whether something is said of all."""
    return bool(_UNIVERSAL.search(text))


def partial(text: str) -> bool:
    """Whether something is said of some."""
    return bool(_PARTIAL.search(text))


def bounds(text: str) -> set[str]:
    """Which kinds of bound a text sets on a figure: floor, ceiling, above, below."""
    return {name for name, form in _LIMITS.items() if form.search(text)}
