"""Accounts and sessions, on both databases, with a clock that can be moved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from kb.desk.account import Actor
from kb.desk.accounts import LOCKED, MOST_FAILURES, Accounts
from kb.errors import DeskError, NotAllowed, NotFound
from kb.journal import audit
from kb.journal.tables import Account, SignIn
from tests.desk.test_desk import Clock

PASSWORD = "a calm and long password"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(database, clock):
    made = Accounts(database, now=clock)
    made.add("dora", PASSWORD, "drafter")
    return made


def test_a_session_from_sign_in_to_sign_out(accounts, database):
    token = accounts.sign_in("dora", PASSWORD)
    assert accounts.actor(token) == Actor("dora", "drafter")
    assert accounts.actor(token + "x") is None
    with database.session() as session:
        assert token not in [s.token for s in session.scalars(select(SignIn))]
        assert PASSWORD not in session.get(Account, "dora").password
    accounts.sign_out(token)
    assert accounts.actor(token) is None


@pytest.mark.parametrize(("name", "password"), [("dora", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_what_was_wrong_is_not_told(accounts, name, password):
    with pytest.raises(NotAllowed, match="Name or password is wrong"):
        accounts.sign_in(name, password)


def test_repeated_failures_lock_out_for_a_while(accounts, clock):
    for _ in range(MOST_FAILURES):
        with pytest.raises(NotAllowed):
            accounts.sign_in("dora", "wrong")
    with pytest.raises(NotAllowed):
        accounts.sign_in("dora", PASSWORD)
    clock.now += LOCKED
    assert accounts.actor(accounts.sign_in("dora", PASSWORD))


def test_parallel_guesses_lock_out_too(accounts, database):
    def guess(number: int) -> None:
        with pytest.raises(NotAllowed):
            accounts.sign_in("dora", f"guess {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(MOST_FAILURES)))
    with pytest.raises(NotAllowed):
        accounts.sign_in("dora", PASSWORD)


@pytest.mark.parametrize(("hours", "used"), [(8.1, False), (24.1, True)])
def test_a_session_ends(accounts, clock, hours, used, database):
    token = accounts.sign_in("dora", PASSWORD)
    end = clock.now + timedelta(hours=hours)
    while used and clock.now < end - timedelta(hours=1):
        clock.now += timedelta(hours=1)
        assert accounts.actor(token)
    clock.now = end
    assert accounts.actor(token) is None
    accounts.forget_ended()
    with database.session() as session:
        assert session.scalars(select(SignIn)).all() == []


@pytest.mark.parametrize(
    "change", [{"role": "approver"}, {"password": PASSWORD * 2}, {"disabled": True}]
)
def test_a_change_ends_all_sessions(accounts, change):
    token = accounts.sign_in("dora", PASSWORD)
    accounts.change("dora", **change)
    assert accounts.actor(token) is None
    if "disabled" in change:
        with pytest.raises(NotAllowed):
            accounts.sign_in("dora", PASSWORD)
        assert accounts.by_proxy("dora") is None


def test_one_without_a_password_comes_through_the_proxy_alone(accounts):
    accounts.add("eva@example.eu", "", "approver")
    assert accounts.by_proxy("eva@example.eu") == Actor("eva@example.eu", "approver")
    for password in ("", "x" * 12):
        with pytest.raises(NotAllowed):
            accounts.sign_in("eva@example.eu", password)


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [("Dora", PASSWORD, "drafter"), ("code", PASSWORD, "drafter"), ("dora", PASSWORD, "drafter"),
     ("emil", "too short", "drafter"), ("emil", PASSWORD, "king")],
)  # fmt: skip
def test_bad_accounts_are_refused(accounts, name, password, role):
    with pytest.raises(DeskError):
        accounts.add(name, password, role)
    assert [a.name for a in accounts.all()] == ["dora"]


def test_an_unknown_account_cannot_be_changed(accounts):
    with pytest.raises(NotFound, match="emil"):
        accounts.change("emil", role="approver")


def test_all_of_it_is_in_the_audit_log(accounts, database):
    with pytest.raises(NotAllowed):
        accounts.sign_in("dora", "wrong")
    accounts.sign_out(accounts.sign_in("dora", PASSWORD))
    accounts.change("dora", role="approver", by="ada")
    with database.session() as session:
        found = [(e.account, e.action) for e in reversed(audit.entries(session))]
    assert found == [
        ("operator", "account added"), ("dora", "sign-in failed"), ("dora", "signed in"),
        ("dora", "signed out"), ("ada", "account changed"),
    ]  # fmt: skip
