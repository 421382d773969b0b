"""Layers: the text of a mail -> what the sender wrote, what is quoted or forwarded, the signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from kb.desk.phrases import (
    ASKING,
    ATTRIBUTION,
    CLOSING,
    FORWARD_MARK,
    FORWARD_PREFIX,
    HEADER_LINE,
    ORIGINAL_MARK,
    POSTSCRIPT,
    THANKS_CLOSING,
)

MOST_SIGNATURE_LINES = 20
MOST_DISCLAIMER_LINES = 60
_HEADERS_WITHIN = 7
_RULE = re.compile(r"^\s*[_=*-]{8,}\s*$")


@dataclass(frozen=True, slots=True)
class Layers:
    """The parts of a mail's text."""

    body: str
    quoted: str = ""
    forwarded: str = ""
    signature: str = ""


def split_layers(text: str, *, subject: str = "", sender: str = "") -> Layers:
    """Tell the sender's own new text from what was there before.

    Args:
        subject: tells a forwarded mail from an answered one where the text does not.
        sender: name that may begin a signature without any closing words.
    """
    lines = text.split("\n")
    own, quoted, forwarded = _older(lines, forwards=bool(FORWARD_PREFIX.match(subject)))
    body, signature = split_signature(own, sender)
    return Layers(
        body=_joined(body),
        quoted=_joined(quoted),
        forwarded=_joined(forwarded),
        signature=_joined(signature),
    )


def split_signature(lines: Sequence[str], sender: str = "") -> tuple[list[str], list[str]]:
    """Cut before the closing words, the sender's name or ``-- ``; a postscript stays with the body."""
    start = _signature_start(lines, sender)
    if start is None:
        return list(lines), []
    rest = list(lines[start:])
    for number, line in enumerate(rest):
        if POSTSCRIPT.match(line):
            return [*lines[:start], "", POSTSCRIPT.sub("", line), *rest[number + 1 :]], rest[
                :number
            ]
    return list(lines[:start]), rest


def forwarded_message(text: str) -> tuple[str, str]:
    """Head (From, Date ...) and text of a forwarded message."""
    lines = text.split("\n")
    place = 0
    while place < len(lines) and (
        not lines[place].strip() or HEADER_LINE.match(lines[place]) or _is_mark(lines[place])
    ):
        place += 1
    return "\n".join(lines[:place]), "\n".join(lines[place:])


def unquoted(text: str) -> str:
    """Quoted text without its marks."""
    return "\n".join(re.sub(r"^(?:\s?>)+ ?", "", line) for line in text.split("\n"))


def _older(lines: list[str], *, forwards: bool) -> tuple[list[str], list[str], list[str]]:
    """The sender's lines, quoted lines, forwarded lines."""
    own: list[str] = []
    quoted: list[str] = []
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            quoted.append(line)
            continue
        if FORWARD_MARK.match(line):
            return own, quoted, lines[number:]
        if ORIGINAL_MARK.match(line) or _heads_a_message(lines, number):
            _drop_rules(own)
            if forwards:
                return own, quoted, lines[number:]
            return own, [*quoted, *lines[number:]], []
        length = _attribution(lines, number)
        if length:
            following = next((x for x in lines[number + length :] if x.strip()), "")
            if not following.lstrip().startswith(">"):
                if forwards:
                    return own, quoted, lines[number:]
                return own, [*quoted, *lines[number:]], []
            quoted.append(line)
            lines[number + 1 : number + length] = [
                f"> {x}" for x in lines[number + 1 : number + length]
            ]
            continue
        own.append(line)
    return own, quoted, []


def _attribution(lines: Sequence[str], number: int) -> int:
    """Number of lines (1 to 3) of "On ... wrote:" that begins here; 0 if none does."""
    if not lines[number].strip():
        return 0
    for length in (1, 2, 3):
        part = lines[number : number + length]
        if len(part) < length or not part[-1].strip():
            return 0
        if len(part[0]) > 300:
            return 0
        text = " ".join(x.strip() for x in part)
        if ATTRIBUTION.match(text) and re.search(r"\d|@", text):
            return length
    return 0


def _heads_a_message(lines: Sequence[str], number: int) -> bool:
    """Whether "From: ... Sent: ... Subject: ..." begins here, as Outlook puts before older mail."""
    found = HEADER_LINE.match(lines[number])
    if not found or found[1].lower() not in _FROM:
        return False
    near = [HEADER_LINE.match(x) for x in lines[number : number + _HEADERS_WITHIN]]
    return len({m[1].lower() for m in near if m}) >= 3


_FROM = frozenset("from von de da od van från fra lähettäjä feladó saatja nuo no от από".split())


def _is_mark(line: str) -> bool:
    return bool(FORWARD_MARK.match(line) or ORIGINAL_MARK.match(line) or _RULE.match(line))


def _drop_rules(own: list[str]) -> None:
    while own and (not own[-1].strip() or _RULE.match(own[-1])):
        own.pop()


def _signature_start(lines: Sequence[str], sender: str) -> int | None:
    for number, line in enumerate(lines):
        if line.rstrip() == "--" and number:
            before = _closing_start(lines[:number], sender)
            return number if before is None else before
    return _closing_start(lines, sender)


def _closing_start(lines: Sequence[str], sender: str) -> int | None:
    names = [name for name in re.findall(r"[^\W\d_][\w'’-]+", sender) if len(name) > 2]
    said = list(accumulate((bool(line.strip()) for line in lines), initial=0))
    ends = _ends_of_signatures(lines)
    for number, line in enumerate(lines):
        end = ends[number]
        # The first lines of a mail, and what many lines follow, cannot begin a signature.
        if (
            not line.strip()
            or not said[number]
            or said[end] - said[number + 1] > MOST_DISCLAIMER_LINES
        ):
            continue
        rest = lines[number + 1 : end]
        if CLOSING.match(line) and _may_follow(rest, MOST_DISCLAIMER_LINES):
            return number
        thanks = THANKS_CLOSING.match(line) or THANKS_CLOSING.match(line.split(",")[0] + ",")
        short = bool(thanks) and len(line.split()) <= 6
        if (short or (names and _is_name(line, names))) and _may_follow(rest, MOST_SIGNATURE_LINES):
            return number
    return None


def _ends_of_signatures(lines: Sequence[str]) -> list[int]:
    """For each line, where a signature that begins there would end: the next postscript."""
    ends, end = [], len(lines)
    for number in range(len(lines) - 1, -1, -1):
        ends.append(end)
        if POSTSCRIPT.match(lines[number]):
            end = number
    return ends[::-1]


def _is_name(line: str, names: Sequence[str]) -> bool:
    words = re.findall(r"[^\W\d_][\w'’-]*", line)
    if not 1 <= len(words) <= 6 or line.rstrip().endswith((".", "?", "!", ":")):
        return False
    return line.strip(" ,") in (names[0], names[-1]) or sum(n in words for n in names) >= 2


def _may_follow(rest: Sequence[str], most: int) -> bool:
    """Whether what follows can be a signature: few lines, nothing asked in them."""
    said = [line for line in rest if line.strip()]
    return len(said) <= most and not any("?" in line or ASKING.search(line) for line in said)


def _joined(lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
