"""Generate: a question and numbered passages -> sentences that a language model wrote, unchecked.

What comes from here is never shown before kb/answering/ground.py has checked it. A call ends at its
deadline whatever the endpoint does; everything that goes wrong is a ``GenerationError``.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.errors import GenerationError, SettingsError
from kb.settings import Settings
from kb.types import Passage

ANSWER_PROMPT = "answer-1"
TRANSLATE_PROMPT = "translate-1"
MOST_SENTENCES = 12
MOST_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as a model wrote it, with the numbers of the passages that it names."""

    text: str
    passages: tuple[int, ...]


class Generator(Protocol):
    """Writes drafts; what it writes is checked by others."""

    name: str

    def draft(self, question: str, passages: Sequence[Passage], deadline: float) -> Iterator[Draft]:
        """Write an answer, sentence by sentence as each is complete.

        Args:
            deadline: moment of ``time.monotonic`` at which the call must have ended.

        Raises:
            GenerationError: nothing usable came, or not all of it; drafts given before may be whole.
        """
        ...

    def translate(self, sentences: Sequence[str], language: str, deadline: float) -> list[str]:
        """Translate sentences, in their order.

        Raises:
            GenerationError: nothing usable came.
        """
        ...


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    passages: list[int]


class _Answer(BaseModel):
    """What a model is asked to return."""

    model_config = ConfigDict(extra="forbid")
    sentences: list[_Sentence] = Field(max_length=MOST_SENTENCES)


class _Translation(BaseModel):
    """What a model is asked to return for a translation."""

    model_config = ConfigDict(extra="forbid")
    sentences: list[str]


@cache
def prompt(name: str) -> str:
    """A versioned prompt."""
    return (files("kb.answering") / "prompts" / f"{name}.md").read_text(encoding="utf-8")


@dataclass
class LangChainGenerator:
    """Any chat model of LangChain behind ``Generator``.

    Attributes:
        schema: whether the endpoint is asked for structured output; given up when it refuses.
    """

    name: str
    model: Any
    schema: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draft(self, question: str, passages: Sequence[Passage], deadline: float) -> Iterator[Draft]:
        """Write an answer, sentence by sentence (see ``Generator``)."""
        from langchain_core.utils.json import parse_partial_json

        data = {
            "question": question,
            "passages": [
                {"number": number, "title": " > ".join(p.headings or (p.title,)), "text": p.text}
                for number, p in enumerate(passages, start=1)
            ],
        }
        given, text = 0, ""
        for text in self._stream(prompt(ANSWER_PROMPT), data, _Answer, deadline):
            try:
                partial = parse_partial_json(text)
            except ValueError:
                continue
            complete = partial.get("sentences") if isinstance(partial, dict) else None
            for record in (complete or [])[given:-1] if isinstance(complete, list) else ():
                yield _draft(record)
                given += 1
        for sentence in _validated(text, _Answer).sentences[given:]:
            yield Draft(sentence.text, tuple(sentence.passages))

    def translate(self, sentences: Sequence[str], language: str, deadline: float) -> list[str]:
        """Translate sentences (see ``Generator``)."""
        data = {"language": language, "sentences": list(sentences)}
        *_, text = "", *self._stream(prompt(TRANSLATE_PROMPT), data, _Translation, deadline)
        found = _validated(text, _Translation).sentences
        if len(found) != len(sentences):
            raise GenerationError(f"{self.name} translated {len(found)} of {len(sentences)}.")
        return found

    def _stream(
        self, rules: str, data: object, form: type[BaseModel], deadline: float
    ) -> Iterator[str]:
        """The text so far, each time that more of it has come, until it is whole."""
        messages = [("system", rules), ("human", json.dumps(data, ensure_ascii=False))]
        with self._lock:
            schema = self.schema
        options = _schema_options(self.name, form) if schema else {}
        try:
            yield from self._read(messages, options, deadline)
        except _Refused:
            if not options:
                raise GenerationError(f"{self.name} refused the request.") from None
            with self._lock:
                self.schema = False
            yield from self._read(messages, {}, deadline)

    def _read(
        self, messages: Sequence[tuple[str, str]], options: dict[str, Any], deadline: float
    ) -> Iterator[str]:
        """Read the stream in a thread of its own, so that a silent endpoint can be left behind."""
        parts: queue.Queue[str | BaseException | None] = queue.Queue()
        given_up = threading.Event()

        def read() -> None:
            try:
                stream = self.model.stream(list(messages), **options)
                for chunk in stream:
                    if given_up.is_set():
                        stream.close()
                        return
                    parts.put(_text_of(chunk))
                parts.put(None)
            except BaseException as error:  # whatever a provider's client raises ends the call
                parts.put(error)

        threading.Thread(target=read, daemon=True, name="language-model").start()
        text = ""
        try:
            while True:
                try:
                    part = parts.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    raise GenerationError(f"{self.name} did not answer in time.") from None
                if part is None:
                    return
                if isinstance(part, BaseException):
                    if not text and getattr(part, "status_code", None) in (400, 404, 422):
                        raise _Refused(f"{self.name} refused the request.") from part
                    raise GenerationError(f"{self.name} failed: {type(part).__name__}.") from part
                text += part
                if len(text) > MOST_CHARACTERS:
                    raise GenerationError(f"{self.name} wrote more than {MOST_CHARACTERS} signs.")
                if part:
                    yield text
        finally:
            given_up.set()


class _Refused(GenerationError):
    """The endpoint does not take the request in this form."""


def _text_of(chunk: Any) -> str:
    content = chunk.content
    if isinstance(content, str):
        return content
    return "".join(
        part if isinstance(part, str) else str(part.get("text", ""))
        for part in content
        if isinstance(part, (str, dict))
    )


def _draft(record: object) -> Draft:
    try:
        sentence = _Sentence.model_validate(record)
    except ValidationError as error:
        raise GenerationError("The language model wrote a sentence of the wrong form.") from error
    return Draft(sentence.text, tuple(sentence.passages))


def _validated(text: str, form: type[Any]) -> Any:
    body = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        raise GenerationError("The language model's text is not of the asked form.") from error


def _schema_options(name: str, form: type[BaseModel]) -> dict[str, Any]:
    """How each provider is asked for structured output; empty where that is not known."""
    schema = form.model_json_schema()
    provider = name.partition(":")[0]
    if provider == "ollama":
        return {"format": schema}
    if provider in ("openai", "mistralai"):
        named = {"name": form.__name__.strip("_").lower(), "schema": schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    return {}


def open_generator(settings: Settings) -> LangChainGenerator | None:
    """The model that ``KB_LLM`` names, or None where none is set.

    Raises:
        SettingsError: the name is not understood, or its package is not installed.
    """
    if not settings.llm:
        return None
    provider, colon, model = settings.llm.partition(":")
    if not colon or not model:
        raise SettingsError(f"KB_LLM '{settings.llm}' needs a provider, as in openai:MODEL.")
    options: dict[str, Any] = {"timeout": settings.llm_timeout, "temperature": 0}
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    if provider != "ollama":  # one attempt; the extractive answer is the second one
        options |= {"max_retries": 0}
        if key := settings.llm_api_key.get_secret_value():
            options["api_key"] = key
        elif settings.llm_base_url:
            options["api_key"] = "none"
    else:
        options["client_kwargs"] = {"timeout": options.pop("timeout")}
    try:
        from langchain.chat_models import init_chat_model

        return LangChainGenerator(settings.llm, init_chat_model(settings.llm, **options))
    except ImportError as error:
        raise SettingsError(
            f"KB_LLM '{settings.llm}' needs a package that is not installed ({error.name}). "
            f"Run: pip install 'partnership-assistant[{provider}]'"
        ) from None
    except Exception as error:
        raise SettingsError(f"KB_LLM '{settings.llm}' cannot be used: {error}") from None
