"""Nothing goes out: a real server process is started, asked, ingests and stops; only loopback is named."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
CONTROLS = (
    "192.0.2.1",
    "control.invalid",
)  # asked for in a thread of the server, to prove the watch

# Python runs this in every process before anything else. A foreign address is written down and refused.
WATCH = """
import os, sys

NAMED = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0,
         "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
FILE = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def watch(event, arguments):
    if event in NAMED:
        found = arguments[NAMED[event]]
        host = found[0] if isinstance(found, tuple) else found
        host = host.decode() if isinstance(host, bytes) else str(host)
        os.write(FILE, f"{event} {host}\\n".encode())
        if not host.startswith(("127.", "/", "::1", "localhost", "None")):
            raise OSError(f"{host} is not to be reached")

sys.addaudithook(watch)
"""

SERVE = """
import socket, sys, threading
from contextlib import suppress
from pathlib import Path

from kb.knowledge import KnowledgeBase
from ui.server import run

def control():
    with suppress(OSError):
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    with suppress(OSError):
        socket.getaddrinfo("control.invalid", 443)

thread = threading.Thread(target=control)
thread.start()
thread.join()
corpus, added, port = *map(Path, sys.argv[1:3]), int(sys.argv[3])
base = KnowledgeBase.open(corpus=corpus)

def ready(text):
    base.ingest([str(added)])
    print(text, base.manifest.counts["documents"], flush=True)

run(base, host="127.0.0.1", port=port, announce=ready)
"""


@pytest.fixture
def server(tmp_path):
    """The process, its address and the file of what it reached for; the packaged model, a small corpus."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    added = tmp_path / "added.md"
    added.write_text("# Harbours\n\nHarbour regions share one quay.\n")
    watched = tmp_path / "watched"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    environment |= {
        "KB_INDEX": str(tmp_path / "index"),
        "WATCHED": str(watched),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "HF_HUB_OFFLINE": "0",  # the server has to see to it
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    corpus = ROOT / "tests" / "data" / "corpus"
    command = [sys.executable, "-c", SERVE, str(corpus), str(added), str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process, watched
        process.kill()


def test_nothing_but_loopback_is_reached_for(server):
    process, watched = server
    line = process.stdout.readline()
    url = re.search(r"http://[\d.:]+", line)
    assert url, process.stderr.read()
    with httpx.Client(base_url=url[0], timeout=60) as client:
        for path in ("/", "/config.js", "/about", "/privacy", "/readyz"):
            assert client.get(path).status_code == 200, path
        asked = client.post("/api/v1/ask", json={"question": "What do harbour regions share?"})
        assert asked.json()["status"] == "answered"
        assert "one quay" in asked.text
        join = {"data": ["Who leads it?", "en", False, None], "fn_index": 0, "session_hash": "s"}
        assert client.post("/gradio_api/queue/join", json=join).status_code == 200
        with client.stream("GET", "/gradio_api/queue/data?session_hash=s") as events:
            ended = next(line for line in events.iter_lines() if '"process_completed"' in line)
        assert '"success":true' in ended
        assert "Lapland" in ended
    process.send_signal(signal.SIGINT)
    process.wait(30)
    found = [line.split(" ", 1) for line in watched.read_text().splitlines()]
    foreign = [host for _, host in found if not is_own(host)]
    assert set(foreign) == set(CONTROLS), json.dumps(found, indent=1)


def is_own(host: str) -> bool:
    """Whether an address is this machine's; a path is a socket in its file system."""
    if host in ("localhost", "None") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
