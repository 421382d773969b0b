"""Verify: a sentence and the words it cites -> what the words do not say; empty where they say it.

No model judges: each check is a plain function over two texts. A check that cannot tell lets pass;
``covered`` then asks whether enough of the sentence stands in the cited words at all. How many
changed sentences are caught, and how many faithful ones are lost, is measured on written pairs
(``python -m kb.evaluation.sentences``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from kb.answering import claims
from kb.answering.claims import fold
from kb.index.lexical import stems

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
_RELATIONS = frozenset(
    stems(
        "lead led coordinate chair fund finance pay support host join select invite approve manage "
        "run own organise follow replace succeed report transfer give provide receive help advise "
        "merge include prepare propose submit evaluate assess award grant set found launch start "
        "appoint elect send train guide steer draft adopt publish ask contact offer represent"
    )
)
_PASSIVE = re.compile(
    r"\b(?:led|run|set up|chosen|held|paid|given|sent|\w+ed)\s+(?:\w+ly\s+)?by\b", re.I
)
CONTRARY = (
    ("open", "clos"), ("increas", "decreas"), ("increas", "reduc"), ("rais", "lower"),
    ("higher", "lower"), ("more", "fewer"), ("more", "less"), ("before", "after"), ("start", "end"),
    ("begin", "end"), ("join", "leav"), ("larg", "small"), ("larger", "smaller"), ("first", "last"),
    ("public", "privat"), ("strong", "weak"), ("early", "late"), ("earli", "late"), ("formal", "inform"),
    ("minimum", "maximum"), ("includ", "exclud"), ("accept", "reject"), ("oldest", "newest"),
    ("internal", "extern"), ("voluntari", "compulsori"), ("requir", "option"), ("grew", "shrank"),
    ("success", "failur"), ("advantag", "disadvantag"), ("centralis", "decentralis"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cited:
    """The words a sentence cites.

    Attributes:
        text: the quoted sentences.
        context: title and headings above them, which name their subject.
        advice: the quoted words are a marked recommendation.
    """

    text: str
    context: str = ""
    advice: bool = False


def disagreements(sentence: str, cited: Cited, *, ordinary: Collection[str] = ()) -> list[str]:
    """Compare a sentence with the words it cites.

    Args:
        ordinary: words that occur in lower case in the corpus, folded.

    Returns:
        The kinds of claim that the cited words do not bear out: any of figure, date, name,
        negation, modality, quantity, roles; empty where all agree.
    """
    checks = {
        "figure": _figures_agree(sentence, cited),
        "date": _dates_agree(sentence, cited),
        "name": not foreign_names(sentence, cited, ordinary),
        "negation": _negations_agree(sentence, cited),
        "modality": _modality_agrees(sentence, cited),
        "quantity": _quantities_agree(sentence, cited),
        "roles": _roles_agree(sentence, cited),
    }
    return [name for name, agrees in checks.items() if not agrees]


def _figures_agree(sentence: str, cited: Cited) -> bool:
    known = claims.figures(cited.text) | claims.figures(cited.context)
    values = {figure.value for figure in known} | {float(y) for y in claims.years(cited.text)}
    values |= {float(number) for number in claims.ordinals(cited.text)}
    for figure in claims.figures(sentence):
        if figure.value not in values and not _sums_up(figure.value, cited):
            return False
        units = {other.unit for other in known if other.value == figure.value}
        if figure.unit and units and figure.unit not in units and "" not in units:
            return False
    if claims.years(sentence) - claims.years(cited.text) - claims.years(cited.context):
        return False
    return claims.ordinals(sentence) - {1} <= claims.ordinals(cited.text) | {
        int(value) for value in values if value == int(value)
    }


def _sums_up(value: float, cited: Cited) -> bool:
    """Whether a small number counts the items of a cited enumeration."""
    items = len(re.findall(r",| and | or |;", cited.text)) + 1
    return value == items and 2 <= value <= 6


def _dates_agree(sentence: str, cited: Cited) -> bool:
    known = claims.dates(cited.text) | claims.dates(cited.context)
    return all(any(date.agrees(other) for other in known) for date in claims.dates(sentence))


def foreign_names(sentence: str, cited: Cited, ordinary: Collection[str]) -> list[str]:
    """Names in a sentence that stand neither in the cited words nor above them."""
    plain = fold(f"{cited.text} {cited.context}")
    held = set(re.findall(r"[\w&]+(?:[.'-][\w&]+)*", plain))
    held |= {part for word in held for part in re.split(r"[.'-]", word)}
    held |= {_SAME[word] for word in held if word in _SAME}
    initials = "".join(word[0] for word in plain.split() if word[0].isalnum())
    held_stems = set(stems(plain))
    found = []
    for name in claims.names(sentence, ordinary):
        word = fold(name).removesuffix("'s")
        if word in _COMMON_NAMES or word in held or _SAME.get(word, "") in held:
            continue
        if all(part in held or part in _COMMON_NAMES for part in word.split("-")):
            continue
        if name.isupper() and 3 <= len(name) <= 6 and word in initials:
            continue
        if stems(word) and set(stems(word)) <= held_stems:
            continue
        found.append(name)
    return found


def _negations_agree(sentence: str, cited: Cited) -> bool:
    """What one text denies the other must not affirm."""
    own, other = claims.negated(sentence), claims.negated(cited.text)
    if own and not claims.denies(cited.text):
        return False
    if other and not claims.denies(sentence):
        said = set(stems(sentence))
        return len(other & said) < max(1, len(other) / 3)
    denied_here_only = {stem for stem in own - other if stem in set(stems(cited.text))}
    if own and other and len(denied_here_only) > len(own & other):
        return False
    return not _contrary(sentence, cited.text)


def _contrary(sentence: str, text: str) -> bool:
    """Whether one text has a word and the other its opposite in the same place."""
    here, there = set(stems(sentence)), set(stems(text))
    here |= set(re.findall(r"[a-z]+", sentence.lower()))
    there |= set(re.findall(r"[a-z]+", text.lower()))
    for one, opposite in CONTRARY:
        for a, b in ((one, opposite), (opposite, one)):
            if a in here and b in there and a not in there and b not in here:
                shared = set(stems(sentence)) & set(stems(text))
                if len(shared) >= 0.6 * len(set(stems(sentence))):
                    return True
    return False


def _modality_agrees(sentence: str, cited: Cited) -> bool:
    """Must, should and may are not one another; what was planned has not happened."""
    text = cited.text
    if claims.obliges(sentence, strictly=True):
        return claims.obliges(text) and not (
            claims.permits(text, strictly=True) and not claims.obliges(text, strictly=True)
        )
    if claims.permits(sentence, strictly=True) and claims.obliges(text, strictly=True):
        return claims.permits(text)
    if re.search(r"\b(should|ought to)\b", sentence, re.I):
        return cited.advice or claims.advises(text) or claims.obliges(text)
    return True


def _quantities_agree(sentence: str, cited: Cited) -> bool:
    """All is not some; at least is not at most."""
    if (
        claims.universal(sentence)
        and not claims.universal(cited.text)
        and claims.partial(cited.text)
    ):
        return False
    if re.search(r"\b(only|solely|exclusively)\b", sentence, re.I) and not re.search(
        r"\b(only|solely|exclusively|alone|sole|just|limited|no other|restricted)\b",
        cited.text,
        re.I,
    ):
        return False
    own, other = claims.bounds(sentence), claims.bounds(cited.text)
    low, high = {"floor", "above"}, {"ceiling", "below"}
    return not (
        (own & low and not own & high and other & high and not other & low)
        or (own & high and not own & low and other & low and not other & high)
    )


def _roles_agree(sentence: str, cited: Cited) -> bool:
    """Who does what to whom: around a shared verb the same words stand on the same side."""
    here, there = _in_order(sentence), _in_order(cited.text)
    turned = bool(_PASSIVE.search(sentence)) != bool(_PASSIVE.search(cited.text))
    for verb in set(here) & set(there) & _RELATIONS:
        before, after = _sides(here, verb)
        earlier, later = _sides(there, verb)
        if turned:
            earlier, later = later, earlier
        straight = len(before & earlier) + len(after & later)
        crossed = len(before & later) + len(after & earlier)
        if crossed >= 2 and crossed > straight and before & later and after & earlier:
            return False
    return turned or not _exchanged(here, there)


def _in_order(text: str) -> list[str]:
    return [stem for word in re.findall(r"[\w&'’.-]+", text) for stem in stems(word)[:1]]


def _sides(order: Sequence[str], verb: str) -> tuple[set[str], set[str]]:
    place = order.index(verb)
    return set(order[:place]), set(order[place + 1 :])


def _exchanged(here: Sequence[str], there: Sequence[str]) -> bool:
    """Nearly the same words, with two of them in each other's place."""
    shared = [stem for stem in dict.fromkeys(here) if stem in there]
    if len(shared) < 4 or len(shared) < 0.85 * len(set(here)):
        return False
    places = [there.index(stem) for stem in shared]
    pairs = list(combinations(places, 2))
    turned = sum(a > b for a, b in pairs) / len(pairs)
    moved = [place for n, place in enumerate(places) if n and place < places[n - 1]]
    return turned > 0.2 and len(moved) >= 2


def lexical_share(sentence: str, cited: Cited) -> float:
    """Share, 0..1, of a sentence's different content stems that stand in the cited words."""
    wanted = set(stems(sentence))
    held = set(stems(f"{cited.text} {cited.context}"))
    return len(wanted & held) / len(wanted) if wanted else 1.0
