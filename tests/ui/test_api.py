"""The HTTP API: calls, refusals, streams, ratings, what is kept; in process and over a real socket."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.answering.test_answer import check_properties
from tests.ui.conftest import QUESTION, PacedGenerator, until
from ui.schema import PROBLEMS, AnswerRecord, ProblemRecord, SearchRecord

ASK, SEARCH, FEEDBACK = "/api/v1/ask", "/api/v1/search", "/api/v1/feedback"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(opened):
    with opened(allowed_origins=("https://site.eu",)) as client:
        yield client


def events_of(text: str) -> list[tuple[str, dict]]:
    found = []
    for block in filter(None, text.split("\n\n")):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def problem_of(response, status: int) -> ProblemRecord:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = ProblemRecord.model_validate_json(response.content)
    assert problem.status == status
    return problem


def metric(client, name: str) -> float:
    text = client.get("/metrics").text
    return sum(float(row.split()[-1]) for row in text.splitlines() if row.startswith(name))


# Answers


def test_an_answer_is_the_record_of_the_knowledge_base(client):
    response = client.post(ASK, json={"question": QUESTION})
    assert response.status_code == 200
    answer = client.base.ask(QUESTION)
    check_properties(client.base, answer)
    given, expected = response.json(), json.loads(json.dumps(answer.record()))
    for name in ("id", "created", "seconds"):
        given.pop(name), expected.pop(name)
    assert given == expected
    assert response.headers["cache-control"] == "no-store"


def test_records_are_as_they_are_described(client):
    AnswerRecord.model_validate_json(client.post(ASK, json={"question": QUESTION}).content)
    SearchRecord.model_validate_json(client.get(SEARCH, params={"q": "river"}).content)


def test_history_and_language(client):
    history = [
        {"role": "user", "content": "Tell me about the river partnership"},
        {"role": "assistant", "content": "Gladly."},
    ]
    body = {"question": "Who leads it?", "history": history, "language": "de", "store": False}
    answer = client.post(ASK, json=body).json()
    assert "Lapland" in answer["text"]
    assert answer["language"] == "de"
    assert client.post(ASK, json=body | {"history": None, "language": None}).status_code == 200


def test_search(client):
    results = client.get(SEARCH, params={"q": "river partnership", "top_k": 2}).json()["results"]
    assert [result["rank"] for result in results] == [1, 2]
    expected = client.base.search("river partnership", top_k=2)
    assert results == json.loads(json.dumps([result.record() for result in expected]))


# Refusals


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \u200b "}, "question"),
        ({"question": "x" * 8001}, "question"),
        ({"question": "ﷺ" * 1000}, "question"),  # grows when it is normalised
        ({"question": 7}, "question"),
        ({"question": None}, "question"),
        ({"question": "a\0b"}, "question"),
        ({"question": "a\ud800b"}, "question"),
        ({"question": "x", "colour": "red"}, "colour"),
        ({"question": "x", "language": "xx"}, "language"),
        ({"question": "x", "store": "no"}, "store"),
        ({"question": "x", "history": "x"}, "history"),
        ({"question": "x", "history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"question": "x", "history": [{"role": "user"}]}, "history.0.content"),
        ({"question": "x", "history": [{"role": "user", "content": "\0"}]}, "history.0.content"),
        ([], "body"),
        ("x", "body"),
    ],
)
def test_s6_a_question_that_cannot_be_read_names_the_field(client, body, field):
    problem = problem_of(client.post(ASK, content=json.dumps(body), headers=JSON), 422)
    assert field in [error.field for error in problem.errors]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_stream_is_refused_before_it_begins(client, accept):
    problem = problem_of(client.post(ASK, json={"question": " "}, headers={"accept": accept}), 422)
    assert problem.errors[0].field == "question"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"question": "\xff\xfe"}', 400),
        (b"[" * 60_000, 400),
        (b'{"question":' + b'{"a":' * 9_000, 400),
        (b'{"question": NaN}', 422),
        (b'{"question": "x", "\\ud800": 1}', 422),
        (b'{"question": "' + b"x" * 66_000 + b'"}', 413),
    ],
)
def test_a_broken_body_is_the_callers_fault(client, content, status):
    problem_of(client.post(ASK, content=content, headers=JSON), status)


def test_the_size_need_not_be_announced(client):
    chunks = (b" " * 10_000 for _ in range(7))
    problem = problem_of(client.post(ASK, content=chunks, headers=JSON), 413)
    assert problem.errors[0].field == "body"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_read(client, kind):
    headers = {"content-type": kind} if kind else {}
    problem_of(client.post(ASK, content=b'{"question": "x"}', headers=headers), 415)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 422, "q"),
        ("q=", 422, "q"),
        ("q=%20", 422, "q"),
        ("q=x&top_k=0", 422, "top_k"),
        ("q=x&top_k=101", 422, "top_k"),
        ("q=x&top_k=many", 422, "top_k"),
        ("q=x&colour=red", 422, "colour"),
        ("q=%00", 422, "q"),
        ("q=" + "x" * 8001, 422, "q"),
        ("q=%ff", 400, None),
    ],
)
def test_a_search_that_cannot_be_read_names_the_field(client, query, status, field):
    problem = problem_of(client.get(f"{SEARCH}?{query}"), status)
    assert [error.field for error in problem.errors] == ([field] if field else [])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ASK, 405),
        ("PUT", ASK, 405),
        ("POST", SEARCH, 405),
        ("DELETE", FEEDBACK, 405),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/ask/", 404),
        ("GET", "/api/v1/../config", 404),
        ("GET", "/api/v2/ask", 404),
        ("GET", "/api", 404),
        ("GET", "/api/v1/docs", 404),
    ],
)
def test_unknown_calls_are_problems_too(client, method, path, status):
    problem_of(client.request(method, path), status)


def test_g3_a_failure_of_ours_says_nothing_of_itself(opened, monkeypatch, caplog):
    with opened() as client:
        secret = "secret question"

        def fail(*_, **__):
            raise RuntimeError(secret)

        monkeypatch.setattr(type(client.base), "ask", fail)
        response = client.post(ASK, json={"question": secret})
        problem_of(response, 500)
        assert response.headers["x-request-id"] in caplog.text
        assert "RuntimeError" in caplog.text
        streamed = client.post(
            ASK, json={"question": secret}, headers={"accept": "text/event-stream"}
        )
        assert [name for name, _ in events_of(streamed.text)] == ["status", "error"]
        assert secret not in response.text + streamed.text + caplog.text


def test_a_damaged_index_is_not_the_callers_fault(opened, monkeypatch):
    from kb.errors import IndexDamaged

    with opened() as client:

        def fail(*_, **__):
            raise IndexDamaged("The index in /secret/place is damaged.")

        monkeypatch.setattr(type(client.base), "ask", fail)
        monkeypatch.setattr(type(client.base), "search", fail)
        for response in (client.post(ASK, json={"question": "x"}), client.get(f"{SEARCH}?q=x")):
            problem = problem_of(response, 503)
            assert "retry-after" in response.headers
            assert "secret" not in problem.detail


# Streams, over a real socket


def test_quoted_statements_are_streamed_too(client):
    response = client.post(
        ASK, json={"question": QUESTION}, headers={"accept": "text/event-stream"}
    )
    names, data = zip(*events_of(response.text), strict=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert names[0] == "status"
    assert names[-1] == "answer"
    assert set(names[1:-1]) == {"statement"}
    AnswerRecord.model_validate(data[-1])
    assert [(s["text"], s["kind"]) for s in data[1:-1]] == [
        (s["text"], s["kind"]) for s in data[-1]["statements"]
    ]


def test_each_statement_comes_as_soon_as_it_is_checked(served):
    paced = PacedGenerator()
    with (
        served(generator=paced, llm_timeout=8) as (url, _),
        httpx.stream(
            "POST", url + ASK, json={"question": QUESTION}, timeout=20,
            headers={"accept": "text/event-stream"},
        ) as response,
    ):  # fmt: skip
        lines = response.iter_lines()

        def next_event() -> tuple[str, dict]:
            name, data, _ = next(lines), next(lines), next(lines)
            return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

        assert next_event()[0] == "status"  # before anything is written
        paced.gate.release()
        name, statement = next_event()  # the second sentence is not let go on yet
        assert name == "statement"
        assert set(statement) == {"text", "kind"}
        paced.gate.release(100)
        rest = []
        while not rest or rest[-1][0] != "answer":
            rest.append(next_event())
        assert statement["text"] in [s["text"] for s in rest[-1][1]["statements"]]


@pytest.mark.parametrize("streamed", [True, False])
def test_g7_a_visitor_who_leaves_frees_the_place(served, streamed):
    paced = PacedGenerator()
    headers = {"accept": "text/event-stream"} if streamed else {}
    with served(generator=paced, llm_timeout=20, questions_at_once=1) as (url, _):

        def ask_and_leave() -> None:
            with httpx.stream(
                "POST", url + ASK, json={"question": QUESTION}, headers=headers, timeout=0.5
            ) as response:
                list(response.iter_lines())

        with pytest.raises(httpx.ReadTimeout):
            ask_and_leave()
        until(lambda: paced.asked == 1)
        began = time.monotonic()
        response = httpx.post(url + ASK, json={"question": QUESTION}, timeout=5)
        assert time.monotonic() - began < 1
        problem_of(response, 503)  # the place is held by its work, so that work cannot pile up
        assert int(response.headers["retry-after"]) >= 1
        time.sleep(0.5)
        paced.gate.release(1)  # the next statement is the last that is written for nobody
        with httpx.Client(base_url=url) as client:
            until(lambda: metric(client, "kb_questions_running ") == 0, 5)
        paced.gate.release(100)
        assert httpx.post(url + ASK, json={"question": QUESTION}, timeout=20).status_code == 200


def test_g7_500_aborted_clients_leave_no_busy_place(served):
    with served(questions_at_once=4) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        body = json.dumps({"question": QUESTION}).encode()
        head = (
            f"POST {ASK} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()

        def abort(number: int) -> None:
            import socket

            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(head + body[: len(body) - (number % 2)])
                if number % 4 == 0:  # the body was whole: leaves while the answer comes
                    connection.recv(10)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(abort, range(500)))
        with httpx.Client(base_url=url, timeout=20) as client:
            until(lambda: metric(client, "kb_questions_running ") == 0)
            assert client.post(ASK, json={"question": QUESTION}).status_code == 200


def test_s5_parallel_visitors_get_their_own_answers(served):
    questions = ["Who leads the river partnership?", "How often should partners meet?"] * 20
    with served() as (url, _), ThreadPoolExecutor(20) as pool:

        def ask(question: str) -> dict:
            return httpx.post(url + ASK, json={"question": question}, timeout=60).json()

        answers = list(pool.map(ask, questions))
    assert [answer["question"] for answer in answers] == questions
    assert len({answer["text"] for answer in answers}) == 2
    assert len({answer["id"] for answer in answers}) == len(questions)


# Limits


def test_g7_more_questions_than_allowed_in_a_minute(opened):
    with opened(questions_per_minute=3) as client:
        ask = {"question": QUESTION}
        assert [client.post(ASK, json=ask).status_code for _ in range(4)] == [200] * 3 + [429]
        response = client.post(ASK, json=ask)
        problem_of(response, 429)
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert client.get(f"{SEARCH}?q=x").status_code == 200
        assert client.get("/healthz").status_code == 200


def test_g7_a_visitor_is_an_address_of_today():
    from datetime import date

    from ui.limits import Visitors

    day = [date(2026, 1, 1)]
    visitors = Visitors(1, today=lambda: day[0])
    first = visitors.visitor("192.0.2.1")
    assert "192.0.2.1" not in first
    assert first == visitors.visitor("192.0.2.1") == visitors.visitor("::ffff:192.0.2.1")
    assert first != visitors.visitor("192.0.2.2")
    assert visitors.visitor("2001:db8::1") == visitors.visitor("2001:db8::2")
    assert visitors.visitor("2001:db8::1") != visitors.visitor("2001:db8:0:1::1")
    assert first != Visitors(1, today=lambda: day[0]).visitor("192.0.2.1")
    assert visitors.wait("ask", "192.0.2.1") == 0
    assert 1 <= visitors.wait("ask", "192.0.2.1") <= 60
    assert visitors.wait("search", "192.0.2.1") == 0
    day[0] = date(2026, 1, 2)
    assert first != visitors.visitor("192.0.2.1")


# Ratings


def test_an_answer_given_here_can_be_rated(client):
    answer = client.post(ASK, json={"question": QUESTION, "store": False}).json()
    body = {"answer_id": answer["id"], "useful": False, "comment": "Write to ann@example.org"}
    response = client.post(FEEDBACK, json=body)
    assert response.status_code == 201
    assert response.json() == {"answer_id": answer["id"], "useful": False}
    rating = client.base.journal.ratings()[-1]
    assert rating.answer_id == answer["id"]
    assert rating.comment == "Write to [e-mail]"
    assert rating.passages == [citation["passage_id"] for citation in answer["citations"]]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"answer_id": "f" * 32}, 404, "answer_id"),
        ({"answer_id": ""}, 422, "answer_id"),
        ({"useful": "yes"}, 422, "useful"),
        ({"useful": None}, 422, "useful"),
        ({"comment": "x" * 2001}, 422, "comment"),
        ({"comment": "\0"}, 422, "comment"),
        ({"mark": 5}, 422, "mark"),
    ],
)
def test_a_rating_that_cannot_be_kept(client, change, status, field):
    body = {"answer_id": "f" * 32, "useful": True} | change
    problem = problem_of(client.post(FEEDBACK, json=body), status)
    assert [error.field for error in problem.errors] == [field]


def test_recent_answers_are_bounded_and_without_words(base):
    from dataclasses import replace

    from ui.limits import RecentAnswers

    recent, answer = RecentAnswers(2), base.ask(QUESTION)
    for number in range(3):
        recent.add(replace(answer, id=str(number)))
    assert recent.get("0") is None
    held = recent.get("2")
    assert held.question == held.text == ""
    assert [c.passage_id for c in held.citations] == [c.passage_id for c in answer.citations]


def test_a_journal_that_cannot_be_used_costs_no_answer(opened, tmp_path):
    with opened(database_url="sqlite:////dev/null/none.sqlite", store_questions=True) as client:
        answer = client.post(ASK, json={"question": QUESTION})
        assert answer.status_code == 200
        body = {"answer_id": answer.json()["id"], "useful": True}
        problem_of(client.post(FEEDBACK, json=body), 503)


# What is kept


@pytest.mark.parametrize(
    ("setting", "store", "kept"),
    [(False, True, 0), (False, False, 0), (True, False, 0), (True, True, 1)],
)
def test_questions_are_kept_only_as_settings_and_visitor_allow(opened, setting, store, kept):
    with opened(store_questions=setting) as client:
        question = "I am ann@example.org, who leads the river partnership?"
        client.post(ASK, json={"question": question, "store": store})
        stored = client.base.journal.questions()
        assert len(stored) == kept
        assert all(q.text == "I am [e-mail], who leads the river partnership?" for q in stored)
        assert all(q.surface == "api" for q in stored)


def test_l4_nothing_personal_is_logged_or_counted(served, caplog, capfd):
    with served(store_questions=True) as (url, base):
        question = "My name is Zebulon Quux, zq@example.org, who leads the river partnership?"
        httpx.post(url + ASK, json={"question": question}, timeout=20)
        httpx.post(url + ASK, json={"question": question, "colour": "red"}, timeout=20)
        figures = httpx.get(url + "/metrics").text
    out = capfd.readouterr()
    for text in (figures, out.out, out.err, *(r.getMessage() for r in caplog.records)):
        assert "Zebulon" not in text
        assert "127.0.0.1" not in text
    assert "zq@" not in base.journal.questions()[0].text


# Description


def test_the_description_is_complete(client):
    described = client.get("/api/v1/openapi.json").json()
    info = described["info"]
    assert info["version"]
    assert info["contact"]["email"] == "contact@s3-cop.eu"
    assert info["license"]["identifier"] == "EUPL-1.2"
    assert described["servers"] == [{"url": "/api/v1"}]
    assert {(path, *methods) for path, methods in described["paths"].items()} == {
        ("/ask", "post"), ("/search", "get"), ("/feedback", "post"),
    }  # fmt: skip
    schemas = described["components"]["schemas"]
    assert all(s.get("additionalProperties") is False for s in schemas.values())
    for name in ("AskBody", "FeedbackBody", "AnswerRecord", "SearchRecord"):
        assert schemas[name]["examples"]
    for path in described["paths"].values():
        for call in path.values():
            for status, response in call["responses"].items():
                if int(status) >= 400:
                    content = response["content"]["application/problem+json"]
                    ProblemRecord.model_validate(content["example"])
    event_stream = described["paths"]["/ask"]["post"]["responses"]["200"]["content"]
    assert "text/event-stream" in event_stream


def test_examples_are_true_to_their_models():
    from ui.schema import AskBody, FeedbackBody

    for model in (AskBody, FeedbackBody, AnswerRecord, SearchRecord):
        for example in model.model_config["json_schema_extra"]["examples"]:
            model.model_validate(example)
    for problem in PROBLEMS.values():
        ProblemRecord.model_validate(problem)


def test_threads_end(served):
    before = set(threading.enumerate())
    with served() as (url, _):
        httpx.post(url + ASK, json={"question": QUESTION}, timeout=20)
    until(lambda: not set(threading.enumerate()) - before)
