"""What is kept: masked questions for a time, ratings, switches; over a real SQLite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from kb.errors import JournalError
from kb.journal.database import Database
from kb.journal.mask import mask
from kb.journal.records import Journal

QUESTION = "Who leads the river partnership?"


@pytest.fixture
def journal(database):
    return Journal(database, keep_questions=True)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to ann.lee+x@mail.example.org, please", "write to [e-mail], please"),
        ("ann (at) example.org", "[e-mail]"),
        ("call +32 2 123 45 67 now", "call [number] now"),
        ("call (0032) 2/123.45.67", "call [number]"),
        ("tel 0470-12-34-56.", "tel [number]."),
        ("tel 912 345 678", "tel [number]"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("card 4111111111111111", "card [number]"),
        ("IBAN BE68 5390 0754 7034!", "IBAN [number]!"),
        ("ID X1234567L and RSSMRA85T10A562S", "ID [number] and [number]"),
        ("personnummer 19850312-1234", "personnummer [number]"),
        ("national number 85.07.30-033 28", "national number [number]"),
    ],
)
def test_l4_what_names_a_person_is_masked(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "funding in 2021-2027 and 2014–2020",
        "the call I3-2023-INV1 of 30.06.2025 or 2025-06-30",
        "EUR 70 000 000 in all, 1 500 000 euro each, 570.000.000 €",
        "12 partners, 34 regions, 5.7 million",
        "HORIZON-CL5-2024-D3-01",
        "What makes a partnership work?",
    ],
)
def test_what_is_harmless_stays(text):
    assert mask(text) == text


def test_l4_questions_go_after_their_time(journal, base):
    answer = base.ask(QUESTION)
    journal.keep(answer, surface="api")
    journal.rate(answer, useful=True, comment="good")
    now = datetime.now(UTC)
    assert journal.forget(90, now=now + timedelta(days=89)) == 0
    assert [q.text for q in journal.questions()] == [QUESTION]
    assert journal.ratings()[0].comment == "good"
    assert journal.forget(90, now=now + timedelta(days=91)) == 1
    assert journal.questions() == []
    assert [(r.useful, r.comment) for r in journal.ratings()] == [(True, "")]


def test_nothing_is_kept_unless_it_may_be(tmp_path, base):
    journal = Journal(Database(f"sqlite:///{tmp_path / 'none.sqlite'}"))
    journal.keep(base.ask(QUESTION), surface="api")
    assert not (tmp_path / "none.sqlite").exists()


def test_switches(journal):
    assert journal.switched_off() == {}
    journal.switch_off("chat", "one")
    journal.switch_off("chat", "two")
    journal.switch_off("api", "three")
    assert journal.switched_off() == {"chat": "two", "api": "three"}
    journal.switch_on("chat")
    journal.switch_on("chat")
    assert journal.switched_off() == {"api": "three"}


def test_processes_that_start_together_make_one_database(database_address):
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: Journal(Database(database_address)).switched_off(), range(8))
        assert list(found) == [{}] * 8


def test_a_failure_does_not_repeat_what_was_typed(database, journal, base, caplog):
    from sqlalchemy import text

    with database.engine.begin() as connection:
        connection.execute(text("drop table question"))
        connection.execute(text("drop table feedback"))
    answer = base.ask("Who leads the Zebulon partnership?")
    journal.keep(answer, surface="api")
    with pytest.raises(JournalError) as raised:
        journal.rate(answer, useful=True, comment="Zebulon")
    assert "Zebulon" not in str(raised.value) + caplog.text
