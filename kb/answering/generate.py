"""Generate: a question and numbered passages -> sentences that a language model wrote, unchecked.

What comes from here is never shown before kb/answering/ground.py has checked it. A call ends at its
deadline whatever the endpoint does; everything that goes wrong is a ``GenerationError``.
"""

from __future__ import annotations

import asyncio
import json
import math
import queue
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.errors import GenerationError, SettingsError
from kb.settings import Settings, require_off
from kb.types import Passage

ANSWER_PROMPT = "answer-1"
TRANSLATE_PROMPT = "translate-1"
MOST_SENTENCES = 12
MOST_CHARACTERS = 8_000
# Switches of LangChain that send what a model is asked to a service of its makers.
TRACING = tuple(
    f"{owner}_{name}" for owner in ("LANGSMITH", "LANGCHAIN") for name in ("TRACING", "TRACING_V2")
)


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
        schema: whether the endpoint is asked for structured output; given up when it takes the same
            request without, and not with it.
    """

    name: str
    model: Any
    schema: bool = True

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
            except (ValueError, RecursionError):
                continue
            complete = partial.get("sentences") if isinstance(partial, dict) else None
            for record in complete[given:-1] if isinstance(complete, list) else ():
                if given == MOST_SENTENCES:
                    raise GenerationError(f"{self.name} wrote more than {given} sentences.")
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
        options = _schema_options(self.name, form) if self.schema else {}
        try:
            yield from self._read(messages, options, deadline)
        except _Refused:
            if not options:
                raise
            for text in self._read(messages, {}, deadline):
                self.schema = False
                yield text

    def _read(
        self, messages: Sequence[tuple[str, str]], options: dict[str, Any], deadline: float
    ) -> Iterator[str]:
        """Read on the event loop of all calls, so that this one can be ended at any moment."""
        parts: queue.Queue[str | Exception | None] = queue.Queue()
        if time.monotonic() >= deadline:
            raise GenerationError(f"No time was left to ask {self.name}.")
        over = threading.Event()
        stream = self.model.astream(list(messages), **options)
        call = asyncio.run_coroutine_threadsafe(_receive(stream, parts, over), _events())
        text = ""
        try:
            while (part := _next(parts, deadline)) is not None:
                if isinstance(part, Exception):
                    if not text and _status(part) in (400, 404, 422):
                        raise _Refused(f"{self.name} refused the request.") from part
                    raise GenerationError(f"{self.name} failed: {type(part).__name__}.") from part
                text += part
                if len(text) > MOST_CHARACTERS:
                    raise GenerationError(f"{self.name} wrote more than {MOST_CHARACTERS} signs.")
                if parts.empty():  # else more can be read at once
                    yield text
            yield text
        except TimeoutError:
            raise GenerationError(f"{self.name} did not answer in time.") from None
        finally:
            over.set()
            call.cancel()


_events_lock = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def _events() -> asyncio.AbstractEventLoop:
    """The event loop of all calls, in a thread of its own: a client's connections belong to one."""
    with _events_lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            threading.Thread(
                target=_loops[0].run_forever, daemon=True, name="language-model"
            ).start()
        return _loops[0]


async def _receive(
    stream: AsyncGenerator[Any, None],
    parts: queue.Queue[str | Exception | None],
    over: threading.Event,
) -> None:
    """Put what comes into a queue, then None or an error; a flood ends early.

    Args:
        over: nobody waits any more. The call is also cancelled then, but ``asyncio.wait_for``, which
            clients use, loses a cancellation that comes at the same moment as a chunk.
    """
    length = 0
    try:
        async with aclosing(stream):
            async for chunk in stream:
                if part := _text_of(chunk):
                    length += len(part)
                    parts.put(part)
                if over.is_set() or length > MOST_CHARACTERS:
                    break
        parts.put(None)
    except Exception as error:  # whatever a provider's client raises ends the call
        parts.put(error)


def _next(parts: queue.Queue[str | Exception | None], deadline: float) -> str | Exception | None:
    """What comes next.

    Raises:
        TimeoutError: it is too late, even if something is there.
    """
    try:
        if (left := deadline - time.monotonic()) > 0:
            return parts.get(timeout=left)
    except queue.Empty:
        pass
    raise TimeoutError


def _status(error: Exception) -> int | None:
    """HTTP status of a provider's error."""
    for holder in (error, getattr(error, "response", None)):
        if isinstance(status := getattr(holder, "status_code", None), int):
            return status
    return None


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
        SettingsError: the name is not understood, its package is not installed, or its calls would
            be sent to a third party too.
    """
    if not settings.llm:
        return None
    require_off(*TRACING)
    provider, colon, model = settings.llm.partition(":")
    if not colon or not model:
        raise SettingsError(f"KB_LLM '{settings.llm}' needs a provider, as in openai:MODEL.")
    try:
        from langchain.chat_models import init_chat_model

        opened = init_chat_model(settings.llm, **_client_options(settings, provider))
        return LangChainGenerator(settings.llm, opened)
    except ImportError as error:
        raise SettingsError(
            f"KB_LLM '{settings.llm}' needs a package that is not installed ({error.name}). "
            f"Run: pip install 'partnership-assistant[{provider}]'"
        ) from None
    except Exception as error:
        raise SettingsError(f"KB_LLM '{settings.llm}' cannot be used: {error}") from None


def _client_options(settings: Settings, provider: str) -> dict[str, Any]:
    """How a provider's client is set up: one attempt, in time, at the address that is named alone."""
    options: dict[str, Any] = {"temperature": 0}
    timeout = math.ceil(settings.llm_timeout)  # whole seconds: Mistral's client takes no others
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    if provider == "ollama":
        client = {"timeout": timeout, "follow_redirects": False}
        return options | {"client_kwargs": client}
    if provider == "openai":
        from openai import DefaultAsyncHttpxClient

        options["http_async_client"] = DefaultAsyncHttpxClient(follow_redirects=False)
    if key := settings.llm_api_key.get_secret_value():
        options["api_key"] = key
    elif settings.llm_base_url:  # else the client would send a key that it finds in the environment
        options["api_key"] = "none"
    return options | {"timeout": timeout, "max_retries": 0}
