"""PostgreSQL restarted while the desk is at work: calm errors meanwhile, nothing lost, and on it goes."""

import threading

import pytest

from kb.desk.account import Actor
from kb.desk.desk import Desk
from kb.errors import JournalError
from kb.settings import load_settings
from tests.desk.test_mail import eml
from tests.postgres import PostgreSQL

DORA = Actor("dora", "drafter")


@pytest.fixture
def server(postgresql):  # the shared one tells whether a server is installed; this one is our own
    own = PostgreSQL()
    own.start()
    yield own
    own.remove()


def test_a_restart_of_the_database_is_survived(server, make_base, tmp_path):
    address = server.new_database()
    base = make_base(settings=load_settings(index=tmp_path / "index", database_url=address))
    desk, stop = Desk(base), threading.Event()
    acknowledged, refused, other = [], [], []

    def work() -> None:
        while not stop.is_set():
            try:
                acknowledged.append(desk.open(eml(), DORA))
            except JournalError as error:
                refused.append(str(error))
            except Exception as error:
                other.append(error)
                raise

    def until(true) -> None:
        while not true():
            assert all(thread.is_alive() for thread in threads), other

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(acknowledged) >= 5)
    server.stop()
    until(lambda: len(refused) >= 3)
    server.start()
    before = len(acknowledged)
    until(lambda: len(acknowledged) >= before + 5)
    stop.set()
    for thread in threads:
        thread.join()
    assert all("cannot be used just now" in message for message in refused)
    for number in acknowledged:
        assert desk.read(number, DORA).row.id == number
    base.database.engine.dispose()
