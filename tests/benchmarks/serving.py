"""A server process of its own, over the shipped corpus."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        ready: seconds from the command to the address.
    """

    process: subprocess.Popen[bytes]
    port: int
    ready: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(index: Path, *options: str, **settings: str) -> Iterator[Server]:
    """Run ``kb serve`` until the block ends.

    Args:
        settings: ``KB_…`` variables.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), "--index", str(index)]
    log = index.parent / "serve.log"
    with log.open("w") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, *options], stdout=output, stderr=output, env=dict(os.environ) | settings
        )
        try:
            while "The chat is at" not in log.read_text():
                if process.poll() is not None:
                    raise SystemExit(log.read_text())
                time.sleep(0.05)
            yield Server(process, port, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
