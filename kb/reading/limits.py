"""Limits: what the knowledge base knows that it does not hold, and what is none of its business.

``limits.toml`` -> Limits. They are searched beside the passages, so that a question which is nearer
to one of them than to any passage is not answered; they are never quoted.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from kb.errors import SourceError

LIMITS = "limits.toml"


@dataclass(frozen=True, slots=True)
class Limit:
    """A subject that is not answered.

    Attributes:
        kind: ``unknown`` within the topic, but no source says it · ``outside`` another's business.
        topic: its name, as it may be shown.
        asked_as: ways in which people ask for it.
        reply: where to turn instead, where that is known.
    """

    kind: Literal["unknown", "outside"]
    topic: str
    asked_as: tuple[str, ...]
    reply: str = ""


def read_limits(path: Path) -> tuple[Limit, ...]:
    """Read ``limits.toml``; a folder without one has no limits.

    Raises:
        SourceError: the file is not valid; names the entry.
    """
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("limit", [])
        return TypeAdapter(tuple[Limit, ...]).validate_python(entries)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SourceError(f"{path} is not valid: {error}.") from error
