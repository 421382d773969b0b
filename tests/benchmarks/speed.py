"""Speed and memory, as ratios measured in one run: python -m tests.benchmarks.speed [--sample].

Prints one line a figure: name, value, target, met or not. ``--sample`` takes fewer rounds.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from gradio_client import Client

from kb.desk.account import Actor
from kb.desk.faq import Faq
from kb.desk.inquiry import read_inquiry
from kb.desk.mail import read_mail
from kb.desk.reply import draft_reply
from kb.evaluation.datasets import load_dataset, shipped_dataset
from kb.index.stored import vector_rows
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.benchmarks.serving import Server, serving

MAIL = Path(__file__).parents[1] / "data" / "inquiry-400.eml"
ROUNDS = 5
SAMPLE_ROUNDS = 1


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def answer_ratio(base: KnowledgeBase, rounds: int) -> float:
    """Median over the tuning questions of answer time / bare encoding of the question."""
    questions = [q for q in load_dataset(shipped_dataset(), "tuning").questions if not q.history]
    model = base.embedder.model
    for question in questions[:10]:
        base.ask(question.text)
    ratios = []
    for _ in range(rounds):
        for question in questions:
            bare = timed(lambda text=question.text: model.encode_query([text]))
            ratios.append(timed(lambda text=question.text: base.ask(text)) / bare)
    return statistics.median(ratios)


def ingest_ratio(base: KnowledgeBase, folder: Path, rounds: int) -> tuple[float, float]:
    """Full ingest / bare, length-sorted encoding of every text; seconds of a second ingest.

    The first full ingest is the one of ``base``. In a single round every fourth text is encoded.
    """
    base.embedder.embed_query("loaded before anything is timed")
    ingests = [base] + [
        KnowledgeBase(load_settings(index=folder / f"index{number}"), embedder=base.embedder)
        for number in range(1, rounds)
    ]
    step = 4 if rounds == 1 else 1
    ratios = [timed(own.ingest) / (bare_seconds(own, step) * step) for own in ingests]
    return statistics.median(ratios), timed(base.ingest)


def bare_seconds(base: KnowledgeBase, step: int) -> float:
    """Seconds that sentence-transformers takes for every ``step``-th text of an index."""
    retriever, model = base._current().retriever, base.embedder.model
    embedded = {row.text for row in vector_rows(retriever.content)} | set(retriever.words.words)
    texts = sorted(embedded, key=len, reverse=True)[::step]
    return timed(lambda: model.encode_document(texts, show_progress_bar=False))


def draft_seconds(base: KnowledgeBase, rounds: int) -> tuple[float, float]:
    """Median seconds to draft the reply to a mail of 400 words; the same / bare encoding of its questions."""
    data = MAIL.read_bytes()
    asked = [question.text for question in read_inquiry(read_mail(data)).questions]
    seconds, ratios = [], []
    for _ in range(5 * rounds):
        bare = timed(lambda: [base.embedder.model.encode_query([text]) for text in asked])
        seconds.append(timed(lambda: draft_reply(read_mail(data), base)))
        ratios.append(seconds[-1] / bare)
    return statistics.median(seconds), statistics.median(ratios)


def peak_mib(server: Server) -> float:
    """Peak memory of the serving process after ten answers."""
    client = Client(server.address, verbose=False)
    for _ in range(10):
        client.predict("Which partnerships deal with energy, and who leads them?", api_name="/ask")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def publish_seconds(base: KnowledgeBase, server: Server) -> float:
    """Seconds from publishing an entry of the own FAQ until another process answers from it."""
    faq, officer = Faq(base), Actor("benchmark", "approver")
    question = "Who keeps the spare key of the zeppelin hangar?"
    sources = sorted(faq.catalogue())[:1]
    name = faq.propose(question, "The harbour master keeps it.", officer, sources=sources)
    faq.confirm_clean(name, 1, officer)

    def answered() -> bool:
        answer = httpx.post(f"{server.address}/api/v1/ask", json={"question": question}).json()
        return any(c["document_id"] == f"own-faq/{name}" for c in answer["citations"])

    def publish() -> None:
        faq.publish(name, 2, officer)
        while not answered():
            time.sleep(0.05)

    assert not answered()
    return timed(publish)


def main() -> None:
    """Measure and print."""
    rounds = SAMPLE_ROUNDS if "--sample" in sys.argv else ROUNDS
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base = KnowledgeBase(load_settings(index=folder / "index"))
        full, again = ingest_ratio(base, folder, 1 if rounds == 1 else 3)
        with serving(folder / "index") as server:
            peak, published = peak_mib(server), publish_seconds(base, server)
        drafted, drafted_ratio = draft_seconds(base, rounds)
        figures = [
            ("answer / bare encoding of its question", answer_ratio(base, rounds), 3.0),
            ("full ingest / bare encoding of its texts", full, 1.3),
            ("second ingest, s", again, 2.0),
            ("ready to answer after, s", server.ready, 15.0),
            ("draft of a reply to a mail of 400 words, s", drafted, 1.0),
            ("the same / bare encoding of its questions", drafted_ratio, float("inf")),
            ("published FAQ entry answered by another process after, s", published, 5.0),
            ("peak memory of the serving process, MiB", peak, 1228.8),
        ]
    for name, value, target in figures:
        met = "met" if value <= target else "NOT MET"
        wanted = f" (at most {target:g}: {met})" if target < float("inf") else ""
        sys.stdout.write(f"{name}: {value:.2f}{wanted}\n")


if __name__ == "__main__":
    main()
