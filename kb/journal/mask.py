"""Mask: a text that a person typed -> the same text without addresses and numbers that name someone.

Long digit groups are taken for telephone, card or identity numbers unless they are plainly a year
range, a date or an amount of money; masking a harmless number is the smaller mistake.
"""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[\w.+%'-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b")
_LETTERS_AND_DIGITS = re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?=(?:[A-Za-z]*\d){5})\w{7,}\b")
_DIGITS = re.compile(r"(?<![\w.,])[+(]?\d(?:[ \u00a0().,/–-]{0,3}\d){6,}(?![\w%])")
_YEARS_OR_DATE = re.compile(
    r"(?:19|20)\d\d(?:\s?[-–/,]\s?(?:19|20)\d\d)+|\d{4}[-./]\d{1,2}[-./]\d{1,2}"
    r"|\d{1,2}[-./]\d{1,2}[-./]\d{4}"
)
_MONEY_BEFORE = re.compile(r"(?:€|EUR|euros?)\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"\s?(?:€|EUR\b|euros?\b|million\b|billion\b)", re.IGNORECASE)


def mask(text: str) -> str:
    """Put [e-mail] or [number] in place of e-mail addresses and of phone, card and ID numbers."""
    text = _EMAIL.sub("[e-mail]", text)
    for pattern in (_IBAN, _LETTERS_AND_DIGITS):
        text = pattern.sub("[number]", text)
    return _DIGITS.sub(_masked_digits, text)


def _masked_digits(found: re.Match[str]) -> str:
    before, after = found.string[: found.start()], found.string[found.end() :]
    harmless = (
        _YEARS_OR_DATE.fullmatch(found[0])
        or _MONEY_BEFORE.search(before)
        or _MONEY_AFTER.match(after)
    )
    return found[0] if harmless else "[number]"
