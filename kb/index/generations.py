"""Generations: each build of the index is a folder of its own; a pointer names the live one.

    index/
      lock                   held by the one process that writes
      current                name of the live generation; replaced in one step
      sources.json           what has been added and withdrawn
      generations/NAME/      documents.json, passages.json, words.npy, lexical/, vectors/, manifest.json

A build writes beside the live generation and its manifest last; a reader sees a whole generation or
none. The one before the live one is kept to fall back on, unless it holds what was taken out since.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kb.errors import IndexDamaged, IndexLocked, IndexMissing

MANIFEST = "manifest.json"
LAYOUT = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was made from and with.

    Attributes:
        name: of the generation.
        content: hash over sources, model and splitter; equal input gives equal content.
        sources: by key, the hash of each file or page and the ids of its documents.
        counts: documents, passages, vectors.
        files: hash of every file but Chroma's own database, which changes when it is opened.
        problems: sources that could not be read, with the reason.
    """

    name: str
    created: str
    content: str
    fingerprint: dict[str, Any]
    splitter: str
    sources: dict[str, dict[str, Any]]
    counts: dict[str, int]
    files: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    layout: int = LAYOUT


class Generations:
    """The folder that holds all generations of one index."""

    POINTER = "current"

    def __init__(self, folder: Path) -> None:
        """Point at an index folder; it need not exist yet."""
        self.folder = folder.expanduser()
        self._pointer = self.folder / self.POINTER
        self._root = self.folder / "generations"

    @contextlib.contextmanager
    def writing(self, *, wait: float = 0) -> Iterator[None]:
        """Hold the index for writing.

        Args:
            wait: seconds that another process is given to come to its end.

        Raises:
            IndexLocked: another process holds it, or the folder cannot be written.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=wait)
            lock.acquire()
        except Timeout:
            raise IndexLocked(
                f"Another process is writing the index in {self.folder}. Try again when it is done."
            ) from None
        except OSError as error:
            raise IndexLocked(
                f"The index folder {self.folder} cannot be written ({error.strerror}). "
                "Choose another with --index."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def current(self) -> str:
        """Name of the live generation.

        Raises:
            IndexMissing: there is none yet.
        """
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except OSError:
            raise IndexMissing(f"There is no index in {self.folder}. Run: kb ingest") from None

    def usable(self) -> list[str]:
        """Whole generations, the live one first, then the newest."""
        names = sorted((p.parent.name for p in self._root.glob(f"*/{MANIFEST}")), reverse=True)
        with contextlib.suppress(IndexMissing):
            live = self.current()
            names.sort(key=lambda name: name != live)
        return names

    def path(self, name: str) -> Path:
        """Folder of a generation."""
        return self._root / name

    def manifest(self, name: str) -> Manifest:
        """Read a generation's manifest.

        Raises:
            IndexDamaged: it is missing or not valid.
        """
        path = self.path(name) / MANIFEST
        try:
            return Manifest(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise IndexDamaged(
                f"The index in {self.folder} is damaged: {path.name} of generation {name} cannot "
                "be read. Run: kb ingest --rebuild"
            ) from error

    def check(self, name: str) -> Manifest:
        """Compare a generation's files with its manifest.

        Raises:
            IndexDamaged: a file is missing or has changed; names it.
        """
        manifest = self.manifest(name)
        if manifest.layout != LAYOUT:
            raise IndexDamaged(
                f"The index in {self.folder} has layout {manifest.layout}, this program reads "
                f"{LAYOUT}. Run: kb ingest --rebuild"
            )
        for file, expected in manifest.files.items():
            path = self.path(name) / file
            if not path.is_file() or _sha256(path) != expected:
                raise IndexDamaged(
                    f"The index in {self.folder} is damaged: {file} of generation {name} is "
                    "missing or has changed. Run: kb ingest --rebuild"
                )
        return manifest

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, with the hash of every file, as the last file of a generation."""
        folder = self.path(manifest.name)
        files = {
            path.relative_to(folder).as_posix(): _sha256(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith("chroma.sqlite3")
        }
        values = asdict(manifest) | {"files": files}
        _write(folder / MANIFEST, json.dumps(values, indent=1, sort_keys=True))

    def promote(self, name: str) -> None:
        """Make a finished generation the live one, and forget all but it and the one before.

        That one is forgotten too where it holds a document that is not in the new one: what was taken
        out must not come back when the live generation is damaged.
        """
        _write(self._pointer, name + "\n")
        documents = self._documents(name)
        for place, old in enumerate(self.usable()[1:]):
            with contextlib.suppress(IndexDamaged):
                if place == 0 and self._documents(old) <= documents:
                    continue
            shutil.rmtree(self.path(old), ignore_errors=True)

    def _documents(self, name: str) -> set[str]:
        """Ids of the documents of a generation."""
        sources = self.manifest(name).sources.values()
        return {document for source in sources for document in source["documents"]}

    def discard_unfinished(self) -> None:
        """Remove what a build that was killed left behind."""
        for path in self._root.iterdir():
            if not (path / MANIFEST).is_file():
                shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, also after a power cut."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
