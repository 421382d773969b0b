"""Translate: checked English claims -> the same claims in the language of the question, checked again.

A translation must keep every figure, date, name and negation; a sentence whose translation does not
stays English. The checked English sentence is kept beside each translation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from babel.dates import get_month_names

from kb.answering import claims
from kb.answering.cite import Claim
from kb.answering.claims import fold
from kb.answering.generate import Generator

# Words that negate, folded: by language, as a pattern over folded text.
_NEGATING = {
    "bg": r"\bне\b|\bняма\b|\bнито\b|\bбез\b|\bникога\b|\bникой\b",
    "cs": r"\bne\w+|\bbez\b|\bzadn\w+|\bnikdy\b|\bnikdo\b|\bani\b",
    "da": r"\bikke\b|\bingen\b|\bintet\b|\baldrig\b|\buden\b|\bhverken\b",
    "de": r"\bnicht\b|\bkein\w*\b|\bnie\b|\bniemals\b|\bohne\b|\bweder\b|\bniemand\b|\bnichts\b",
    "el": r"\bδεν\b|\bμην?\b|\bχωρις\b|\bκαν\w+\b|\bποτε\b|\bουτε\b|\bτιποτα\b",
    "es": r"\bno\b|\bsin\b|\bnunca\b|\bningun\w*\b|\bni\b|\bnadie\b|\bnada\b|\bjamas\b",
    "et": r"\bei\b|\bmitte\b|\bilma\b|\bpole\b|\bega\b|\bkunagi\b|\b\w+ta\b",
    "fi": r"\be[ni]\b|\bet\b|\bemme\b|\bette\b|\beivat\b|\beika\b|\bilman\b|\b\w+matta\b|\bkoskaan\b",
    "fr": r"\bne\b|\bn'|\bpas\b|\bsans\b|\bjamais\b|\baucun\w*\b|\bni\b|\bnon\b|\bpersonne\b|\brien\b",
    "ga": r"\bni\b|\bnil\b|\bnach\b|\bgan\b|\bnior\b|\briamh\b|\bnar\b",
    "hr": r"\bne\b|\bni\w*\b|\bbez\b|\bnema\w*\b|\bnikad\w*\b",
    "hu": r"\bnem\b|\bne\b|\bnelkul\b|\bnincs\w*\b|\bsem\b|\bsoha\b|\bsenki\b|\bsemmi\w*\b",
    "it": r"\bnon\b|\bsenza\b|\bmai\b|\bnessun\w*\b|\bne\b|\bniente\b|\bnulla\b",
    "lt": r"\bne\w+|\bbe\b|\bjok\w+|\bniekad\w*\b|\bnei\b",
    "lv": r"\bne\w+|\bbez\b|\bnekad\b|\bneviens\b",
    "mt": r"\bma\b|\bm'|\bmhux\b|\bmhumiex\b|\bla\b|\bminghajr\b|\bqatt\b|\bebda\b|\bxejn\b",
    "nl": r"\bniet\b|\bgeen\b|\bnooit\b|\bzonder\b|\bnoch\b|\bniemand\b|\bniets\b",
    "pl": r"\bnie\w*\b|\bbez\b|\bnigdy\b|\bzad\w+|\bani\b|\bnikt\b|\bnic\b",
    "pt": r"\bnao\b|\bsem\b|\bnunca\b|\bnenhum\w*\b|\bnem\b|\bninguem\b|\bnada\b",
    "ro": r"\bnu\b|\bn-|\bfara\b|\bniciodata\b|\bnici\w*\b|\bnimeni\b|\bnimic\b",
    "sk": r"\bne\w+|\bnie\w*\b|\bbez\b|\bziadn\w+|\bnikdy\b|\bani\b|\bnikto\b",
    "sl": r"\bne\w*\b|\bni\w*\b|\bbrez\b",
    "sv": r"\binte\b|\binget\b|\bingen\b|\binga\b|\baldrig\b|\butan\b|\bvarken\b|\bej\b",
}
_DIGITS = re.compile(r"\d+")


def translate_claims(
    found: Sequence[Claim], language: str, generator: Generator, deadline: float
) -> list[Claim]:
    """Translate claims; those whose translation is not faithful stay as they are.

    Raises:
        GenerationError: the model gave nothing usable.
    """
    texts = generator.translate([claim.text for claim in found], language, deadline)
    return [
        replace(claim, text=text, original=claim.text)
        if keeps(claim.text, text, language)
        else claim
        for claim, text in zip(found, (" ".join(t.split()) for t in texts), strict=True)
    ]


def keeps(english: str, translated: str, language: str, ordinary: Collection[str] = ()) -> bool:
    """Whether a translation keeps every figure, date, name and negation of a sentence."""
    return (
        bool(translated)
        and not re.search(r"[<>\[\]`]|https?://", translated)
        and _numbers(english) == _numbers(translated)
        and _months_kept(english, translated, language)
        and _names_kept(english, translated, ordinary)
        and _negation_kept(english, translated, language)
        and 0.4 < len(translated) / max(1, len(english)) < 2.5
    )


def _numbers(text: str) -> list[str]:
    """Groups of digits, sorted; thousands may be parted in another way."""
    joined = re.sub(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}\b)", "", text)
    return sorted(_DIGITS.findall(joined))


def _months_kept(english: str, translated: str, language: str) -> bool:
    wanted = {date.month for date in claims.dates(english)}
    plain = _folded(translated)
    for month in wanted:
        known = {
            _folded(get_month_names("wide", context, language)[month])[:3]
            for context in ("format", "stand-alone")
        }
        if not any(re.search(rf"\b{re.escape(name)}", plain) for name in known):
            return False
    return True


def _names_kept(english: str, translated: str, ordinary: Collection[str]) -> bool:
    """Names stand unchanged, or much alike as in Flanders, Flandern; abbreviations unchanged."""
    held = re.findall(r"[\w&]+", fold(translated))
    for name in claims.names(english, ordinary):
        for word in re.findall(r"[\w&]+", fold(name).removesuffix("'s")):
            if len(word) < 2 or word in held:
                continue
            if name.isupper() or not any(_alike(word, other) for other in held):
                return False
    return True


def _alike(one: str, other: str) -> bool:
    first, second = _pairs(one), _pairs(other)
    return bool(first) and 2 * len(first & second) / (len(first) + len(second)) >= 0.4


def _pairs(word: str) -> set[str]:
    return {word[place : place + 2] for place in range(len(word) - 1)}


def _negation_kept(english: str, translated: str, language: str) -> bool:
    pattern = _NEGATING.get(language)
    if pattern is None:
        return False
    return bool(claims.negated(english)) == bool(re.search(pattern, _folded(translated)))


def _folded(text: str) -> str:
    """Lower case without accents, other alphabets kept."""
    import unicodedata

    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
