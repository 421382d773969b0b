"""Commands in a process of their own, over the small collection, as a person calls them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    """Runs ``kb`` over an index of three documents."""
    folder = tmp_path_factory.mktemp("cli")
    records = [
        {"_id": "d1", "title": "Bridges", "text": "A bridge spans the river. Bridges cost money."},
        {"_id": "d2", "title": "Boats", "text": "A boat floats on the river."},
        {"_id": "d3", "title": "Trains", "text": "A train runs on rails."},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)))

    def call(*arguments: str, expect: int = 0, text: str = "", **env: str):
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "KB_INDEX": str(folder / "index"), "PYTHONPATH": str(ROOT)} | env,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == expect, done.stderr
        return done

    call("ingest", "corpus.jsonl")
    return call


def test_search_prints_records(kb):
    results = json.loads(kb("search", "boat", "--json", "--top-k", "2").stdout)
    assert results[0]["document_id"] == "d2"
    assert [r["rank"] for r in results] == [1, 2]
    assert set(results[0]) == {
        "rank", "score", "document_id", "passage_id", "title", "section", "url", "text", "start",
        "end", "sources",
    }  # fmt: skip


def test_l2_ask_prints_a_marked_text_or_a_record(kb):
    text = kb("ask", "What spans the river?").stdout
    assert "Sources" in text
    assert re.search(r"^\[automated=true; generation=\S+; generator=extractive; ", text, re.M)
    assert json.loads(kb("ask", "What spans the river?", "--json").stdout)["status"] == "answered"


def test_a_batch_keeps_order_and_survives_bad_lines(kb, tmp_path):
    lines = [
        '{"id": "q1", "question": "What floats?"}',
        "{broken",
        '{"id": "q3"}',
        '{"id": "q4", "question": ""}',
        '{"id": "q5", "question": "And the train?", "history": [{"role": "user", "content": "x"}]}',
        '{"id": "q6", "question": "x", "history": [{"role": "system", "content": "x"}]}',
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))
    out = [
        json.loads(s) for s in kb("ask", "--batch", str(tmp_path / "b.jsonl")).stdout.splitlines()
    ]
    assert [r["id"] for r in out] == ["q1", None, "q3", "q4", "q5", "q6"]
    assert [("error" in r) for r in out] == [False, True, True, True, False, True]
    assert "Line 2" in out[1]["error"]
    found = kb("search", "--batch", "-", text=lines[0]).stdout
    assert json.loads(found)["results"][0]["document_id"] == "d2"


def test_history_shapes_the_search(kb, tmp_path):
    path = tmp_path / "h.json"
    path.write_text(json.dumps([{"role": "user", "content": "Tell me about boats"}]))
    results = json.loads(kb("search", "Where?", "--history", str(path), "--json").stdout)
    assert results[0]["document_id"] == "d2"


def test_status_and_settings(kb):
    status = json.loads(kb("status", "--json").stdout)
    assert status["documents"] == 3
    assert status["problems"] == {}
    assert "retention_days: 90" in kb("status", "--settings").stdout


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (["ask", ""], {}, "The question is empty"),
        (["ask", "x" * 100_000], {}, "100,000 characters"),
        (["search", "x", "--top-k", "0"], {}, "top_k is 0"),
        (["ask", "--batch", "none.jsonl"], {}, "none.jsonl cannot be read"),
        (["ingest", "none.pdf"], {}, "none.pdf does not exist"),
        (["status"], {"KB_COLOUR": "red"}, "Unknown setting KB_COLOUR"),
        (["status", "--config", "none.toml"], {}, "none.toml cannot be read"),
        (["serve", "--port", "99999"], {}, "Port 99999"),
        (["ask", "x"], {"KB_EMBEDDER": "/nowhere"}, "no folder"),
    ],
)
def test_failures_are_one_line(kb, arguments, env, message):
    lines = kb(*arguments, expect=1, **env).stderr.strip().splitlines()
    assert message in lines[-1]
    assert lines[-1].startswith("kb: ")


def test_wrong_usage_exits_2(kb):
    kb("ask", expect=2)
    kb("none", expect=2)
    kb("ask", "x", "--batch", "y", expect=2)


def test_every_command_has_an_example(kb):
    for command in ("ask", "search", "ingest", "status", "serve"):
        assert f"kb {command}" in kb(command, "--help").stdout


def test_a_port_in_use_is_named(kb):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in kb("serve", "--port", port, expect=1).stderr


def test_a_damaged_index_says_what_to_do(kb, tmp_path):
    import shutil

    index = tmp_path / "index"
    shutil.copytree(kb_index(kb), index)
    for path in index.glob("generations/*/documents.json"):
        path.write_text("[]")
    done = kb("ask", "x", "--index", str(index), expect=1)
    assert "documents.json" in done.stderr
    assert "kb ingest --rebuild" in done.stderr


def kb_index(kb) -> Path:
    return Path(json.loads(kb("status", "--json").stdout)["index"])
