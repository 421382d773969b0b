"""Question: what a person typed -> cleaned text, language, parts, and what it leaves open.

Nothing here looks at the index; all of it is plain functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from kb.errors import QuestionError
from kb.index.lexical import STOPWORDS, words
from kb.reading.visible import clean
from kb.types import Turn

MAX_CHARACTERS = 8_000
MAX_TURNS = 20
EU_LANGUAGES = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv".split()
# Up to which probability of a language, as English, a text is taken for another one. Of 4,600 stored
# wordings in 23 languages 96 % are then recognised, and no English question of the evaluation set is lost.
_UNLIKELY = 0.05
_UNLIKELY_SHORT = 0.01
_SHORT = 4  # words; names and acronyms alone look like any language
_REFERRING = re.compile(
    r"^(and|but|or|so|also|then|what about|how about|since when|why|who else|which one)\b"
    r"|\b(it|its|they|them|their|theirs|he|she|this|that|these|those|one|ones|there|same|"
    r"the (?:first|second|third|fourth|last|other|others|former|latter))\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"\b(list|name all|all the|which (?:\w+ ){0,3}(?:partnerships|regions|projects|services|"
    r"platforms|countries|topics|criteria|phases|steps|programmes|calls|partners|sources|elements|"
    r"factors|strands)|what are (?:the|all)|overview|how many|everything|compare|sources)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\s*(dear|hello|hi|hey|good (?:morning|afternoon|evening|day)|to whom it may concern)\b"
    r"[^.,!?\n]{0,60}[,.!\n]\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:^|(?<=[.!?,\n])\s*)((?:kind|best|warm|many|with (?:kind|best)) (?:regards|wishes|greetings|thanks)"
    r"|sincerely|yours (?:sincerely|faithfully)|thank you(?: (?:very much|in advance))?|thanks"
    r"(?: in advance)?|regards)\b[\s\S]{0,200}$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(i|we) (need|would like|want|wish) (to know|information)|\b(please |could you |can you )"
    r"(tell|explain|send|list|give|advise|let)|^(tell|explain|list|give|name|compare)\b",
    re.IGNORECASE,
)
_NEXT_CLAUSE = re.compile(
    r"(?:[,;:]\s+(?:and\s+|or\s+)?|\s+and\s+)(?=(?:who|whom|whose|what|where|when|which|why|how|"
    r"whether|until when|since when|is|are|can|could|does|do|did|may|must|should)\b)",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?:[,;:]\s*(?:and|or)?|\s+and)\s*$", re.IGNORECASE)


# What an assistant that quotes guidance does not do: tasks, opinions, purchases, private affairs, and
# attempts to change its rules.
_FAVOUR = re.compile(
    r"""
    ^\W*(?:please\s+|can\s+you\s+|could\s+you\s+|now\s+)*
      (?:write|draft|compose|translate|book|buy|fix|debug|calculate|solve|sing|pretend|imagine|ignore|
         forget|disregard|repeat|act\s+as|print|reveal|convert|rewrite|correct\s+my|check\s+my|do\s+my|
         order)\b(?!\s+to\b)
    |\b(?:pretend|ignore|forget|disregard)\b.{0,40}\b(?:instructions?|rules|prompt|text|above|told|given)\b
    |\b(?:system|hidden)\s+prompt\b|\bdebug\s+mode\b|\b(?:give|print|show|tell)\b.{0,30}\bpasswords?\b
    |\bwhat\s+do\s+you\s+(?:think|believe|feel)\b|\byour\s+(?:opinion|view)\b|\b(?:vote|voting)\s+for\b
    |\bwhich\b.{0,40}\b(?:should|shall)\s+(?:i|we)\s+(?:buy|hire|vote)\b
    |\bname\s+the\s+best\b|\bthe\s+best\s+(?:consultant|firm|lawyer|restaurant|hotel)\b
    |\bmy\s+(?:employer|boss|landlord|husband|wife|son|daughter|dog|cat|house|flat|car|neighbou?r|
         salary|tax(?:es)?|pension|visa|homework|girlfriend|boyfriend)\b
    |\b(?:sue|lawsuit|court\s+case)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question that may be searched for.

    Attributes:
        asked: as it was typed, cleaned of invisible characters.
        written_in: ISO 639-1 code of an official EU language.
        language: the same, of the answer.
        parts: the questions in it, in order; one at least.
        wants_list: a whole list is asked for, so that an answer may be longer.
        refers_back: it can only be understood with what was said before.
    """

    asked: str
    written_in: str
    language: str
    parts: tuple[str, ...]
    wants_list: bool
    refers_back: bool


def read_question(
    text: str, *, language: str | None = None, expected: str | None = None
) -> Question:
    """Clean and analyse a question.

    Args:
        language: of the answer, where that is not the question's.
        expected: the question's language, unless it shows another; ``language`` where not given.

    Raises:
        QuestionError: it is empty or too long; nothing is ever cut.
    """
    asked = clean(text)
    if not asked:
        raise QuestionError("The question is empty. Type a question.")
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(asked):,} characters; at most {MAX_CHARACTERS:,} can be read. "
            "Ask a shorter question."
        )
    written_in = detect_language(asked, expected=expected or language)
    return Question(
        asked=asked,
        written_in=written_in,
        language=language or written_in,
        parts=tuple(split_parts(asked)),
        wants_list=bool(_LIST.search(asked)),
        refers_back=bool(_REFERRING.search(asked)) and len(content_words(asked)) <= 7,
    )


def asks_favour(text: str) -> bool:
    """Whether something is asked for that an assistant which quotes guidance does not do."""
    return bool(_FAVOUR.search(text))


def read_history(turns: Sequence[Any]) -> tuple[Turn, ...]:
    """Check a conversation that came from outside; only its last turns count.

    Raises:
        QuestionError: a turn is no record with role "user" or "assistant" and a text.
    """
    history = []
    for number, turn in enumerate(turns, start=1):
        if isinstance(turn, Turn):
            role, content = turn.role, turn.content
        else:
            try:
                role, content = turn["role"], turn["content"]
            except (TypeError, KeyError):
                raise QuestionError(
                    f"Turn {number} of the history needs 'role' and 'content'."
                ) from None
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise QuestionError(
                f"Turn {number} of the history: role must be 'user' or 'assistant', content a text."
            )
        history.append(Turn(role, clean(content)[:MAX_CHARACTERS]))
    return tuple(turn for turn in history[-MAX_TURNS:] if turn.content)


def content_words(text: str) -> list[str]:
    """Words that carry a subject."""
    return [word for word in words(text) if word not in STOPWORDS]


def subject_words(text: str) -> list[str]:
    """Words that carry a subject; words of other alphabets as they stand."""
    return content_words(text) if words(text) else re.findall(r"[^\W\d_]{3,}", text.lower())


def split_parts(text: str) -> list[str]:
    """Find the questions in a message, in order; a message without any is one question.

    "Who may join, and is it free?" holds two. What stands around the questions is their context and
    is searched with each of them (kb/answering/retrieve.py).
    """
    parts = [
        clause
        for sentence in _sentences(body_of(text))
        if sentence.endswith("?") or _ASKING.search(sentence)
        for clause in _clauses(sentence)
    ]
    parts = [part for part in parts if subject_words(part)]
    return parts if len(parts) > 1 else [body_of(text)]


def body_of(text: str) -> str:
    """A message without greeting, thanks and signature."""
    return _CLOSING.sub("", _GREETING.sub("", text)).strip() or text


def _clauses(sentence: str) -> list[str]:
    """Cut a sentence before each question word that follows a comma or "and"."""
    cuts = [0, *(match.end() for match in _NEXT_CLAUSE.finditer(sentence)), len(sentence)]
    clauses = [sentence[begin:end] for begin, end in pairwise(cuts)]
    return [_JOINT.sub("", clause).strip() for clause in clauses]


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(EU_LANGUAGES)
    return identifier


def detect_language(text: str, *, expected: str | None = None) -> str:
    """The official EU language of a text: the one expected, else English, unless another is clear."""
    unlikely = _UNLIKELY_SHORT if len(text.split()) < _SHORT else _UNLIKELY
    ranked = _identifier().rank(text)
    likely, english = dict(ranked), _looks_english(text)
    if expected in likely and likely[expected] > unlikely:
        return "en" if english and likely["en"] > likely[expected] else str(expected)
    if english or likely["en"] > unlikely:
        return "en"
    return next(str(language) for language, _ in ranked if language != "en")


_ENGLISH = STOPWORDS - {"a", "as", "i", "no", "on", "me", "an", "am", "in", "do", "so", "was", "he"}


def _looks_english(text: str) -> bool:
    found = words(text)
    return sum(word in _ENGLISH for word in found) >= max(1, len(found) / 5)
