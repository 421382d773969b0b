"""Visible: text from outside -> the characters that a reader sees (trust S1)."""

from __future__ import annotations

import re
import unicodedata


def clean(text: str) -> str:
    """Normalise to NFKC, take out what cannot be seen, and fold spaces; for questions."""
    return re.sub(r"[ \t]+", " ", visible_lines(unicodedata.normalize("NFKC", text))).strip()


def visible_lines(text: str) -> str:
    """Take out control, invisible and tag characters and leave the layout; for documents."""
    return "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or unicodedata.category(character)[0] != "C"
    )
