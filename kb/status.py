"""Status: settings -> what is indexed, by which model, how fresh, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kb.errors import IndexStateError
from kb.index.generations import Generations
from kb.index.stored import read_documents
from kb.settings import Settings


def status_of(settings: Settings) -> dict[str, Any]:
    """Look at the index without loading a model; ``problems`` is empty where all is well."""
    generations = Generations(settings.index)
    values: dict[str, Any] = {"index": str(settings.index)}
    try:
        manifest = generations.manifest(generations.current())
    except IndexStateError as error:
        return values | {"problems": {"index": str(error)}}
    problems = dict(manifest.problems)
    warnings = {}
    try:
        generations.check(manifest.name)
        documents = read_documents(generations.path(manifest.name))
        warnings = {d.id: " ".join(d.warnings) for d in documents if d.warnings}
    except IndexStateError as error:
        problems["index"] = str(error)
    age = datetime.now(UTC) - datetime.fromisoformat(manifest.created)
    return values | {
        "generation": manifest.name,
        "created": manifest.created,
        "age_hours": round(age.total_seconds() / 3600, 1),
        "model": manifest.fingerprint.get("model", ""),
        "content": manifest.content,
        **manifest.counts,
        "sources": {key: ", ".join(item["documents"]) for key, item in manifest.sources.items()},
        "warnings": warnings,
        "problems": problems,
    }
