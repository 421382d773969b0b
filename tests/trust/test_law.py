"""Law and house rules (trust L1 to L10): what is not shown beside the module that does it."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from kb.answering.generate import Draft
from kb.answering.question import EU_LANGUAGES
from kb.answering.replies import replies
from kb.desk.account import Actor
from kb.desk.desk import Desk
from kb.desk.mail import read_mail
from kb.desk.outgoing import reply_message
from kb.desk.reply import draft_reply
from kb.errors import GenerationError, IndexDamaged
from kb.journal.sums import Sums
from kb.journal.tables import Base, StoredQuestion
from kb.types import Answer, Notice
from tests.conftest import DATA, CountingEmbedder
from tests.desk.test_desk import edit_of
from tests.desk.test_mail import eml
from tests.llm.scripted import ScriptedServer
from tests.ui.conftest import QUESTION, open_base, opened, until  # noqa: F401
from tests.ui.test_api import ASK, FEEDBACK, events_of
from tests.ui.test_console import ASKED, Officer, add_people
from tests.ui.test_mcp import HEADERS, message
from tests.ui.test_pages import Reader
from ui.pages import CODE_LICENCE
from ui.render import answer_html, plain_text, results_text
from ui.texts import texts

ROOT = Path(__file__).parents[2]
MODULES = [*ROOT.glob("kb/**/*.py"), *ROOT.glob("ui/**/*.py")]
ANTON = Actor("anton", "approver")
MARK = re.compile(r"^\[automated=true; generation=(\S+); generator=(\S+); created=(\S+)\]$", re.M)


# L1: what it is

# What Regulation (EU) 2024/1689 calls artificial intelligence in each language, or its abbreviation.
INTELLIGENCE = {
    "bg": "ИИ", "cs": "AI", "da": "AI", "de": "KI", "el": "ΤΝ", "en": "AI", "es": "IA",
    "et": "tehisintellekt", "fi": "tekoäly", "fr": "IA", "ga": "intleachta saorga",
    "hr": "umjetne inteligencije", "hu": "MI", "it": "IA", "lt": "DI", "lv": "MI", "mt": "IA",
    "nl": "AI", "pl": "AI", "pt": "IA", "ro": "IA", "sk": "AI", "sl": "umetne inteligence",
    "sv": "AI",
}  # fmt: skip


@pytest.mark.parametrize("code", EU_LANGUAGES)
def test_l1_it_is_called_an_ai_system_in_every_language(code):
    assert re.search(rf"\b{INTELLIGENCE[code]}", texts(code)["automated"])


# L2: the mark of a machine


def marks_of(answer: Answer) -> tuple[str, str, str]:
    return answer.generation, answer.generator, answer.created


@pytest.mark.parametrize("generator", ["extractive", "openai:some-model"])
@pytest.mark.parametrize("question", [QUESTION, "What will the weather be tomorrow?"])
def test_l2_text_html_and_copy_of_an_answer_are_marked(base, generator, question):
    answer = replace(base.ask(question), generator=generator)
    assert MARK.findall(plain_text(answer, texts("de"))) == [marks_of(answer)]
    page = Reader(answer_html(answer, texts("de")))
    [article] = page.all("article")
    assert article["data-automated"] == "true"
    named = (article[f"data-{name}"] for name in ("generation", "generator", "created"))
    assert tuple(named) == marks_of(answer)
    [copied] = [button["data-copy"] for button in page.all("button") if "data-copy" in button]
    assert MARK.findall(copied) == [marks_of(answer)]


def test_l2_records_and_streams_are_marked(opened):  # noqa: F811
    with opened() as client:
        record = client.post(ASK, json={"question": QUESTION}).json()
        streamed = client.post(
            ASK, json={"question": QUESTION}, headers={"accept": "text/event-stream"}
        )
        for marked in (record, dict(events_of(streamed.text))["answer"]):
            assert marked["generator"] == "extractive"
            assert marked["generation"] == client.base.manifest.name
            assert datetime.fromisoformat(marked["created"]).tzinfo == UTC


def test_l2_a_draft_stays_marked_in_the_mail_program(base):
    mail = read_mail(eml(ASKED))
    draft = draft_reply(mail, base)
    read = message_from_bytes(reply_message(draft.reply, mail), policy=policy.default)
    [found] = MARK.findall(read.get_body(("plain",)).get_content().replace("\r", ""))
    assert found[:2] == (base.manifest.name, "extractive")
    [whole, *_] = Reader(read.get_body(("html",)).get_content().partition(">")[2]).all("div")
    assert whole["data-automated"] == "true"
    assert (whole["data-generation"], whole["data-generator"], whole["data-created"]) == found


# L4: personal data

PLANTED = ("quentin.vale@mail.example.org", "+32 470 12 34 56", "4111 1111 1111 1111", "X1234567L")
KEPT = (
    "Quillfeather"  # no personal data: it may be kept, which proves that the search finds what is
)
TOLD = f"{QUESTION}\n\nKind regards,\n{KEPT}, {', '.join(PLANTED)}"
SITE = "https://site.eu"
SERVE = """
import sys
from pathlib import Path

from kb.knowledge import KnowledgeBase
from tests.conftest import CountingEmbedder
from ui.server import run

base = KnowledgeBase.open(corpus=Path(sys.argv[1]), embedder=CountingEmbedder())
run(base, host="127.0.0.1", port=int(sys.argv[2]), announce=lambda text: print(text, flush=True))
"""


def traces(data: bytes) -> set[str]:
    """Which of the planted data stand in some bytes, as typed or as bare digits."""
    forms = {text: (text, re.sub(r"\D", "", text)) for text in PLANTED}
    return {
        text
        for text, (typed, digits) in forms.items()
        if typed.encode() in data or (len(digits) > 8 and digits.encode() in data)
    }


@dataclass
class Volume:
    """A server process of which everything that it can write lies in one folder."""

    url: str
    folder: Path
    process: subprocess.Popen

    def holding(self, found) -> list[str]:
        """Files, by name, in whose bytes something is found."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return [path.name for path in files if found(path.read_bytes())]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def volume(tmp_path, model) -> Iterator[Volume]:
    """The public side with everything stored that may be, worded by a scripted model."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    environment |= {
        "KB_INDEX": str(tmp_path / "index"), "KB_STORE_QUESTIONS": "true",
        "KB_QUESTIONS_PER_MINUTE": "1000", "KB_ALLOWED_ORIGINS": SITE,
        "KB_LLM": "openai:scripted", "KB_LLM_BASE_URL": model.url,
        "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    log = tmp_path / "log"
    command = [sys.executable, "-c", SERVE, str(DATA / "corpus"), str(port)]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, stdout=output, stderr=output, cwd=tmp_path, env=environment
        ) as process,
    ):
        until(lambda: "The chat is at" in log.read_text() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        yield Volume(f"http://127.0.0.1:{port}", tmp_path, process)
        process.kill()


def tell_everywhere(url: str) -> None:
    """Ask the planted question on every public surface; also where it is refused."""
    with httpx.Client(base_url=url, timeout=60) as client:
        body = {"question": TOLD, "history": [{"role": "user", "content": TOLD}]}
        answer = client.post(ASK, json=body).json()
        rating = {"answer_id": answer["id"], "useful": True, "comment": TOLD}
        assert client.post(FEEDBACK, json=rating).status_code == 201
        assert client.post(ASK, json=body, headers={"accept": "text/event-stream"}).is_success
        assert client.post("/embed/ask", json=body, headers={"origin": SITE}).is_success
        call = message("tools/call", name="ask", arguments=body)
        assert "error" not in client.post("/mcp", json=call, headers=HEADERS).json()
        join = {"data": [TOLD, "en", False, None], "fn_index": 0, "session_hash": "s"}
        assert client.post("/gradio_api/queue/join", json=join).is_success
        with client.stream("GET", "/gradio_api/queue/data?session_hash=s") as events:
            ended = next(line for line in events.iter_lines() if '"process_completed"' in line)
        assert '"success":true' in ended
        assert client.get("/api/v1/search", params={"q": TOLD}).is_success
        for wrong in ({"question": TOLD, TOLD: 1}, {"question": TOLD, "language": TOLD}):
            assert client.post(ASK, json=wrong).status_code == 422
        assert client.post(ASK, json={"question": TOLD * 100}).status_code == 422
        assert client.post(ASK, content=TOLD).status_code in (400, 415)
        assert client.get(f"/{quote(TOLD)}").status_code == 404


def test_l4_planted_data_reach_neither_the_model_nor_any_file(volume, model):
    model.plays()
    tell_everywhere(volume.url)
    assert len(model.requests) == 5  # API, stream, embed, MCP, chat
    for request in model.requests:
        assert KEPT in request.raw
        assert traces(request.raw.encode()) == set()
    database = ("journal.sqlite", "journal.sqlite-wal")
    for _ in ("running", "stopped"):
        assert volume.holding(traces) == []
        kept = volume.holding(lambda data: KEPT.encode() in data)
        assert kept
        assert set(kept) <= set(database)
        volume.process.send_signal(signal.SIGINT)
        volume.process.wait(30)


def test_l4_mail_stands_in_the_inquiry_table_alone(base):
    desk = Desk(base)
    body = f"{ASKED}\n{PLANTED[0]}\nTel. {PLANTED[1]}"
    number = desk.open(eml(body, From=f"Maria Rossi <{PLANTED[0]}>"), ANTON)
    desk.approve(number, desk.read(number, ANTON).version, ANTON)

    def holding() -> list[str]:
        with base.database.session() as session:
            rows = {
                t.name: str(session.execute(select(t)).all()) for t in Base.metadata.sorted_tables
            }
        assert rows["approved_answer"] != "[]"
        return [name for name, text in rows.items() if "Rossi" in text or traces(text.encode())]

    assert holding() == ["inquiry"]
    desk.delete(number, Actor("ada", "administrator"))
    assert holding() == []


def test_l4_a_server_deletes_what_has_passed_its_time_when_it_starts(opened):  # noqa: F811
    with opened(store_questions=True) as client:
        client.post(ASK, json={"question": QUESTION})
        client.post(ASK, json={"question": f"{QUESTION} Again?"})
        address = client.base.settings.database_url
        with client.base.database.session() as session:
            first = session.scalars(select(StoredQuestion).order_by(StoredQuestion.id)).first()
            first.created -= timedelta(days=91)
    with opened(store_questions=True, database_url=address) as client:
        until(lambda: len(client.base.journal.questions()) == 1)
        assert client.base.journal.questions()[0].text.endswith("Again?")


# L5: deleted is gone


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_l5_a_source_that_is_gone_stands_in_no_file_and_does_not_come_back(
    base, make_base, tmp_path, how
):
    note = tmp_path / "note.md"
    note.write_text("# Harbours\n\nThe Quillfeather harbours share one quay.\n")
    base.ingest([str(note)])
    name = next(iter(base.library.added.values())).id
    question = "What do the Quillfeather harbours share?"
    other = make_base()  # as another process: it has opened the index before
    assert other.ask(question).citations[0].document_id == name
    if how == "deleted":
        note.unlink()
        base.ingest()
    else:
        base.ingest(withdraw=[name])
    for asked in (base, other, make_base()):
        record = asked.ask(question).record()
        assert "quay" not in json.dumps(record)
        assert name not in {citation["document_id"] for citation in record["citations"]}
        assert all(result.passage.document_id != name for result in asked.search("quay harbours"))
        assert not any(name in row for row in asked._current().retriever.vectors.hashes())
    files = [path for path in base.settings.index.rglob("*") if path.is_file()]
    assert [path for path in files if b"quillfeath" in path.read_bytes().lower()] == []
    live = base.generations.path(base.manifest.name)
    (live / "passages.json").write_text("[]")
    with pytest.raises(IndexDamaged):  # what was there before is not served in its place
        make_base()


class Interrupted(CountingEmbedder):
    """Does something else in the middle of the first question."""

    def __init__(self, meanwhile) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def embed_queries(self, texts):
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().embed_queries(texts)


@pytest.mark.parametrize("call", ["ask", "search"])
def test_l5_a_question_during_which_a_source_is_taken_out_is_worked_on_anew(
    base, make_base, monkeypatch, call
):
    def take_out() -> None:
        vectors = other._current().retriever.vectors
        base.ingest(withdraw=["faq/meetings"])

        def gone(*_given, **_options):  # where Chroma wants another connection to the deleted files
            raise IndexDamaged("unable to open database file")

        monkeypatch.setattr(vectors, "nearest", gone)

    other = make_base(embedder=Interrupted(take_out))
    before = other.manifest.name
    found = getattr(other, call)(QUESTION)
    assert not base.generations.path(before).exists()
    assert other.manifest.name == base.manifest.name != before
    first = found.citations[0].quote if call == "ask" else found[0].passage.text
    assert "led by Lapland in 2018" in first


# L6: where it stands


class Inventor:
    """Writes true sentences, and sources of its own."""

    name = "inventor"

    def draft(self, question, passages, deadline):
        for number, passage in enumerate(passages[:2], start=1):
            for sentence in map(passage.words_of, passage.sentences):
                yield Draft(sentence, (number,))
                yield Draft(f"{sentence} [9] (source: Evil Press)", (9,))
        yield Draft("Evil Press published it at https://evil.example under CC0 in 1999.", (1,))

    def translate(self, sentences, language, deadline):
        raise GenerationError("no translation")


@pytest.mark.parametrize("generator", [None, Inventor()])
def test_l6_title_owner_date_link_and_licence_come_from_the_catalogue(make_base, generator):
    base = make_base(generator=generator)
    answer = base.ask("Commitment is weak, what capacity building should partners put first?")
    assert answer.generator == (generator.name if generator else "extractive")
    assert answer.citations
    for citation in answer.citations:
        passage = base.passages()[citation.passage_id]
        first = passage.sources[0]
        assert citation.sources == passage.sources
        assert (citation.title, citation.as_of) == (passage.title, passage.as_of)
        assert (citation.url, citation.publisher) == (first.url, first.publisher)
        assert citation.licence == first.licence
    say = texts("en")
    for shown in (plain_text(answer, say), Reader(answer_html(answer, say)).text):
        assert "Evil" not in shown
        for citation in answer.citations:
            assert citation.title in shown
            assert say["as_of"].format(date=citation.as_of) in shown
            for source in citation.sources:
                assert source.title in shown
                assert source.publisher in shown
                known = source.licence != "unknown"
                assert (
                    source.licence.replace("-", " ") if known else say["licence_unknown"]
                ) in shown
    links = {a["href"] for a in Reader(answer_html(answer, say)).all("a") if "target" in a}
    assert links == {source.url for c in answer.citations for source in c.sources if source.url}


def test_l6_what_may_not_be_reused_is_linked_and_not_quoted(make_base, tmp_path):
    base, note = make_base(generator=Inventor()), tmp_path / "note.md"
    note.write_text("# Harbours\n\nQuillfeather harbours share one quay.\n")
    record = {"title": "Harbours", "url": "https://example.eu/harbours", "licence": "none"}
    base.ingest([str(note)], record=record)
    for question in ("What do the Quillfeather harbours share?", "What do river harbours share?"):
        answer = base.ask(question)
        assert "quay" not in json.dumps(answer.record())
        assert record["url"] in {topic.url for topic in answer.topics}
        assert record["url"] in answer_html(answer, texts("en"))
        [first, *_] = [r for r in base.search(question) if r.passage.title == "Harbours"]
        assert first.record()["text"] == ""
        assert "quay" not in results_text(base.search(question))
    base.ingest(withdraw=[str(note)])
    base.ingest([str(note)], record=record | {"licence": "CC-BY-4.0"})
    assert "one quay" in base.ask("What do the Quillfeather harbours share?").citations[0].quote


def test_l6_without_a_source_nothing_is_stated(base):
    answer = base.ask("What will the weather be tomorrow?")
    assert answer.status == "not_answered"
    assert (answer.statements, answer.citations) == ((), ())
    assert not re.search(r"\[\d+\]", answer.text)


# L7: languages


def test_l7_each_language_is_answered_in_or_the_one_that_is_offered_is_named(base):
    for code in EU_LANGUAGES:
        answer = base.ask(QUESTION, language=code)
        assert answer.language == code
        told = [notice.text for notice in answer.notices if notice.kind == "fallback"]
        assert told == ([] if code == "en" else [replies(code).english_sources])


@pytest.mark.parametrize("code", ["de", "en"])
def test_l7_the_node_of_an_answer_has_its_language_and_what_is_around_it_the_visitors(base, code):
    answer = base.ask(QUESTION, language="fr")
    html = answer_html(replace(answer, status="partial", missing=("qui paie ?",)), texts(code))
    page = Reader(html)
    assert [article["lang"] for article in page.all("article")] == ["fr"]
    marked = {a.get("class"): a.get("lang") for _, a in page.elements}
    assert marked["pa-sources"] == marked["pa-mark"] == marked["pa-foot"] == code
    assert f'<p lang="{code}">{texts(code)["no_source_covers"]}</p>' in html


def test_l7_a_machines_translation_is_said_to_be_one(base):
    answer = base.ask(QUESTION, language="fr")
    say, notice = texts("fr"), Notice("translated", replies("fr").translated)
    shown = replace(answer, notices=(notice,))
    assert " ".join(notice.text.split()) in Reader(answer_html(shown, say)).text
    assert '<div class="pa-notice" data-kind="translated"><p lang="fr">' in answer_html(shown, say)
    assert f"{say['note']} {notice.text}" in plain_text(shown, say)


# L9: the console

SENDERS = frozenset(
    """
    smtplib imaplib poplib nntplib aiosmtplib aioimaplib exchangelib yagmail redmail envelopes mailer
    fastapi_mail flask_mail django sendgrid mailjet_rest postmarker boto3 botocore O365 msal win32com
    """.split()
)
NETWORK = frozenset(
    "socket socketserver ssl httpx requests aiohttp urllib3 websockets telnetlib openai".split()
)
PROCESSES = frozenset({"subprocess", "multiprocessing", "pty", "pexpect", "sh", "plumbum"})
# Who may open a connection or start a process, and what for; none of them has to do with mail.
ALLOWED = {
    "kb/answering/generate.py": "the language model that the settings name",
    "kb/index/exported.py": "the exporter of the embedding model",
    "kb/reading/fetch.py": "pages that are ingested, by HTTP alone",
    "kb/reading/sandbox.py": "the parser of foreign files, in a process without network",
    "ui/server.py": "whether the port that is to be listened on is free",
}


def imported(path: Path) -> Iterator[str]:
    """First parts of the names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield "importlib.import_module"


def reaching(names: frozenset[str]) -> set[str]:
    found = (path for path in MODULES if names.intersection(imported(path)))
    return {path.relative_to(ROOT).as_posix() for path in found}


def test_l9_no_module_can_send_mail():
    assert len(MODULES) > 100
    assert reaching(SENDERS) == set()
    assert reaching(frozenset({"importlib.import_module"})) == set()
    assert reaching(NETWORK | PROCESSES) == set(ALLOWED)
    other = re.compile(
        r"urllib\.request|http\.client|sendmail|\bos\.(system|popen|exec|spawn|posix_spawn|fork)"
    )
    assert [path for path in MODULES if other.search(path.read_text(encoding="utf-8"))] == []
    locked = (ROOT / "constraints.txt").read_text().lower().replace("-", "_")
    assert {line.partition("==")[0] for line in locked.splitlines()}.isdisjoint(SENDERS)


@contextmanager
def cut_off(monkeypatch) -> Iterator[list[str]]:
    """No connection can be opened and no process started; what was tried is listed."""
    tried: list[str] = []
    with monkeypatch.context() as patch:

        def refuse(name: str):
            def refused(*_given, **_options):
                tried.append(name)
                raise OSError(f"{name} is cut off")

            return refused

        for name in ("connect", "connect_ex", "sendto", "sendmsg"):
            patch.setattr(socket.socket, name, refuse(name))
        for name in ("create_connection", "getaddrinfo", "gethostbyname"):
            patch.setattr(socket, name, refuse(name))
        patch.setattr(subprocess, "Popen", refuse("Popen"))
        patch.setattr(os, "system", refuse("system"))
        yield tried


def test_l9_a_reply_is_drafted_approved_and_taken_without_any_connection(opened, monkeypatch):  # noqa: F811
    with opened() as client:
        add_people(client.base)
        with cut_off(monkeypatch) as tried:
            dora, anton = Officer(client, "dora"), Officer(client, "anton")
            number = dora.opens()
            dora.press(number, "submit")
            anton.press(number, "approve")
            assert dora.get(f"/inquiries/{number}/reply.eml").status_code == 200
            assert dora.get(f"/inquiries/{number}/holding.eml").status_code == 200
            assert tried == []
            with pytest.raises(OSError, match="cut off"):  # the guard is there
                socket.create_connection(("127.0.0.1", 25))
            assert tried == ["create_connection"]


@pytest.mark.parametrize("edited", [False, True])
def test_l9_an_approved_reply_names_reviewer_time_and_whether_it_was_edited(
    opened,  # noqa: F811
    edited,
):
    with opened() as client:
        add_people(client.base)
        dora, anton = Officer(client, "dora"), Officer(client, "anton")
        number, desk = dora.opens(), Desk(client.base)
        if edited:
            seen = desk.read(number, ANTON)
            [part] = seen.work.parts
            text = part.body.text.replace("Lapland", "Lapland alone")
            assert text != part.body.text
            desk.save(number, seen.version, edit_of(seen, parts={part.id: text}), ANTON)
            [open_sentence] = desk.read(number, ANTON).work.unchecked()
            desk.confirm(number, seen.version + 1, open_sentence.key, ANTON)
        before = datetime.now(UTC)
        anton.press(number, "approve")
        found = desk.read(number, ANTON)
        assert found.approver == "anton"
        assert before <= found.approved <= datetime.now(UTC)
        assert bool(found.work.distance()) is edited
        shown = dora.get(f"/inquiries/{number}").text
        [approved] = re.findall(r"<dt>Approved</dt><dd>by anton, (.*?)</dd>", shown)
        assert approved.endswith(", edited" if edited else ", unchanged")
        counted = {row.measure for row in Sums(client.base.database).all()}
        assert ("unchanged" in counted) is not edited


# L10: licences


def test_l10_our_code_is_under_the_eupl():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == CODE_LICENCE == "EUPL-1.2"
    assert project["license-files"] == ["LICENCE"]
    licence = " ".join((ROOT / "LICENCE").read_text(encoding="utf-8").split())
    assert re.search(r"EUROPEAN UNION PUBLIC LICENCE v\. ?1\.2", licence, re.IGNORECASE)
    installed = importlib.metadata.metadata(project["name"])
    assert installed["License-Expression"] == CODE_LICENCE
