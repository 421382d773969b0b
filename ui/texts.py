"""Texts: ``ui/languages/CODE.toml`` -> what the chat, the embed and its pages say in a language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from starlette.requests import HTTPConnection

from kb.answering.question import EU_LANGUAGES

LANGUAGES = tuple(EU_LANGUAGES)

_WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")

Texts = Mapping[str, Any]


def texts(code: str) -> Texts:
    """The texts of a language by key, with its ``code``; English where it is not one of ours."""
    return _read(code if code in LANGUAGES else "en")


@cache
def _read(code: str) -> Texts:
    file = files("ui") / "languages" / f"{code}.toml"
    return MappingProxyType({"code": code, **tomllib.loads(file.read_text(encoding="utf-8"))})


def language_of(call: HTTPConnection) -> str:
    """The language a visitor is shown: of ``?lang=…``, else the browser's, else English."""
    chosen = call.query_params.get("lang", "").lower()
    if chosen in LANGUAGES:
        return chosen
    return next(_preferred(call.headers.get("accept-language", "")), "en")


def _preferred(accepted: str) -> Iterator[str]:
    """Our languages among those of an Accept-Language header (RFC 9110, 12.5.4), best first."""
    weighed = []
    for entry in accepted.split(","):
        tag, _, weight = entry.partition(";")
        found = _WEIGHT.fullmatch(weight.strip())
        share = float(found[1]) if found else 1.0 if not weight else 0.0
        weighed.append((share, tag.strip().lower().partition("-")[0]))
    weighed.sort(key=lambda pair: -pair[0])  # stable: of equal ones the first named
    return (code for share, code in weighed if share > 0 and code in LANGUAGES)
