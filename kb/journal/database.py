"""Database: an address -> transactions over tables that are up to date (SQLite in WAL mode, PostgreSQL)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from kb.errors import ChangedMeanwhile, JournalError

BUSY_SECONDS = 10
_MIGRATING = 5_317_204  # any number: the key of the lock under which PostgreSQL tables are changed


class Database:
    """One database; it is opened on first use."""

    def __init__(self, address: str) -> None:
        """Point at an address, as KB_DATABASE_URL holds it."""
        self._address = address
        self._opened: Engine | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The open database.

        Raises:
            JournalError: it cannot be opened.
        """
        with self._lock:
            if self._opened is None:
                self._opened = open_database(self._address)
            return self._opened

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction; what is read from it stays usable after it.

        Raises:
            JournalError: the database cannot be used.
            ChangedMeanwhile: a row that was changed here has been changed by somebody else.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except StaleDataError:
            raise ChangedMeanwhile("Somebody else has saved this in the meantime.") from None
        except SQLAlchemyError as error:
            # The statement's values stay out of the message: they may hold what a person typed.
            reason = type(getattr(error, "orig", None) or error).__name__
            raise JournalError(
                f"The database cannot be used just now ({reason}). Check KB_DATABASE_URL."
            ) from error


def open_database(address: str) -> Engine:
    """Connect and bring the tables up to date.

    Raises:
        JournalError: the database cannot be opened; names it without its password.
    """
    url = make_url(address)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    try:
        if url.get_backend_name() == "sqlite":
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
            event.listen(engine, "connect", _prepare_sqlite)
            with FileLock(f"{url.database}.lock"):  # processes that start together take turns
                _migrate(engine)
        else:
            engine = create_engine(url, pool_pre_ping=True)
            _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise JournalError(
            f"The journal {url.render_as_string(hide_password=True)} cannot be opened ({reason}). "
            "Check KB_DATABASE_URL."
        ) from error
    return engine


def _prepare_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("kb.journal") / "migrations"))
    with _without_foreign_keys(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """A connection on which a table can be made anew without a trace in those that refer to it.

    SQLite changes a table by copying and dropping it, and a foreign key would take that for deleted rows.
    """
    with engine.connect() as connection:
        of_sqlite = (
            connection.connection.driver_connection if engine.dialect.name == "sqlite" else None
        )
        if of_sqlite:
            of_sqlite.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            if of_sqlite:
                of_sqlite.execute("PRAGMA foreign_keys=ON")
