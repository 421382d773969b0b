"""A language model's endpoint that does what a test tells it: OpenAI's chat completions over HTTP.

It also speaks as Mistral, whose interface is the same, and as Ollama.

In a test, in a thread: ``with ScriptedServer() as server: server.plays(Script(...))``.
As a process that can be killed: ``python -m tests.llm.scripted PORT PAUSE``; it words every answer
from the passages it is given.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

Asked = dict[str, Any]  # what stands in the user's message: question and passages, or sentences
Ending = Literal["done", "cut", "silence", "comments"]


@dataclass(frozen=True)
class Script:
    """What to do with one request.

    Attributes:
        text: what is said, or a function from what was asked.
        size: characters in a chunk.
        pause: seconds before each chunk.
        status: another one than 200 is an error at once.
        silent: nothing comes, not even headers, until the client hangs up.
        ending: after the text: an orderly end, a closed connection, silence, or comments for ever.
        endless: the text is said again and again.
        refuses: status with which a request with this field is refused.
        redirect: address to which the client is sent.
    """

    text: str | Callable[[Asked], str] = ""
    size: int = 7
    pause: float = 0.0
    status: int = 200
    silent: bool = False
    ending: Ending = "done"
    endless: bool = False
    refuses: Mapping[str, int] = field(default_factory=dict)
    redirect: str = ""


@dataclass(frozen=True)
class Recorded:
    """A request as it came."""

    body: dict[str, Any]
    headers: dict[str, str]
    raw: str

    @property
    def asked(self) -> Asked:
        """The user's message."""
        return json.loads(self.body["messages"][-1]["content"])

    @property
    def structured(self) -> bool:
        """Whether structured output was asked for."""
        return bool(self.body.get("response_format") or self.body.get("format"))


def sentences(*said: tuple[str, Sequence[int]] | str) -> str:
    """An answer in the asked form; passage 1 where none is named."""
    pairs = [(one, [1]) if isinstance(one, str) else one for one in said]
    return json.dumps(
        {"sentences": [{"text": text, "passages": list(numbers)} for text, numbers in pairs]},
        ensure_ascii=False,
    )


def worded(*said: tuple[str, str] | str) -> Callable[[Asked], str]:
    """An answer whose sentences name the passage that holds the words given with each.

    A sentence alone is looked for itself; one that stands nowhere names passage 1.
    """

    def write(asked: Asked) -> str:
        pairs = [(one, one) if isinstance(one, str) else one for one in said]
        return sentences(*((text, [number_of(asked, words)]) for text, words in pairs))

    return write


def number_of(asked: Asked, words: str) -> int:
    """Number of the first passage that holds some words; 1 where none does."""
    return next((p["number"] for p in asked["passages"] if words in p["text"]), 1)


def quoting(asked: Asked) -> str:
    """A model without ideas: the sentences of the first two passages, word for word."""
    if "sentences" in asked:
        return json.dumps({"sentences": asked["sentences"]})
    return sentences(
        *(
            (line.removeprefix("- Recommendation: "), [passage["number"]])
            for passage in asked["passages"][:2]
            for line in re.split(r"(?<=[.!?])\s", passage["text"])
        )
    )


class ScriptedServer:
    """Serves on a free port of this machine and remembers what it was sent.

    Attributes:
        open: requests that are being answered now.
    """

    def __init__(self, default: Script | None = None, port: int = 0) -> None:
        self.default = default or Script(quoting)
        self.requests: list[Recorded] = []
        self.open = 0
        self._scripts: deque[Script] = deque()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/v1"
        self._stopping = False
        config = uvicorn.Config(
            self._app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.run, name="scripted", daemon=True)

    def plays(self, *scripts: Script) -> ScriptedServer:
        """What to do with the next requests, in their order; what was queued before is forgotten."""
        self._scripts = deque(scripts)
        self.requests.clear()
        return self

    def run(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._server.should_exit = True
        self._thread.join(timeout=5)
        assert not self._thread.is_alive()

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.post("/v1/chat/completions")
        @app.post("/api/chat")
        async def complete(request: Request) -> Response:
            raw = (await request.body()).decode()
            recorded = Recorded(json.loads(raw), dict(request.headers), raw)
            self.requests.append(recorded)
            script = self._scripts.popleft() if self._scripts else self.default
            return await self._play(script, recorded, request)

        return app

    async def _play(self, script: Script, recorded: Recorded, request: Request) -> Response:
        refused = [code for name, code in script.refuses.items() if name in recorded.body]
        status = refused[0] if refused else script.status
        if script.silent:
            self.open += 1
            await self._until_gone(request)
            self.open -= 1
        if script.redirect:
            return RedirectResponse(script.redirect, 307)
        if status != 200 or script.silent:
            return JSONResponse({"error": {"message": "as scripted"}}, status)
        text = script.text if isinstance(script.text, str) else script.text(recorded.asked)
        if not recorded.body.get("stream"):
            message = {"role": "assistant", "content": text}
            return JSONResponse(_completion("chat.completion", message=message))
        say = _line if request.url.path == "/api/chat" else _event
        return _Counted(self, self._stream(script, text, request, say))

    async def _stream(
        self, script: Script, text: str, request: Request, say: Callable[..., str]
    ) -> AsyncIterator[str]:
        yield say("")
        while True:
            for chunk in _cut(text, script.size):
                await asyncio.sleep(script.pause)
                if await self._gone(request):
                    return
                yield say(chunk)
            if not script.endless:
                break
        if script.ending == "cut":
            raise ConnectionAbortedError
        if script.ending == "silence":
            await self._until_gone(request)
        while script.ending == "comments" and not await self._gone(request):
            await asyncio.sleep(0.05)
            yield ": still thinking\n\n"
        yield say("", done=True)

    async def _gone(self, request: Request) -> bool:
        return self._stopping or await request.is_disconnected()

    async def _until_gone(self, request: Request) -> None:
        while not await self._gone(request):
            await asyncio.sleep(0.02)


class _Counted(StreamingResponse):
    """A stream that counts as open until it has ended, however it ends."""

    def __init__(self, server: ScriptedServer, content: AsyncIterator[str]) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._server = server

    async def __call__(self, *connection: Any) -> None:
        self._server.open += 1
        try:
            await super().__call__(*connection)
        finally:
            self._server.open -= 1


def _cut(text: str, size: int) -> Iterable[str]:
    return (text[place : place + size] for place in range(0, len(text), size))


def _event(text: str, *, done: bool = False) -> str:
    record = _completion(
        "chat.completion.chunk",
        delta={"role": "assistant", "content": text},
        finish_reason="stop" if done else None,
    )
    return f"data: {json.dumps(record)}\n\n" + "data: [DONE]\n\n" * done


def _line(text: str, *, done: bool = False) -> str:
    message = {"role": "assistant", "content": text}
    reason = {"done_reason": "stop"} if done else {}
    return json.dumps({"model": "scripted", "message": message, "done": done, **reason}) + "\n"


def _completion(kind: str, finish_reason: str | None = "stop", **choice: object) -> dict[str, Any]:
    return {
        "id": "scripted",
        "object": kind,
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": finish_reason, **choice}],
    }


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition; fail when it does not come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


if __name__ == "__main__":
    _, chosen_port, chosen_pause = sys.argv
    ScriptedServer(Script(quoting, pause=float(chosen_pause)), int(chosen_port)).run()
