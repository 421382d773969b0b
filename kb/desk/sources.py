"""Sources: an index -> a list of what it holds and how it was read; approvers add, refresh and withdraw."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from kb.desk.account import Actor
from kb.errors import NotFound, SourceError
from kb.index.ingest import IngestReport
from kb.journal import audit
from kb.knowledge import KnowledgeBase
from kb.reading.collect import COLLECTION, Library, source_id
from kb.reading.own_faq import OWN_FAQ
from kb.reading.readers import READERS, is_address
from kb.types import Document

Origin = Literal["shipped", "faq", "file", "address", "folder"]
UPLOADS = "uploads"  # folder in that of the index, so that it is part of a backup
MOST_BYTES = 30_000_000
WAIT_SECONDS = 15
SUFFIXES = tuple(sorted(set(READERS) - {COLLECTION}))  # a collection stands for a whole index
_SHIPPED = "corpus/"
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Held:
    """A document as it is indexed.

    Attributes:
        name: its id, by which it is withdrawn.
        place: its file in the corpus or on this machine, or its address.
        pages: of a paged file; 0 for others.
        warnings: pages without text and the like.
        problem: why its newest state could not be read.
    """

    name: str
    title: str
    origin: Origin
    place: str
    reader: str
    pages: int
    passages: int
    licence: str
    as_of: str
    warnings: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What is indexed.

    Attributes:
        withdrawn: ids of shipped documents that were taken out and can be restored.
        problems: place -> why it could not be read and is not indexed at all.
    """

    generation: str
    created: datetime
    held: tuple[Held, ...]
    withdrawn: tuple[str, ...]
    problems: Mapping[str, str]


class Sources:
    """The sources of one knowledge base, for the console."""

    def __init__(
        self, base: KnowledgeBase, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Look at a knowledge base."""
        self._base = base
        self._uploads = base.generations.folder.resolve() / UPLOADS
        self._now = now

    def overview(self) -> Overview:
        """What is indexed now, what was withdrawn, what could not be read."""
        manifest, library = self._base.manifest, self._base.library
        documents = {document.id: document for document in self._base.documents()}
        counts = Counter(passage.document_id for passage in self._base.passages().values())
        held = [
            _held(documents[name], key, library, counts, manifest.problems.get(key, ""))
            for key, item in manifest.sources.items()
            for name in item["documents"]
            if name in documents
        ]
        places = {one.place for one in held}
        return Overview(
            generation=manifest.name,
            created=datetime.fromisoformat(manifest.created),
            held=tuple(sorted(held, key=lambda one: (one.origin, one.title.casefold()))),
            withdrawn=tuple(sorted(library.withdrawn - documents.keys())),
            problems={k: why for k, why in manifest.problems.items() if k not in places},
        )

    def add_file(self, name: str, data: bytes, record: Mapping[str, str], actor: Actor) -> str:
        """Keep an uploaded file with the index and index it.

        Args:
            record: title, url, publisher, licence, as_of; what is empty is left out.

        Returns:
            Id of the document.

        Raises:
            SourceError: its kind is not known, or it holds no text that can be read.
        """
        actor.require("approver")
        path = self._uploads / _safe_name(name, data)
        if path.exists():
            raise SourceError(f"“{name}” has been added before.")
        self._uploads.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        try:
            return self._add(str(path), f"“{name}”", record, actor)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def add_address(self, address: str, record: Mapping[str, str], actor: Actor) -> str:
        """Fetch a page or file and index it.

        Returns:
            Id of the document.

        Raises:
            SourceError: it is no address, its host is not listed, or it cannot be read.
        """
        actor.require("approver")
        if not is_address(address):
            raise SourceError("The address must begin with https://")
        if address in self._base.library.added:
            raise SourceError(f"{address} has been added before. Refresh the sources instead.")
        return self._add(address, "The page", record, actor)

    def refresh(self, actor: Actor) -> IngestReport:
        """Read all sources again; what is gone is removed, what cannot be read stays as it was."""
        actor.require("approver")
        self._note(actor, "refresh", "sources")
        return self._base.ingest(wait=WAIT_SECONDS)

    def withdraw(self, name: str, actor: Actor) -> None:
        """Take a document out; an uploaded file is deleted.

        Raises:
            SourceError: it belongs to the own FAQ, or is not indexed.
        """
        actor.require("approver")
        place = next((p for p, s in self._base.library.added.items() if s.id == name), "")
        self._note(actor, "withdraw", f"source {name}")
        self._base.ingest(withdraw=[name], wait=WAIT_SECONDS)
        if place and Path(place).parent == self._uploads:
            Path(place).unlink(missing_ok=True)

    def restore(self, name: str, actor: Actor) -> None:
        """Bring back a document that was withdrawn.

        Raises:
            NotFound: it was not.
        """
        actor.require("approver")
        if name not in self._base.library.withdrawn:
            raise NotFound(f"'{name}' is not withdrawn.")
        self._note(actor, "restore", f"source {name}")
        self._base.ingest(restore=[name], wait=WAIT_SECONDS)

    def _add(self, location: str, called: str, record: Mapping[str, str], actor: Actor) -> str:
        name = source_id(location)
        given = _checked(record)
        self._note(actor, "add", f"source {name}")
        try:
            report = self._base.ingest([location], record=given, wait=WAIT_SECONDS)
            problem = report.problems.get(location, "")
        except SourceError as error:  # it was the only source
            problem = str(error)
        if problem:
            self._take_back(location)
            raise SourceError(problem.replace(location, called).replace(name, called))
        return name

    def _take_back(self, location: str) -> None:
        """Leave nothing behind of what could not be read."""
        if location in self._base.library.added:
            self._base.ingest(withdraw=[location], wait=WAIT_SECONDS)

    def _note(self, actor: Actor, action: str, item: str) -> None:
        """Write the audit log first: no change is without its entry."""
        with self._base.database.session() as session:
            audit.record(
                session, account=actor.name, action=action, item=item[:80], now=self._now()
            )


def _checked(record: Mapping[str, str]) -> dict[str, str]:
    """Fields of a record that are given.

    Raises:
        SourceError: address or date is none.
    """
    given = {field: " ".join(value.split()) for field, value in record.items() if value.strip()}
    if not is_address(given.get("url", "https://")):
        raise SourceError("The official address must begin with https://")
    if not _DATE.fullmatch(given.get("as_of", "2026")):
        raise SourceError("The date must be a year, a month or a day: 2025, 2025-06 or 2025-06-30.")
    return given


def _held(
    document: Document, key: str, library: Library, counts: Counter[str], problem: str
) -> Held:
    sources = [source for section in document.sections for source in section.sources]
    origin = _origin(key, library)
    dates = [section.as_of for section in document.sections if section.as_of]
    return Held(
        name=document.id,
        title=document.title,
        origin=origin,
        place=key,
        reader=(PurePosixPath(key).suffix or ".html").removeprefix("."),
        pages=max((section.page or 0 for section in document.sections), default=0),
        passages=counts[document.id],
        licence=", ".join(dict.fromkeys(source.licence for source in sources)),
        as_of=max(dates, default=""),
        warnings=document.warnings,
        problem=problem,
    )


def _origin(key: str, library: Library) -> Origin:
    if key.startswith(OWN_FAQ):
        return "faq"
    if is_address(key):
        return "address"
    if key in library.added:
        return "file"
    return "shipped" if key.startswith(_SHIPPED) else "folder"


def _safe_name(name: str, data: bytes) -> str:
    """A plain name for an uploaded file; equal content under an equal name is the same file.

    Raises:
        SourceError: files of its kind cannot be read.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(last).suffix.lower()
    if suffix not in SUFFIXES:
        raise SourceError(f"“{last}” cannot be read. Choose a file of: {', '.join(SUFFIXES)}.")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", PurePosixPath(last).stem).strip("-")[:60] or "file"
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:8]}{suffix}"
