"""Accounts: names, passwords and sessions -> who acts at the desk.

Passwords are kept as argon2id hashes (RFC 9106), sessions as the SHA-256 of their token. Messages never tell
whether it was the name or the password that was wrong.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from kb.desk.account import Actor
from kb.desk.reply_work import BY_CODE
from kb.errors import DeskError, NotAllowed, NotFound
from kb.journal import audit
from kb.journal.database import Database
from kb.journal.tables import Account, Role, SignIn

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
UNUSED = timedelta(hours=8)
LONGEST = timedelta(hours=24)
_NOTED_EVERY = timedelta(minutes=1)  # the use of a session is not written with each call
_NAME = re.compile(r"[a-z0-9._@-]{2,64}")
_WRONG = "Name or password is wrong, or the account is locked for some minutes. Please try again."


class Accounts:
    """The accounts of one database."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Read and write a database."""
        self._session = database.session
        self._now = now
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def add(self, name: str, password: str, role: str, *, by: str = "operator") -> None:
        """Make an account.

        Args:
            password: empty for one that signs in through a reverse proxy alone.
            by: who makes it, for the audit log.

        Raises:
            DeskError: name, password or role is not usable, or the name is taken.
        """
        if not _NAME.fullmatch(name) or name == BY_CODE:
            raise DeskError(
                f"'{name}' cannot be a name: 2 to 64 small letters, digits and . _ @ - are taken."
            )
        _require_role(role)
        hashed = self._hash(password) if password else ""
        with self._session() as session:
            if session.get(Account, name):
                raise DeskError(f"There is an account '{name}' already.")
            session.add(
                Account(
                    name=name, password=hashed, role=role, created=self._now(), disabled=False,
                    failures=0, locked_until=None,
                )
            )  # fmt: skip
            self._note(session, by, "account added", name)

    def change(
        self,
        name: str,
        *,
        role: str | None = None,
        password: str | None = None,
        disabled: bool | None = None,
        by: str = "operator",
    ) -> None:
        """Change an account; its sessions end.

        Raises:
            NotFound: there is no such account.
            DeskError: role or password is not usable.
        """
        if role is not None:
            _require_role(role)
        hashed = self._hash(password) if password is not None else None
        with self._session() as session:
            account = session.get(Account, name)
            if account is None:
                raise NotFound(f"There is no account '{name}'. See: kb user list")
            if role is not None:
                account.role = role
            if hashed is not None:
                account.password, account.failures, account.locked_until = hashed, 0, None
            if disabled is not None:
                account.disabled = disabled
            session.execute(delete(SignIn).where(SignIn.account == name))
            self._note(session, by, "account changed", name)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._session() as session:
            return list(session.scalars(select(Account).order_by(Account.name)))

    def sign_in(self, name: str, password: str) -> str:
        """Check a password and begin a session.

        Returns:
            The session's token.

        Raises:
            NotAllowed: name or password is wrong, or the account is locked or disabled.
        """
        now = self._now()
        with self._session() as session:
            account = session.get(Account, name)
            locked = bool(account and account.locked_until and account.locked_until > now)
            hashed = account.password if account and account.password else self._nobody
        right = self._is_right(hashed, password)  # also for nobody, so that time tells nothing
        if account is None or locked or account.disabled or not account.password:
            raise NotAllowed(_WRONG)
        if not right:
            self._fail(name, now)
            raise NotAllowed(_WRONG)
        token = secrets.token_urlsafe(32)
        with self._session() as session:
            # Parallel guesses: who was locked out meanwhile does not pass with a right one.
            passed = session.execute(
                update(Account)
                .where(
                    Account.name == name,
                    Account.disabled.is_(False),
                    Account.locked_until.is_(None) | (Account.locked_until <= now),
                )
                .values(failures=0, locked_until=None)
            )
            if not passed.rowcount:  # type: ignore[attr-defined]
                raise NotAllowed(_WRONG)
            if self._hasher.check_needs_rehash(hashed):
                session.execute(
                    update(Account)
                    .where(Account.name == name)
                    .values(password=self._hasher.hash(password))
                )
            session.add(SignIn(token=_digest(token), account=name, created=now, used=now))
            self._note(session, name, "signed in", name)
        return token

    def actor(self, token: str) -> Actor | None:
        """Who a session belongs to; None where it has ended."""
        now = self._now()
        with self._session() as session:
            found = session.get(SignIn, _digest(token))
            if found is None or now - found.used > UNUSED or now - found.created > LONGEST:
                return None
            account = session.get(Account, found.account)
            if account is None or account.disabled:
                return None
            if now - found.used > _NOTED_EVERY:
                found.used = now
            return Actor(account.name, cast(Role, account.role))

    def by_proxy(self, name: str) -> Actor | None:
        """Who a reverse proxy names; None where there is no such account."""
        with self._session() as session:
            account = session.get(Account, name)
            if account is None or account.disabled:
                return None
            return Actor(account.name, cast(Role, account.role))

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._session() as session:
            found = session.get(SignIn, _digest(token))
            if found:
                session.delete(found)
                self._note(session, found.account, "signed out", found.account)

    def forget_ended(self) -> None:
        """Delete sessions that have ended."""
        now = self._now()
        ended = (SignIn.used < now - UNUSED) | (SignIn.created < now - LONGEST)
        with self._session() as session:
            session.execute(delete(SignIn).where(ended))

    def _fail(self, name: str, now: datetime) -> None:
        """Count a wrong password, in one step, and lock the account at the last that is allowed."""
        failed = Account.failures + 1
        with self._session() as session:
            session.execute(
                update(Account)
                .where(Account.name == name)
                .values(
                    failures=case((failed >= MOST_FAILURES, 0), else_=failed),
                    locked_until=case(
                        (failed >= MOST_FAILURES, now + LOCKED), else_=Account.locked_until
                    ),
                )
            )
            self._note(session, name, "sign-in failed", name)

    def _is_right(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise DeskError(f"A password needs at least {SHORTEST_PASSWORD} characters.")
        return self._hasher.hash(password)

    def _note(self, session: Session, account: str, action: str, name: str) -> None:
        audit.record(
            session, account=account, action=action, item=f"account {name}", now=self._now()
        )


def _require_role(role: str) -> None:
    if role not in get_args(Role):
        raise DeskError(f"'{role}' is no role. Roles: {', '.join(get_args(Role))}.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
