"""Catalogue: ``sources.toml`` -> Source by id; what a section's source ids refer to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from kb.errors import SourceError
from kb.reading.orders import gives_orders
from kb.reading.visible import clean
from kb.types import Source

CATALOGUE = "sources.toml"


class SourceRecord(BaseModel):
    """One ``[[source]]`` of a catalogue, or the ``FILE.toml`` beside an added file."""

    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    publisher: str = ""
    url: str = ""
    language: str = "en"
    licence: str = "unknown"
    as_of: str = ""
    archived: bool = False

    @field_validator("title", "publisher", "url", "licence", "as_of")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        if gives_orders(text):
            raise ValueError("it gives orders to a language model")
        return clean(text)


def shipped_corpus() -> Path:
    """Folder of the shipped corpus, in a checkout and in an installed wheel alike."""
    packaged = Path(str(files("kb"))) / "corpus"
    return packaged if packaged.is_dir() else Path(str(files("kb"))).parent / "corpus"


def read_catalogue(path: Path) -> Mapping[str, Source]:
    """Read ``sources.toml``.

    Raises:
        SourceError: the file is not valid, or two records share an id; names the record.
    """
    try:
        records = tomllib.loads(path.read_text(encoding="utf-8")).get("source", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"Catalogue {path} cannot be read: {error}.") from error
    catalogue: dict[str, Source] = {}
    for record in records:
        source = source_from_record(record, path)
        if source.id in catalogue:
            raise SourceError(f"Catalogue {path} has two records with id '{source.id}'.")
        catalogue[source.id] = source
    return catalogue


def source_from_record(record: Mapping[str, object], path: Path) -> Source:
    """Check one record.

    Raises:
        SourceError: a field is unknown, missing or of the wrong type; names it.
    """
    try:
        return Source(**SourceRecord.model_validate(record).model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SourceError(
            f"{path}: source '{record.get('id', '?')}', field '{name}': {first['msg']}."
        ) from None
