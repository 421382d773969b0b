"""Sandbox: parses a foreign file in a child process with little memory, time and no network.

Comes in: the bytes and the suffix. Goes out: pages as (number, Markdown, hidden words). As a program
(``python -m kb.reading.sandbox .pdf``) it reads bytes from standard input and writes JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

from kb.errors import SourceError

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 60
WALL_SECONDS = 90
MOST_BYTES = 75_000_000
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto")


def parse(data: bytes, suffix: str, name: str) -> list[tuple[int | None, str, str]]:
    """Parse a file of a known format: number, Markdown and hidden words of each page.

    Raises:
        SourceError: it is too large, broken, encrypted, or takes too much memory or time.
    """
    if len(data) > MOST_BYTES:
        raise SourceError(
            f"{name} has {len(data):,} bytes; at most {MOST_BYTES:,} can be read. Split it."
        )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kb.reading.sandbox", suffix],
            input=data,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(
            f"{name} could not be read within {WALL_SECONDS} s and was left out."
        ) from None
    if done.returncode < 0 or not done.stdout:
        raise SourceError(
            f"{name} needed more memory or time than a file may take and was left out."
        )
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise SourceError(f"{name} cannot be read: {answer['error']}.")
    return [(number, text, hidden) for number, text, hidden in answer["pages"]]


def _limit() -> None:
    """Give up what a parser does not need."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    def refuse(event: str, _arguments: object) -> None:
        if event in _NETWORK or event.startswith("subprocess"):
            raise PermissionError(f"{event} is not allowed while a file is read")

    sys.addaudithook(refuse)


def _main() -> None:
    import logging

    from kb.reading.formats import FORMATS

    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    _limit()
    try:
        result: dict[str, object] = {"pages": list(FORMATS[sys.argv[1]](data))}
    except MemoryError:
        result = {"error": "it needs more memory than a file may take"}
    except BaseException as error:
        result = {"error": (str(error) or type(error).__name__)[:300]}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    _main()
