"""An older database is brought up to date with all that it holds."""

from datetime import UTC, datetime
from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Integer, LargeBinary, String, create_engine, insert, select, text

from kb.journal.database import Database
from kb.journal.tables import ApprovedAnswer, Base, Moment, StoredInquiry

MOMENT = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_table_made_anew_keeps_its_rows_and_those_that_refer_to_them(database_address):
    older = create_engine(database_address.replace("postgresql:", "postgresql+psycopg:"))
    config = Config()
    config.set_main_option("script_location", str(files("kb.journal") / "migrations"))
    with older.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(insert(StoredInquiry).values(id=7, **_some(StoredInquiry)))
        connection.execute(insert(ApprovedAnswer).values(inquiry_id=7, **_some(ApprovedAnswer)))
    older.dispose()
    newer = Database(database_address)
    with newer.session() as session:
        assert session.scalars(select(StoredInquiry.id)).all() == [7]
        assert session.scalars(select(ApprovedAnswer.inquiry_id)).all() == [7]
        if newer.engine.dialect.name == "sqlite":
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
    newer.engine.dispose()


def _some(table: type[Base]) -> dict[str, object]:
    """A value for each column that must have one."""
    kinds = {Integer: 1, Moment: MOMENT, LargeBinary: b"x", JSON: {}, String: "x"}
    return {
        column.name: next(v for kind, v in kinds.items() if isinstance(column.type, kind))
        for column in table.__table__.columns
        if not column.nullable and not column.primary_key
    }
