"""Visible: text from outside -> the characters that a reader sees, and what was hidden (trust S1)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from html import unescape
from itertools import groupby

# They show nothing, but Unicode counts them among letters and marks: a joiner, fillers, variation selectors.
_UNSEEN = frozenset(
    map(
        chr,
        (
            0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0,
            *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
        ),
    )
)  # fmt: skip
# What a word processor puts in by itself tells a curator nothing.
_ORDINARY = frozenset("\u00ad\ufeff\ufe0e\ufe0f")
_TAGS = range(0xE0020, 0xE007F)  # each stands for a character of ASCII
_MOST_NAMED = 5


def clean(text: str) -> str:
    """Normalise to NFKC, take out what cannot be seen, and fold spaces; for questions."""
    return re.sub(r"[ \t]+", " ", visible_lines(unicodedata.normalize("NFKC", text))).strip()


def visible_lines(text: str) -> str:
    """Take out control, invisible and tag characters and leave the layout; for documents."""
    return "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or not _is_unseen(character)
    )


def plain_words(text: str) -> str:
    """What a document says, in the characters that a reader sees, each in its usual form (NFKC).

    Raised and lowered characters and fractions stay: 10³ is not 103.
    """
    text = visible_lines(text)
    if unicodedata.is_normalized("NFKC", text):
        return text
    return "".join(
        "".join(piece) if raised else visible_lines(unicodedata.normalize("NFKC", "".join(piece)))
        for raised, piece in groupby(text, _is_raised)
    )


def hidden_characters(text: str) -> str:
    """A sentence about the invisible characters of a text, with what they spell; empty without any."""
    found = [c for c in unescape(text) if _is_hidden(c)]
    if not found:
        return ""
    counts = Counter(
        unicodedata.name(c, f"U+{ord(c):04X}").lower() for c in found if not _tagged(c)
    )
    kinds = [f"{name} ({count})" for name, count in counts.most_common(_MOST_NAMED)]
    spelled = "".join(map(_tagged, found))
    kinds += [f"tags that spell «{spelled}»"] if spelled else []
    return f"Hidden characters were left out: {', '.join(kinds)}."


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" or character in _UNSEEN


def _is_hidden(character: str) -> bool:
    """Whether a character is there to show nothing; others of its kind are only of no use."""
    return character not in _ORDINARY and (
        unicodedata.category(character) == "Cf" or character in _UNSEEN
    )


def _is_raised(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(("<super>", "<sub>", "<fraction>"))


def _tagged(character: str) -> str:
    """The character that a tag stands for."""
    return chr(ord(character) - 0xE0000) if ord(character) in _TAGS else ""
