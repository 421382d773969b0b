"""A backup taken under writing, and what comes back, on both databases and across them."""

import io
import os
import tarfile
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from kb.backup import backup, restore
from kb.desk.account import Actor
from kb.desk.accounts import Accounts
from kb.desk.desk import Desk
from kb.errors import BackupError, IndexMissing
from kb.index.generations import Generations
from kb.journal.database import Database
from kb.journal.tables import ApprovedAnswer, AuditEntry, Sum
from kb.settings import load_settings
from tests.desk.test_mail import eml

ANTON = Actor("anton", "approver")
MAIL = eml("Dear all,\n\nwho leads the river partnership?\n\nMaria Rossi")


@pytest.fixture
def base(base_on_each):
    return base_on_each


def elsewhere(folder, address=None):
    address = address or f"sqlite:///{folder / 'other' / 'database.sqlite'}"
    return load_settings(index=folder / "other" / "index", database_url=address)


def work(desk, stop, done):
    while not stop.is_set():
        number = desk.open(MAIL, ANTON)
        desk.approve(number, desk.read(number, ANTON).version, ANTON)
        done.append(number)


def test_a_backup_under_writing_restores_to_one_moment(base, tmp_path):
    desk, stop, done = Desk(base), threading.Event(), []
    worker = threading.Thread(target=work, args=(desk, stop, done))
    worker.start()
    while len(done) < 2:
        assert worker.is_alive()
    before = list(done)
    assert backup(base.settings, tmp_path / "b.tar.gz") > 5
    stop.set()
    worker.join()
    assert os.stat(tmp_path / "b.tar.gz").st_mode & 0o777 == 0o600

    settings = elsewhere(tmp_path)
    assert restore(settings, tmp_path / "b.tar.gz") == base.manifest.name
    assert Generations(settings.index).check(base.manifest.name) == base.manifest
    restored = Database(settings.database_url)
    with restored.session() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        approved = set(session.scalars(select(ApprovedAnswer.inquiry_id)))
        noted = set(session.scalars(select(AuditEntry.item).where(AuditEntry.action == "approve")))
        assert set(before) <= approved
        assert noted == {f"inquiry {number}" for number in approved}
        assert session.scalar(select(Sum.count).where(Sum.measure == "approved")) == len(approved)
    again = Desk(type(base).open(settings=settings, embedder=base.embedder, corpus=base._corpus))
    opened = again.read(before[0], ANTON)
    assert opened.row.state == "approved"
    assert opened.work == desk.read(before[0], ANTON).work


def test_across_databases_numbers_go_on(base, tmp_path, postgresql):
    desk = Desk(base)
    number = desk.open(MAIL, ANTON)
    Accounts(base.database).add("ada", "a calm and long password", "administrator")
    backup(base.settings, tmp_path / "b.tar.gz")
    settings = elsewhere(tmp_path, postgresql.new_database())
    restore(settings, tmp_path / "b.tar.gz")
    other = type(base).open(settings=settings, embedder=base.embedder, corpus=base._corpus)
    assert Desk(other).open(MAIL, ANTON) == number + 1
    assert Accounts(other.database).sign_in("ada", "a calm and long password")
    other.database.engine.dispose()


def test_nothing_is_written_over(base, tmp_path):
    Desk(base).open(MAIL, ANTON)
    backup(base.settings, tmp_path / "b.tar.gz")
    with pytest.raises(BackupError, match="already"):
        restore(base.settings, tmp_path / "b.tar.gz")
    other = load_settings(index=tmp_path / "new" / "index", database_url=base.settings.database_url)
    with pytest.raises(BackupError, match="rows already"):
        restore(other, tmp_path / "b.tar.gz")
    assert not (tmp_path / "new" / "index").exists()


def archive(path, members):
    with tarfile.open(path, "w:gz") as made:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"../evil": b"x"}, "no part"),
        ({"index/../../evil": b"x"}, "no part"),
        ({"/etc/evil": b"x"}, "no part"),
        ({"index/current": b"x"}, "no backup"),
        (
            {"manifest.json": b'{"members": {"index/current": "0"}}', "index/current": b"x"},
            "damaged",
        ),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, members, problem):
    with pytest.raises(BackupError, match=problem):
        restore(elsewhere(tmp_path), archive(tmp_path / "x.tar.gz", members))
    assert not (tmp_path / "other").exists()


def test_a_cut_archive_and_a_missing_index(base, tmp_path):
    backup(base.settings, tmp_path / "b.tar.gz")
    whole = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupError):
        restore(elsewhere(tmp_path), tmp_path / "cut.tar.gz")
    with pytest.raises(IndexMissing):
        backup(elsewhere(tmp_path), tmp_path / "none.tar.gz")
    assert not list(tmp_path.glob("none*"))


def test_moments_and_bytes_come_back_as_they_were(base, tmp_path):
    desk = Desk(base, now=lambda: datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC))
    number = desk.open(MAIL, ANTON)
    backup(base.settings, tmp_path / "b.tar.gz")
    settings = elsewhere(tmp_path)
    restore(settings, tmp_path / "b.tar.gz")
    other = type(base).open(settings=settings, embedder=base.embedder, corpus=base._corpus)
    assert Desk(other).read(number, ANTON).row.received == desk.read(number, ANTON).row.received
    assert Desk(other).read(number, ANTON).mail == desk.read(number, ANTON).mail
