"""``kb draft`` in a process of its own."""

import json

from tests.desk.test_mail import eml
from tests.ui.test_cli import kb  # noqa: F401  the command over three documents


def test_draft(kb, tmp_path):  # noqa: F811
    path = tmp_path / "a.eml"
    path.write_bytes(eml("Hello,\n\nwhat spans the river?\n\nMaria Rossi"))
    record = json.loads(kb("draft", str(path), "--json").stdout)
    assert record["items"][0]["question"] == "what spans the river?"
    assert set(record) >= {"inquiry", "items", "handover", "unanswered", "reply"}
    assert "Dear Maria Rossi," in kb("draft", "-", text=path.read_text()).stdout


def test_what_cannot_be_read_is_one_line(kb, tmp_path):  # noqa: F811
    done = kb("draft", str(tmp_path / "none.eml"), expect=1)
    assert "none.eml" in done.stderr
    assert "empty" in kb("draft", "-", expect=1).stderr
