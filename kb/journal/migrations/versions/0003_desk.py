"""The secretariat's desk: inquiries, approved answers, accounts, the audit log, FAQ entries, sums."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True)
_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ],
}


def upgrade() -> None:
    """Create the tables."""
    _inquiries()
    _accounts()
    _faq()
    op.create_table(
        "sum",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("measure", sa.String(32), primary_key=True),
        sa.Column("surface", sa.String(16), primary_key=True),
        sa.Column("language", sa.String(8), primary_key=True),
        sa.Column("topic", sa.String(200), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("total", sa.Float, nullable=False),
    )


def _inquiries() -> None:
    op.create_table(
        "inquiry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created", _MOMENT, nullable=False, index=True),
        sa.Column("received", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("held", _MOMENT, nullable=True),
        sa.Column("approved", _MOMENT, nullable=True),
        sa.Column("approver", sa.String(64), nullable=False),
        sa.Column("editors", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("from_name", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("handover", sa.String(32), nullable=True),
        sa.Column("thread", sa.JSON, nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
        sa.Column("mail", sa.LargeBinary, nullable=False),
        sa.Column("work", sa.JSON, nullable=False),
    )
    op.create_table(
        "approved_answer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "inquiry_id",
            sa.Integer,
            sa.ForeignKey("inquiry.id", ondelete="SET NULL"),
            nullable=True,
            index=True,
        ),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("citations", sa.JSON, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("approved", _MOMENT, nullable=False),
        sa.Column("approver", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("moment", _MOMENT, nullable=False, index=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("item", sa.String(80), nullable=False, index=True),
    )
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "account",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", _MOMENT, nullable=True),
    )
    op.create_table(
        "sign_in",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column(
            "account",
            sa.String(64),
            sa.ForeignKey("account.name", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("used", _MOMENT, nullable=False),
    )


def _faq() -> None:
    op.create_table(
        "faq_entry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_as", sa.JSON, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("approver", sa.String(64), nullable=False),
        sa.Column("cleaned_by", sa.String(64), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("expires", sa.Date, nullable=False),
    )
    op.create_table(
        "faq_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "entry_id",
            sa.Integer,
            sa.ForeignKey("faq_entry.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("moment", _MOMENT, nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_as", sa.JSON, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.Column("expires", sa.Date, nullable=False),
    )
