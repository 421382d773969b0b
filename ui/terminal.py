"""Terminal: what commands read from files and standard input, and how they print and show progress."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from kb.errors import KBError, QuestionError, SourceError
from kb.reading.visible import visible_lines

# Control characters that JSON leaves as they are, and that a terminal may obey.
_CONTROL = re.compile("[\x7f-\x9f]")


def mail_bytes(place: str) -> tuple[bytes, str]:
    """A mail and what messages call it."""
    try:
        if place == "-":
            return sys.stdin.buffer.read(), "The mail on standard input"
        return Path(place).read_bytes(), place
    except OSError as error:
        raise SourceError(f"Mail {place} cannot be read: {error.strerror or error}.") from None


def read_turns(path: Path | None) -> list[Any]:
    """Turns of a conversation from a JSON file; none where no file is named."""
    if path is None:
        return []
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise QuestionError(f"History {path} cannot be read: {error}.") from None
    if not isinstance(turns, list):
        raise QuestionError(f"History {path} must hold a JSON list of turns.")
    return turns


def answer_batch(
    place: str, answer: Callable[[dict[str, Any]], dict[str, Any]], quiet: bool
) -> None:
    """Answer line by line; a line that cannot be read gives an error line, the rest goes on."""
    lines = list(_lines_in(place))
    for number, line in enumerate(
        tqdm(lines, desc="questions", disable=quiet or not sys.stderr.isatty()), start=1
    ):
        identity: Any = None
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise QuestionError("is no JSON object.")
            # Questions in BEIR layout are read as well: ``_id`` and ``text``.
            identity = record.get("id", record.get("_id"))
            record.setdefault("question", record.get("text"))
            if not isinstance(record["question"], str):
                raise QuestionError("has no 'question' that is a text.")
            result = {"id": identity, **_without_id(answer(record))}
        except (ValueError, KBError) as error:
            result = {"id": identity, "error": f"Line {number}: {error}"}
        print_out(result, indent=None)


def _without_id(result: dict[str, Any]) -> dict[str, Any]:
    """The question's id names the line; the answer's own id is kept beside it."""
    if "id" not in result:
        return result
    return {"answer_id": result["id"]} | {k: v for k, v in result.items() if k != "id"}


def _lines_in(place: str) -> Iterator[str]:
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"Batch {place} cannot be read: {error}.") from None
    yield from (line for line in text.splitlines() if line.strip())


class ProgressBar:
    """A progress bar on standard error that appears with the first step."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._step

    def _step(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = tqdm(total=total, desc="embedding", unit="text", disable=self._quiet)
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def lines_of_record(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    """A line for each value; what holds others has them below it."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from lines_of_record(value, indent + "  ")
        else:
            yield f"{indent}{name}: {value}"


def print_out(value: Any, indent: int | None = 2) -> None:
    """Print a text or, as JSON, a record; without what a terminal would obey."""
    if isinstance(value, str):
        text = visible_lines(value)
    else:
        text = json.dumps(value, ensure_ascii=False, indent=indent)
        text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.write(text + "\n")


def say(message: str, quiet: bool) -> None:
    """A message on standard error, unless ``quiet``."""
    if not quiet:
        sys.stderr.write(visible_lines(message) + "\n")
