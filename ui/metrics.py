"""Metrics: calls and answers -> figures in Prometheus text; none of them holds a word or a person."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from kb.types import Answer

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30)


class Metrics:
    """The figures of one server process."""

    def __init__(self) -> None:
        """Begin at nought."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._calls = Counter(
            "kb_calls", "HTTP calls", ("surface", "status"), registry=self._registry
        )
        self._answers = Counter(
            "kb_answers", "Answers of the API", ("status", "reason"), registry=self._registry
        )
        self._seconds = Histogram(
            "kb_answer_seconds", "Time to answer", buckets=SECONDS, registry=self._registry
        )
        self._ratings = Counter("kb_ratings", "Ratings", ("useful",), registry=self._registry)
        self._running = Gauge(
            "kb_questions_running", "Questions being worked on", registry=self._registry
        )

    def watch_running(self, running: Callable[[], float]) -> None:
        """Say where the number of questions being worked on is read."""
        self._running.set_function(running)

    def called(self, surface: str, status: int) -> None:
        """Count a call."""
        self._calls.labels(surface, str(status)).inc()

    def answered(self, answer: Answer) -> None:
        """Count an answer."""
        self._answers.labels(answer.status, answer.reason or "").inc()
        self._seconds.observe(answer.seconds)

    def rated(self, useful: bool) -> None:
        """Count a rating."""
        self._ratings.labels(str(useful).lower()).inc()

    def text(self) -> bytes:
        """All figures in Prometheus text format."""
        return generate_latest(self._registry)
