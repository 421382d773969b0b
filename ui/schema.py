"""Schema: what the HTTP API takes and gives, as pydantic models; unknown fields are refused.

What is given is not checked against these models when it is sent: ``tests/ui/test_api.py`` is what
holds them and the records of ``kb/types.py`` together.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kb.answering.question import EU_LANGUAGES, MAX_CHARACTERS
from kb.knowledge import MAX_TOP_K
from kb.types import NoticeKind, Reason, StatementKind, Status, Wording

COMMENT_CHARACTERS = 2_000


def _storable(text: str) -> str:
    """JSON can name two things that no text file or database may hold."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not hold the character NUL or half a surrogate pair")
    return text


def _known_language(code: str) -> str:
    if code not in EU_LANGUAGES:
        raise ValueError(f"must be one of {', '.join(EU_LANGUAGES)}")
    return code


_PATTERN: dict[str, Any] = {"pattern": r"^[^\x00]*$"}
AnyText = Annotated[str, Field(json_schema_extra=_PATTERN), AfterValidator(_storable)]
QuestionText = Annotated[
    str,
    Field(min_length=1, max_length=MAX_CHARACTERS, json_schema_extra=_PATTERN),
    AfterValidator(_storable),
]
AnswerId = Annotated[
    str,
    Field(min_length=1, max_length=64, json_schema_extra=_PATTERN),
    AfterValidator(_storable),
]
Comment = Annotated[
    str,
    Field(max_length=COMMENT_CHARACTERS, json_schema_extra=_PATTERN),
    AfterValidator(_storable),
]
Language = Annotated[
    str, AfterValidator(_known_language), Field(json_schema_extra={"enum": list(EU_LANGUAGES)})
]


class _Taken(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskedTurn(_Taken):
    """One earlier message of the conversation; it shapes the search alone."""

    role: Literal["user", "assistant"]
    content: AnyText


class AskBody(_Taken):
    """A question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "Half of our partners have gone quiet, what can we do?"},
                {
                    "question": "And who pays for that?",
                    "history": [
                        {"role": "user", "content": "Who may join a partnership?"},
                        {"role": "assistant", "content": "Regions and member states may join."},
                    ],
                    "language": "en",
                    "store": False,
                },
            ]
        }
    )

    question: QuestionText
    history: list[AskedTurn] | None = Field(
        default=None, description="oldest first; only the last 20 turns count"
    )
    language: Language | None = Field(
        default=None, description="of the answer, ISO 639-1; that of the question if null"
    )
    store: bool = Field(default=True, description="false: the question is never kept")


class SearchQuery(BaseModel):
    """What to search for."""

    model_config = ConfigDict(extra="forbid")

    q: QuestionText = Field(examples=["mission and vision"])
    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K, examples=[5])


class FeedbackBody(_Taken):
    """A rating of an answer that this server has given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answer_id": "0b8f5d3a4c2e4f6f9a1b2c3d4e5f6a7b",
                    "useful": True,
                    "comment": "Just what we needed.",
                }
            ]
        }
    )

    answer_id: AnswerId
    useful: bool
    comment: Comment = Field(
        default="", description="e-mail addresses and long numbers are masked before it is kept"
    )


class FeedbackRecord(_Given):
    """What was kept."""

    answer_id: str
    useful: bool


class SourceRecord(_Given):
    """A source that a cited section rests on."""

    id: str
    title: str
    url: str
    publisher: str
    as_of: str


class CitationRecord(_Given):
    """The exact words that a statement rests on; ``quote == document.text[start:end]``."""

    number: int
    document_id: str
    passage_id: str
    title: str
    section: list[str]
    page: int | None
    url: str
    publisher: str
    licence: str
    as_of: str
    wording: Wording
    quote: str
    start: int
    end: int
    sources: list[SourceRecord]


class StatementRecord(_Given):
    """One checked sentence with the numbers of its citations."""

    text: str
    kind: StatementKind
    citations: list[int]
    original: str


class NoticeRecord(_Given):
    """Something the reader should know besides the answer."""

    kind: NoticeKind
    text: str
    citations: list[int]


class TopicRecord(_Given):
    """A nearest topic: a link, never a claim."""

    title: str
    document_id: str
    url: str


_SOURCE: dict[str, Any] = {
    "id": "S014",
    "title": "Guidance on committed partners",
    "url": "https://example.europa.eu/guidance.pdf",
    "publisher": "European Commission",
    "as_of": "2025-06",
}
_CITATION: dict[str, Any] = {
    "number": 1,
    "document_id": "guidance/obstacles",
    "passage_id": "guidance/obstacles#3f2a9c",
    "title": "Obstacles",
    "section": ["Obstacles", "When partners go quiet"],
    "page": None,
    "url": _SOURCE["url"],
    "publisher": _SOURCE["publisher"],
    "licence": "CC-BY-4.0",
    "as_of": "2025-06",
    "wording": "summary",
    "quote": "Ask each quiet partner what it still expects.",
    "start": 120,
    "end": 165,
    "sources": [_SOURCE],
}
_ANSWER: dict[str, Any] = {
    "id": "0b8f5d3a4c2e4f6f9a1b2c3d4e5f6a7b",
    "created": "2026-11-25T09:30:00+00:00",
    "question": "Half of our partners have gone quiet, what can we do?",
    "language": "en",
    "status": "answered",
    "reason": None,
    "text": "Ask each quiet partner what it still expects. [1]",
    "confidence": 0.91,
    "generation": "20261125T080000-1a2b3c",
    "seconds": 0.21,
    "statements": [
        {"text": _CITATION["quote"], "kind": "recommendation", "citations": [1], "original": ""}
    ],
    "notices": [],
    "topics": [],
    "citations": [_CITATION],
    "missing": [],
    "suggestions": ["How often should a partnership meet?"],
    "generator": "extractive",
    "prompt_version": "",
}


class AnswerRecord(_Given):
    """An answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ANSWER]})

    id: str
    created: str
    question: str
    language: str
    status: Status
    reason: Reason | None
    text: str
    confidence: float
    generation: str
    seconds: float
    statements: list[StatementRecord]
    notices: list[NoticeRecord]
    topics: list[TopicRecord]
    citations: list[CitationRecord]
    missing: list[str]
    suggestions: list[str]
    generator: str
    prompt_version: str


class ResultRecord(_Given):
    """A passage with its place in the ranking; a higher score is better."""

    rank: int
    score: float
    document_id: str
    passage_id: str
    title: str
    section: list[str]
    url: str
    text: str
    start: int
    end: int
    sources: list[SourceRecord]


_RESULT: dict[str, Any] = {
    "rank": 1,
    "score": 0.83,
    **{name: _CITATION[name] for name in ("document_id", "passage_id", "title", "section", "url")},
    "text": _CITATION["quote"],
    "start": 120,
    "end": 165,
    "sources": [_SOURCE],
}


class SearchRecord(_Given):
    """Passages, best first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"results": [_RESULT]}]})

    results: list[ResultRecord]


class FaultRecord(_Given):
    """A field at fault."""

    field: str
    message: str


class ProblemRecord(_Given):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultRecord]


def _problem(status: int, detail: str, field: str = "") -> dict[str, Any]:
    errors = [{"field": field, "message": detail}] if field else []
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "errors": errors
    }  # fmt: skip


PROBLEMS = {
    problem["status"]: problem
    for problem in (
        _problem(400, "The body could not be read: it must be JSON, encoded in UTF-8.", "body"),
        _problem(403, "This website may not call the assistant."),
        _problem(404, "This server has not given such an answer lately.", "answer_id"),
        _problem(413, "The body is too large; at most 64 kB are read.", "body"),
        _problem(415, "The body must be JSON, sent with Content-Type: application/json.", "body"),
        _problem(422, "The question is empty. Type a question.", "question"),
        _problem(429, "That was too much for one minute. Please go on in 12 seconds."),
        _problem(503, "Too many questions are being worked on. Please try again in a few seconds."),
    )
}
