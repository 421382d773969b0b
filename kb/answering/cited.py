"""Cited: the words that a sentence rests on, as the checks of verify.py and parties.py read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.answering import claims

REPLY = re.compile(r"^(?:Yes|No|Not \w+|Partly)[,:] ")


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
        return tuple(REPLY.sub("", text) for text in self.sentences or (self.text,))

    def said(self, sentence: str) -> list[str]:
        """Stems of a sentence in order, those that only mean the same as a cited one replaced by it."""
        return [self.alike.get(stem, stem) for stem in claims.roots(sentence)]
