"""SIGKILL at random moments of work at the desk: python -m tests.faults.kill_desk [--kills 100].

A child saves, approves and publishes; its parent waits for such a phase and kills within it. After each
kill everything that was acknowledged must be there exactly once, and nothing may be half done. Prints how
many kills fell into which phase.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from sqlalchemy import select, text

from kb.desk.account import Actor
from kb.desk.desk import Desk, Edit
from kb.desk.faq import Faq
from kb.journal.tables import ApprovedAnswer, AuditEntry, StoredInquiry, Sum
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.conftest import DATA, CountingEmbedder
from tests.desk.test_mail import eml

KILLS = 100
SEED = 20261125
PHASES = ("between", "save", "approve", "publish")
# How long a phase takes here, about; a kill falls somewhere within it.
SECONDS = {"save": 0.004, "approve": 0.012, "publish": 0.3}
ANTON = Actor("anton", "approver")
MAIL = eml("Dear all,\n\nwho leads the river partnership?\n\nMaria Rossi")


def open_base(folder: Path) -> KnowledgeBase:
    return KnowledgeBase.open(
        settings=load_settings(index=folder / "index"),
        embedder=CountingEmbedder(),
        corpus=DATA / "corpus",
        today=lambda: date(2026, 6, 1),
    )


def work(folder: Path, phase: mmap.mmap, first: int) -> None:
    """Work until killed; what a call has acknowledged is written down at once."""
    base = open_base(folder)
    desk, faq = Desk(base), Faq(base)
    faq.reconcile()
    said = os.open(folder / "said.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def acknowledged(*what: object) -> None:
        os.write(said, (json.dumps(what) + "\n").encode())

    turn = first
    while True:
        turn += 1
        number = desk.open(MAIL, ANTON)
        acknowledged("open", number)
        work = desk.read(number, ANTON).work
        edit = Edit(work.subject, work.opening.text, {}, f"Regards, {turn}.")
        phase[0] = 1
        desk.save(number, 1, edit, ANTON)
        acknowledged("save", number, edit.closing)
        phase[0] = 0
        (sentence,) = desk.read(number, ANTON).work.unchecked()
        desk.confirm(number, 2, sentence.key, ANTON)
        phase[0] = 2
        desk.approve(number, 3, ANTON)
        acknowledged("approve", number)
        phase[0] = 0
        if turn % 3 == 0:
            name = faq.propose(f"What is number {turn}?", f"It is {turn}.", ANTON, sources=["S1"])
            faq.confirm_clean(name, 1, ANTON)
            phase[0] = 3
            faq.publish(name, 2, ANTON)
            acknowledged("publish", name)
            phase[0] = 0


def check(folder: Path) -> None:
    """Raise where something acknowledged is lost, double or half done."""
    base = open_base(folder)
    Faq(base).reconcile()
    base.ingest()
    said = [json.loads(line) for line in (folder / "said.jsonl").read_text().splitlines()]
    with base.database.session() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        inquiries = {row.id: row for row in session.scalars(select(StoredInquiry))}
        answers = Counter(session.scalars(select(ApprovedAnswer.inquiry_id)))
        log = Counter(map(tuple, session.execute(select(AuditEntry.action, AuditEntry.item))))
        counted = session.scalar(select(Sum.count).where(Sum.measure == "approved")) or 0
    approved = {number for number, row in inquiries.items() if row.state == "approved"}
    for what, item, *more in said:
        if what == "publish":
            continue
        assert item in inquiries, f"inquiry {item} is lost"
        assert what != "approve" or item in approved, f"the approval of {item} is lost"
        if what == "save":
            assert inquiries[item].work["closing"]["text"] == more[0], f"{item} is not as saved"
    for number, row in inquiries.items():
        name, is_approved = f"inquiry {number}", number in approved
        assert log["approve", name] == is_approved, f"the log of {number} is not its state"
        assert answers[number] == is_approved, f"answers of {number}: {answers[number]}"
        assert log["open", name] == 1
        changes = sum(log[action, name] for action in ("save", "confirm", "approve"))
        assert row.version == 1 + changes, f"{number}: version {row.version}, changes {changes}"
    assert counted == len(approved)
    published = {e.name for e in Faq(base).entries() if e.state == "published"}
    assert {item for what, item, *_ in said if what == "publish"} <= published
    assert {path.stem for path in base.settings.faq.glob("*.md")} == published
    indexed = [d.id for d in base.documents() if d.id.startswith("own-faq/")]
    assert sorted(indexed) == sorted(f"own-faq/{name}" for name in published)


def in_child(call) -> int:
    """Run in a forked process; its number."""
    child = os.fork()
    if child:
        return child
    try:
        call()
        status = 0
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        status = 1
    os._exit(status)


def kill_once(folder: Path, number: int, chance: random.Random) -> str:
    """Start the work, kill it, check what is left; the phase that was hit."""
    phase = mmap.mmap(-1, 1)
    child = in_child(lambda: work(folder, phase, number * 1000))
    wanted = chance.choice(PHASES[1:])
    deadline = time.monotonic() + 60
    while phase[0] != PHASES.index(wanted):
        assert time.monotonic() < deadline, f"no {wanted} came about"
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "the work has ended by itself"
        time.sleep(0.0002)
    time.sleep(chance.uniform(0, SECONDS[wanted]))
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    hit = PHASES[phase[0]]  # read while it stands still
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _, status = os.waitpid(in_child(lambda: check(folder)), 0)
    assert status == 0, f"kill {number}, in {hit}: see above"
    return hit


def main() -> None:
    """Kill, check, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS)
    kills = parser.parse_args().kills
    chance, hits = random.Random(SEED), Counter()
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(kills):
            if number % 10 == 0:  # small again: what is measured is the kill, not the amount
                folder = Path(temporary) / str(number)
                folder.mkdir()
            hits[kill_once(folder, number, chance)] += 1
    for phase in PHASES:
        sys.stdout.write(f"killed in {phase}: {hits[phase]}\n")
    inside = kills - hits["between"]
    met = "met" if inside >= 0.8 * kills else "NOT MET"
    sys.stdout.write(
        f"inside save, approve or publish: {inside} of {kills} (at least 80 %: {met}); "
        "nothing lost, nothing double\n"
    )


if __name__ == "__main__":
    main()
