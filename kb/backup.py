"""Backup: index, database and FAQ folder -> one archive, taken while serving; and back again.

    manifest.json           program version, time, SHA-256 of every other member
    database/TABLE.jsonl    the rows of a table, of one moment
    index/…                 the live generation, its pointer and the list of sources
    faq/…                   the secretariat's own FAQ

The index is held for writing meanwhile, so that no build and no publication falls in between.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from kb.errors import BackupError, IndexMissing
from kb.index.generations import Generations
from kb.journal.database import Database
from kb.journal.tables import Base
from kb.settings import Settings

WAIT_SECONDS = 120
_MANIFEST = "manifest.json"
_ROOMS = ("database", "index", "faq")


def backup(settings: Settings, target: Path) -> int:
    """Write an archive; it appears under its name when it is whole.

    Returns:
        Number of its members.

    Raises:
        IndexLocked: another process writes the index for too long.
        IndexMissing: there is no index yet.
        BackupError: the archive cannot be written.
    """
    generations = Generations(settings.index)
    beside = target.with_name(f"{target.name}.part")
    members: dict[str, str] = {}
    try:
        with generations.writing(wait=WAIT_SECONDS):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                os.fdopen(descriptor, "wb") as file,
                tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive,
            ):
                for name, data in _members(settings, generations):
                    members[name] = hashlib.sha256(data).hexdigest()
                    _add(archive, name, data)
                about = {
                    "version": version("partnership-assistant"),
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                    "members": members,
                }
                _add(archive, _MANIFEST, json.dumps(about, indent=1).encode())
                archive.close()
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)
    return len(members)


def restore(settings: Settings, source: Path) -> str:
    """Put an archive in place, on a machine where nothing is yet.

    Returns:
        Name of the live generation.

    Raises:
        BackupError: the archive is damaged, or there is something already; nothing is changed.
    """
    members = _read(source)
    database = Database(settings.database_url)
    index, faq = settings.index.expanduser(), settings.faq.expanduser()
    if (index / "current").exists() or (faq.is_dir() and any(faq.glob("*.md"))):
        raise BackupError(
            f"There is an index in {index} or an FAQ in {faq} already. Restore to empty places: "
            "set KB_INDEX and KB_FAQ."
        )
    with database.session() as session:
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)):
                raise BackupError(
                    f"The database holds rows already (table {table.name}). Restore to an empty one: "
                    "set KB_DATABASE_URL."
                )
        for table in Base.metadata.sorted_tables:
            _put_rows(session, table, members.get(f"database/{table.name}.jsonl", b""))
        pointer = f"index/{Generations.POINTER}"
        for name in sorted(members, key=lambda name: name == pointer):  # the pointer comes last
            room, _, path = name.partition("/")
            if room in ("index", "faq"):
                place = (index if room == "index" else faq) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(members[name])
    return Generations(index).current()


def _members(settings: Settings, generations: Generations) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything that is kept."""
    live = generations.current()
    yield from _rows(Database(settings.database_url))
    folder = generations.folder
    files = [folder / Generations.POINTER, folder / "sources.json"]
    files += sorted((folder / "uploads").glob("*"))
    files += sorted(p for p in generations.path(live).rglob("*") if p.is_file())
    for path in files:
        if path.is_file():
            yield f"index/{path.relative_to(folder).as_posix()}", path.read_bytes()
    faq = settings.faq.expanduser()
    for path in sorted(faq.glob("*.md")) if faq.is_dir() else ():
        yield f"faq/{path.name}", path.read_bytes()


def _rows(database: Database) -> Iterator[tuple[str, bytes]]:
    """The rows of all tables, as they were in one moment."""
    with database.session() as session:
        if database.engine.dialect.name == "sqlite":
            session.execute(text("BEGIN"))  # the driver begins none for reading
        else:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        for table in Base.metadata.sorted_tables:
            lines = [
                json.dumps({k: _plain(v) for k, v in row.items()}, ensure_ascii=False)
                for row in session.execute(select(table)).mappings()
            ]
            yield f"database/{table.name}.jsonl", "".join(f"{x}\n" for x in lines).encode()


def _put_rows(session: Session, table: Table, data: bytes) -> None:
    rows = [
        {name: _typed(value) for name, value in json.loads(line).items()}
        for line in data.decode().splitlines()
    ]
    if rows:
        session.execute(insert(table), rows)
    if session.get_bind().dialect.name == "postgresql" and "id" in table.c:
        # Numbers were given by hand; the next one must be a new one.
        session.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                f"greatest((SELECT max(id) FROM {table.name}), 1), "
                f"EXISTS (SELECT 1 FROM {table.name}))"
            )
        )


def _plain(value: Any) -> Any:
    """A value of a column, for JSON."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    return {"$day": value.isoformat()} if isinstance(value, date) else {"$": value}


def _typed(value: dict[str, Any]) -> Any:
    """What ``_plain`` was given."""
    ((kind, plain),) = value.items()
    if kind == "$bytes":
        return base64.b64decode(plain)
    if kind == "$moment":
        return datetime.fromisoformat(plain)
    return date.fromisoformat(plain) if kind == "$day" else plain


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


def _read(source: Path) -> dict[str, bytes]:
    """Content of every member, compared with the manifest."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() else None
                if file is None or not _is_ours(member.name):
                    raise BackupError(f"{source} holds '{member.name}', which is no part of one.")
                found[member.name] = file.read()
        wanted = json.loads(found.pop(_MANIFEST))["members"]
    except (OSError, tarfile.TarError, EOFError, KeyError, ValueError, TypeError) as error:
        raise BackupError(f"{source} is no backup that can be read: {error}.") from error
    if {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} != wanted:
        raise BackupError(f"{source} is damaged: a member is missing or has changed.")
    if f"index/{Generations.POINTER}" not in found:
        raise IndexMissing(f"{source} holds no index.")
    return found


def _is_ours(name: str) -> bool:
    """Whether a member may be written: a plain path below one of our rooms."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return name == _MANIFEST or (plain and len(path.parts) > 1 and path.parts[0] in _ROOMS)
