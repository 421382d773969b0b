"""An approver adds, refreshes, withdraws and restores sources, on both databases."""

import pytest

from kb.desk.faq import Faq
from kb.desk.sources import Sources
from kb.errors import NotAllowed, NotFound, SourceError
from kb.journal import audit
from kb.reading.fetch import Page, PageGone
from kb.settings import load_settings
from tests.desk.test_desk import ANTON, DORA
from tests.reading.test_formats import PAGE, make_pdf

TEXT = b"# Zebras\n\nZebras cross the street on stripes."
QUESTION = "Where do zebras cross the street?"
ADDRESS = "https://ec.europa.eu/guidance"


@pytest.fixture
def base(base_on_each):
    return base_on_each


@pytest.fixture
def sources(base):
    return Sources(base)


def held(sources, name):
    return {one.name: one for one in sources.overview().held}[name]


def actions(base, name):
    with base.database.session() as session:
        found = [e for e in audit.entries(session) if e.item == name]
        return [(e.account, e.action) for e in reversed(found)]


def test_what_is_indexed_and_how_it_was_read(sources):
    overview = sources.overview()
    assert {one.origin for one in overview.held} == {"shipped"}
    commitment = held(sources, "guidance/commitment")
    assert (commitment.title, commitment.reader, commitment.passages) == ("Commitment", "md", 3)
    assert (commitment.licence, commitment.as_of) == ("CC-BY-4.0, unknown", "2026-01")
    assert overview.problems == {}
    assert overview.withdrawn == ()


def test_l5_a_file_is_added_answered_from_and_withdrawn(base, sources, tmp_path):
    with pytest.raises(NotAllowed):
        sources.add_file("zebras.md", TEXT, {}, DORA)
    where = "https://example.europa.eu/z"
    record = {"title": " Zebras ", "url": where, "licence": "", "as_of": "2025-06"}
    name = sources.add_file("../../My Zebras!.md", TEXT, record, ANTON)
    (path,) = (tmp_path / "index" / "uploads").iterdir()
    assert path.name.startswith("My-Zebras-")
    citation = base.ask(QUESTION).citations[0]
    assert (citation.document_id, citation.title) == (name, "Zebras")
    assert (citation.url, citation.licence, citation.as_of) == (
        where, "unknown", "2025-06",
    )  # fmt: skip
    assert held(sources, name).origin == "file"
    with pytest.raises(SourceError, match="added before"):
        sources.add_file("My Zebras!.md", TEXT, {}, ANTON)
    sources.withdraw(name, ANTON)
    assert not path.exists()
    assert base.ask(QUESTION).citations == ()
    assert actions(base, f"source {name}") == [("anton", "add"), ("anton", "withdraw")]


def test_pages_of_a_file_and_those_without_text(sources):
    name = sources.add_file(
        "two.pdf", make_pdf("Zebras cross the street.", "", "Third."), {}, ANTON
    )
    found = held(sources, name)
    assert (found.reader, found.pages) == ("pdf", 3)
    assert found.warnings == ("Page 2 holds no text; it may be a picture.",)


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "data", "record", "message"),
    [
        ("a.exe", b"MZ", {}, "cannot be read. Choose a file of"),
        ("a.jsonl", b"{}", {}, "cannot be read. Choose a file of"),
        ("a.pdf", b"no pdf", {}, "“a.pdf” cannot be read"),
        ("a.txt", b" ", {}, "holds no text"),
        ("a.txt", b"\xff\xfe", {}, "not UTF-8"),
        ("a.txt", TEXT, {"url": "javascript:alert(1)"}, "must begin with https"),
        ("a.txt", TEXT, {"as_of": "June"}, "date must be"),
    ],
)
def test_what_cannot_be_read_leaves_nothing_behind(
    base, sources, tmp_path, name, data, record, message
):
    before = base.manifest.content
    with pytest.raises(SourceError, match=message) as caught:
        sources.add_file(name, data, record, ANTON)
    assert str(tmp_path) not in str(caught.value)
    assert base.library.added == {}
    assert base.manifest.content == before
    assert not list((tmp_path / "index" / "uploads").glob("*"))


def test_an_address_is_added_refreshed_and_gone(base, sources, monkeypatch):
    monkeypatch.setattr("kb.reading.readers.fetch", lambda *_: Page(PAGE, ".html"))
    name = sources.add_address(ADDRESS, {"title": "Guidance"}, ANTON)
    assert (held(sources, name).origin, held(sources, name).reader) == ("address", "html")
    with pytest.raises(SourceError, match="added before"):
        sources.add_address(ADDRESS, {}, ANTON)
    with pytest.raises(SourceError, match="must begin with https"):
        sources.add_address("file:///etc/passwd", {}, ANTON)

    def gone(*_):
        raise PageGone("The page is gone.")

    monkeypatch.setattr("kb.reading.readers.fetch", gone)
    report = sources.refresh(ANTON)
    assert "gone" in report.problems[ADDRESS]
    assert name not in {one.name for one in sources.overview().held}
    assert "gone" in sources.overview().problems[ADDRESS]
    with pytest.raises(SourceError, match="gone"):
        sources.add_address(ADDRESS, {}, ANTON)
    assert base.library.added == {}


def test_what_cannot_be_read_now_stays_and_says_so(base, sources, monkeypatch):
    monkeypatch.setattr("kb.reading.readers.fetch", lambda *_: Page(PAGE, ".html"))
    name = sources.add_address(ADDRESS, {}, ANTON)

    def down(*_):
        raise SourceError("The server answered 500.")

    monkeypatch.setattr("kb.reading.readers.fetch", down)
    sources.add_file("zebras.md", TEXT, {}, ANTON)
    assert held(sources, name).problem == "The server answered 500."


def test_a_shipped_document_is_withdrawn_and_restored(base, sources):
    name = "faq/meetings"
    sources.withdraw(name, ANTON)
    assert sources.overview().withdrawn == (name,)
    assert name not in {one.name for one in sources.overview().held}
    sources.restore(name, ANTON)
    assert held(sources, name).passages == 1
    with pytest.raises(NotFound):
        sources.restore(name, ANTON)
    with pytest.raises(NotAllowed):
        sources.withdraw(name, DORA)
    with pytest.raises(SourceError, match="Nothing named"):
        sources.withdraw("nothing", ANTON)


def test_an_own_entry_is_listed_and_may_rest_on_an_added_source(base, sources):
    name = sources.add_file("zebras.md", TEXT, {"title": "Zebras"}, ANTON)
    faq = Faq(base)
    entry = faq.propose("Who owns the zebras?", "The city owns them.", DORA, sources=[name])
    faq.confirm_clean(entry, 1, DORA)
    faq.publish(entry, 2, ANTON)
    assert held(sources, f"own-faq/{entry}").origin == "faq"
    with pytest.raises(SourceError, match="in the console"):
        sources.withdraw(f"own-faq/{entry}", ANTON)
    sources.withdraw(name, ANTON)
    assert f"no source '{name}'" in faq.problems(entry)[0]
    assert f"source {name}" in held(sources, f"own-faq/{entry}").problem


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_an_index_that_lies_elsewhere_finds_its_uploads(base, sources, make_base, tmp_path):
    name = sources.add_file("zebras.md", TEXT, {}, ANTON)
    (tmp_path / "index").rename(tmp_path / "moved")
    moved = make_base(settings=load_settings(index=tmp_path / "moved"))
    assert moved.ingest().problems == {}
    assert moved.ask(QUESTION).citations[0].document_id == name
