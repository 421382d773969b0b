"""A content owner's way with an entry of the own FAQ, on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest

from kb.desk.account import Actor
from kb.desk.desk import Desk
from kb.desk.entries import Change
from kb.desk.faq import BY_FILE, Faq, forget_proposals
from kb.errors import ChangedMeanwhile, DeskError, IndexLocked, NotAllowed, NotFound, SourceError
from kb.journal import audit
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.desk.test_desk import ANTON, DORA, Clock, edit_of
from tests.desk.test_mail import eml

QUESTION = "Where is the zebra crossing?"
TEXT = "The zebra crossing lies beside the harbour.\n\n- It is painted in **spring**.\n- It is lit."


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def base(base_on_each):
    return base_on_each


@pytest.fixture
def settings(base):
    return base.settings


@pytest.fixture
def faq(base, clock):
    return Faq(base, now=clock)


@pytest.fixture
def name(faq):
    return faq.propose(QUESTION, TEXT, DORA, asked_as=["zebra way"], sources=["S1"])


def publish(faq: Faq, name: str, actor: Actor = ANTON) -> None:
    faq.confirm_clean(name, faq.read(name).version, DORA)
    faq.publish(name, faq.read(name).version, actor)


def save(faq: Faq, name: str, actor: Actor = DORA, **changes: object) -> None:
    entry = faq.read(name)
    faq.save(name, entry.version, replace(entry.wording, **changes), actor)


def file_of(base: KnowledgeBase, name: str) -> Path:
    return base.settings.faq / f"{name}.md"


def cited(base: KnowledgeBase, question: str = QUESTION) -> list[str]:
    return [citation.document_id for citation in base.ask(question).citations]


def test_from_proposal_to_answer_to_withdrawal(base, faq, name, make_base, settings):
    other = make_base(settings=settings)
    assert cited(other) == []
    with pytest.raises(DeskError, match="Confirm first"):
        faq.publish(name, faq.read(name).version, ANTON)
    faq.confirm_clean(name, faq.read(name).version, DORA)
    with pytest.raises(NotAllowed):
        faq.publish(name, faq.read(name).version, DORA)
    faq.publish(name, faq.read(name).version, ANTON)
    answer = other.ask(QUESTION)
    assert {c.document_id for c in answer.citations} == {f"own-faq/{name}"}
    assert "beside the harbour" in answer.text
    assert [s.id for s in answer.citations[0].sources] == ["S1"]
    assert answer.citations[0].wording == "summary"
    entry = faq.read(name)
    assert (entry.state, entry.author, entry.approver, entry.cleaned_by) == (
        "published", "dora", "anton", "dora",
    )  # fmt: skip
    assert entry.live == entry.wording
    assert entry.wording.expires == date(2027, 6, 1)

    faq.withdraw(name, entry.version, ANTON)
    assert cited(other) == []
    assert not file_of(base, name).exists()
    assert faq.read(name).live is None
    with base.database.session() as session:
        log = audit.entries(session, item=f"faq {name}")
    assert [(e.account, e.action) for e in reversed(log)] == [
        ("dora", "propose"), ("dora", "confirm"), ("anton", "publish"), ("anton", "withdraw"),
    ]  # fmt: skip
    other.database.engine.dispose()


def test_the_file_can_be_read_by_people(base, faq, name):
    publish(faq, name)
    assert (
        file_of(base, name).read_text()
        == f"""---
title: {QUESTION}
kind: faq
wording: summary
author: dora
approver: anton
---

## {QUESTION}
<!-- sources: S1 · as of: 2026-06-01 · valid until: 2027-06-01 -->
{TEXT}

<!-- asked as:
zebra way
-->
"""
    )


def test_what_is_edited_goes_live_with_the_next_publishing(base, faq, name):
    publish(faq, name)
    save(faq, name, text="The zebra crossing has moved to the market.")
    entry = faq.read(name)
    assert entry.state == "proposed"
    assert entry.cleaned_by == ""
    assert entry.live.text == TEXT
    assert "harbour" in base.ask(QUESTION).text
    publish(faq, name)
    assert "market" in base.ask(QUESTION).text
    newest, edited, *_ = faq.history(name)
    assert (newest.state, newest.account) == ("published", "anton")
    assert {c.kind for c in newest.changes} == {"same"}
    assert Change("added", "The zebra crossing has moved to the market.") in edited.changes
    assert Change("removed", "- It is lit.") in edited.changes
    assert Change("same", QUESTION) in edited.changes


def test_saving_the_same_changes_nothing(faq, name):
    faq.confirm_clean(name, 1, DORA)
    save(faq, name, question="  Where is the zebra\r\ncrossing ")
    assert faq.read(name).cleaned_by == "dora"
    assert len(faq.history(name)) == 1


def test_the_second_to_save_is_told(faq, name):
    entry = faq.read(name)
    save(faq, name, text="One.")
    with pytest.raises(ChangedMeanwhile):
        faq.save(name, entry.version, replace(entry.wording, text="Two."), ANTON)
    assert faq.read(name).wording.text == "One."
    with pytest.raises(NotFound):
        faq.read("nothing")


def test_of_two_who_publish_at_once_one_is_told(faq, name):
    faq.confirm_clean(name, 1, DORA)
    told = []

    def go() -> None:
        try:
            faq.publish(name, 2, ANTON)
        except ChangedMeanwhile as error:
            told.append(error)

    threads = [Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    assert [v.state for v in faq.history(name)] == ["published", "proposed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "empty"),
        ({"sources": ()}, "No source"),
        ({"sources": ("S9",)}, "no source 'S9'"),
        ({"text": "See <b>this</b>."}, "no html inline"),
        ({"text": "<!-- sources: S2 -->"}, "no html block"),
        ({"text": "## Another?\n\nText."}, "no heading"),
        ({"text": "Title\n---"}, "no heading"),
        ({"text": "One.\n\n---"}, "no hr"),
        ({"text": "![x](https://example.europa.eu/lessons)"}, "no image"),
        ({"text": "- one\n  - two"}, "list inside a list"),
        ({"text": "| a | b |\n|---|---|\n| c | d |"}, "no table"),
        ({"text": "Go [there](https://evil.example/)."}, "links to https://evil.example/"),
        ({"text": "Go [there](mailto:a@b.example)."}, "links to mailto:a@b.example"),
        ({"text": "Go to https://evil.example/x."}, "links to https://evil.example/x"),
        ({"text": "It is so [1]."}, r"mark \[1\]"),
        ({"question": "What is *that*?"}, "read as Markdown"),
        ({"question": "What is <!-- x --> that?"}, "read as Markdown"),
        ({"asked_as": ("how --> now",)}, "A way to ask holds"),
    ],
)
@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_what_breaks_a_rule_is_not_published(base, faq, name, changes, message):
    save(faq, name, **changes)
    faq.confirm_clean(name, faq.read(name).version, DORA)
    with pytest.raises(DeskError, match=message):
        faq.publish(name, faq.read(name).version, ANTON)
    assert any(message.split("\\")[0] in problem for problem in faq.problems(name))
    assert not file_of(base, name).exists()


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_what_stands_in_a_file_is_what_was_written(base, faq):
    texts = [
        "Plain: yes, 'quoted' \"twice\", 5 < 6 & more.",
        "A [link](https://example.europa.eu/lessons) to https://example.europa.eu/lessons.",
        "1. first\n2. second\n\nSecond paragraph\nwith a line.",
        "Ünïcode, Ελλάδα, България — all of it.",
        "kind: faq · sources: S2",
    ]
    for number, text in enumerate(texts):
        name = faq.propose(
            f"What: is 'number' {number} · really?", text, DORA,
            sources=["S2", "S1"], asked_as=["a: b", "# c", "- d"],
        )  # fmt: skip
        publish(faq, name)
    versions = {e.name: e.version for e in faq.entries()}
    faq.reconcile()
    assert {e.name: e.version for e in faq.entries()} == versions
    assert base.library.added == {}
    documents = [d for d in base.documents() if d.id.startswith("own-faq/")]
    assert len(documents) == len(texts)
    assert documents[0].sections[0].asked_as == ("a: b", "# c", "- d")


def test_an_approved_reply_becomes_an_entry_without_personal_data(base, faq, clock):
    desk = Desk(base, now=clock)
    number = desk.open(eml("Who leads the river partnership?\n\nMaria Rossi"), DORA)
    opened = desk.read(number, DORA)
    part = opened.work.parts[0]
    greeted = f"Maria Rossi, {part.body.text}"
    desk.save(number, opened.version, edit_of(opened, parts={part.id: greeted}), DORA)
    (sentence,) = desk.read(number, DORA).work.unchecked()
    desk.confirm(number, opened.version + 1, sentence.key, DORA)
    with pytest.raises(DeskError, match="approved"):
        faq.propose_from(number, part.id, DORA)
    desk.approve(number, desk.read(number, DORA).version, ANTON)
    name = faq.propose_from(number, part.id, DORA)
    entry = faq.read(name)
    assert "Rossi" not in entry.wording.question + entry.wording.text
    assert "[name], The river partnership was led by Lapland in 2018." in entry.wording.text
    assert entry.wording.sources == ("S2",)
    publish(faq, name)
    assert faq.read(name).state == "published"


def test_names_are_free_and_plain(base, faq, name):
    assert name == "where-is-the-zebra-crossing"
    assert faq.propose(QUESTION, "", DORA) == f"{name}-2"
    base.settings.faq.mkdir()
    (base.settings.faq / "ca-va.md").write_text("")
    assert faq.propose("Ça va?", "", DORA) == "ca-va-2"
    assert faq.propose("Где?", "", DORA) == "entry"
    with pytest.raises(DeskError, match="question first"):
        faq.propose(" ? ", "", DORA)
    with pytest.raises(DeskError, match="Shorten"):
        faq.propose("x" * 400, "", DORA)


def test_expired_entries_are_marked(base, faq, name, make_base, settings, clock):
    save(faq, name, expires=date(2026, 6, 20))
    publish(faq, name)
    assert faq.read(name).validity == "expires soon"
    clock.now += timedelta(days=30)
    assert faq.entries()[0].validity == "expired"
    later = make_base(settings=settings, today=lambda: date(2026, 7, 1))
    assert "deadline_passed" in {n.kind for n in later.ask(QUESTION).notices}
    later.database.engine.dispose()


def test_four_eyes(base, clock, name):
    faq = Faq(base, four_eyes=True, now=clock)
    save(faq, name, actor=ANTON, text="Another text.")
    with pytest.raises(NotAllowed, match="another person"):
        publish(faq, name)
    publish(faq, name, Actor("ada", "administrator"))


def test_a_file_changed_by_hand_is_a_new_version(base, faq, name):
    publish(faq, name)
    path = file_of(base, name)
    first = path.read_text()
    path.write_text(first.replace("harbour", "station"))
    faq.reconcile()
    base.ingest()
    entry = faq.read(name)
    assert "station" in entry.live.text
    assert entry.wording == entry.live
    assert faq.history(name)[0].account == BY_FILE
    assert "station" in base.ask(QUESTION).text
    path.write_text(first)  # as git does when a change is taken back
    faq.reconcile()
    assert "harbour" in faq.read(name).live.text
    assert path.read_text() == first


def test_a_change_by_hand_leaves_a_proposal_that_waits(base, faq, name):
    publish(faq, name)
    save(faq, name, text="Proposed at the desk.")
    path = file_of(base, name)
    path.write_text(path.read_text().replace("harbour", "station"))
    with pytest.raises(ChangedMeanwhile):
        publish(faq, name)
    entry = faq.read(name)
    assert entry.state == "proposed"
    assert entry.wording.text == "Proposed at the desk."
    assert "station" in entry.live.text


def test_a_file_made_by_hand_becomes_an_entry(base, faq, name):
    publish(faq, name)
    text = file_of(base, name).read_text()
    (base.settings.faq / "by-hand.md").write_text(text.replace("zebra crossing", "tram stop"))
    (base.settings.faq / "README.md").write_text("About this folder.")
    faq.reconcile()
    entry = faq.read("by-hand")
    assert (entry.state, entry.author, entry.approver) == ("published", "dora", BY_FILE)
    base.ingest()
    assert cited(base, "Where is the tram stop?")[0] == "own-faq/by-hand"


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("S1", "S7", "source S7"),
        ("## Where", "## One?\n\nText.\n\n## Where", "must hold one question"),
        (" · valid until: 2027-06-01", "", "needs a last day"),
        ("sources: S1 · ", "", "No source"),
        ("kind: faq", "kind: nonsense", "front matter"),
        ("lies", "<b>lies</b>", "no html"),
    ],
)
def test_an_invalid_file_is_reported_and_its_last_version_stays(base, faq, name, old, new, message):
    publish(faq, name)
    path = file_of(base, name)
    good = path.read_text()
    path.write_text(good.replace(old, new))
    (base.settings.faq / "Bad Name.md").write_text(good)
    faq.reconcile()
    report = base.ingest()
    assert message in report.problems[f"own-faq/{name}.md"]
    assert "rename it" in report.problems["own-faq/Bad Name.md"]
    assert set(cited(base)) == {f"own-faq/{name}"}
    assert cited(base, "Who leads the river partnership?") == ["guidance/commitment"]
    assert path.read_text() != good


def test_a_file_that_is_missing_is_written_and_one_withdrawn_removed(base, faq, name):
    publish(faq, name)
    path = file_of(base, name)
    text = path.read_text()
    path.unlink()
    faq.reconcile()
    assert path.read_text() == text
    faq.withdraw(name, faq.read(name).version, ANTON)
    path.write_text(text)
    faq.reconcile()
    assert not path.exists()
    path.write_text(text.replace("harbour", "station"))
    faq.reconcile()
    assert faq.read(name).state == "published"


def test_a_publishing_that_was_cut_off_is_finished_or_undone(base, faq, name, monkeypatch):
    """Killed between the database and the file, the entry is published; before it, it is not."""
    publish(faq, name)
    save(faq, name, text="The second text.")
    faq.confirm_clean(name, faq.read(name).version, DORA)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kb.desk.faq.os.replace", cut)
        with pytest.raises(KeyboardInterrupt):
            faq.publish(name, faq.read(name).version, ANTON)
    assert "harbour" in file_of(base, name).read_text()
    Faq(base).reconcile()
    assert "The second text." in file_of(base, name).read_text()
    assert len(faq.history(name)) == 4

    save(faq, name, text="The third text.")
    faq.confirm_clean(name, faq.read(name).version, DORA)
    with monkeypatch.context() as patch:
        patch.setattr("kb.desk.faq.os.fsync", cut)
        with pytest.raises(KeyboardInterrupt):
            faq.publish(name, faq.read(name).version, ANTON)
    Faq(base).reconcile()
    assert "The second text." in file_of(base, name).read_text()
    assert faq.read(name).state == "proposed"
    assert [p.name for p in base.settings.faq.iterdir()] == [f"{name}.md"]


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_an_index_that_is_being_written_is_waited_for_then_said(base, faq, name, monkeypatch):
    faq.confirm_clean(name, 1, DORA)
    monkeypatch.setattr("kb.desk.faq.WAIT_SECONDS", 0.1)
    with base.generations.writing(), pytest.raises(IndexLocked, match="is published, but"):
        faq.publish(name, 2, ANTON)
    assert faq.read(name).state == "published"
    base.ingest()
    assert set(cited(base)) == {f"own-faq/{name}"}


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_a_folder_that_cannot_be_written_is_said(make_base, tmp_path, database_address, clock):
    (tmp_path / "file").write_text("")
    settings = load_settings(
        index=tmp_path / "index", database_url=database_address, faq=tmp_path / "file"
    )
    faq = Faq(make_base(settings=settings), now=clock)
    name = faq.propose(QUESTION, TEXT, DORA, sources=["S1"])
    faq.confirm_clean(name, 1, DORA)
    with pytest.raises(IndexLocked, match="cannot be written"):
        faq.publish(name, 2, ANTON)
    assert faq.read(name).state == "proposed"


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_the_shell_leaves_the_own_faq_to_the_desk(base, faq, name):
    publish(faq, name)
    with pytest.raises(SourceError, match="console"):
        base.ingest(withdraw=[f"own-faq/{name}"])


def test_old_proposals_are_forgotten(base, faq, name, clock):
    other = faq.propose("Shall we?", "Perhaps, says Maria.", DORA)
    save(faq, name, text="First version of a text.")
    publish(faq, name)
    clock.now += timedelta(days=10)
    save(faq, name, text="Later.")
    with base.database.session() as session:
        forget_proposals(session, clock.now - timedelta(days=5))
    with pytest.raises(NotFound):
        faq.read(other)
    assert [v.state for v in faq.history(name)] == ["proposed", "published"]
