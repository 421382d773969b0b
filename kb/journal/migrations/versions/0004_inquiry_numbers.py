"""An inquiry's number is never given again: the audit log names inquiries by it."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Let SQLite remember the highest number; PostgreSQL does."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table(
            "inquiry", recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass
