"""SIGKILL at 20 random moments of a real ingest: python -m tests.faults.kill_ingest.

After each kill the live generation must be unchanged and answer; at the end one ingest succeeds.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kb.knowledge import KnowledgeBase

KILLS = 20


def main() -> None:
    """Kill and check."""
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "index"
        base = KnowledgeBase.open(index)
        live, chance = base.manifest.name, random.Random(0)
        command = [sys.executable, "-m", "ui.cli", "ingest", "--rebuild", "--index", str(index)]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        whole = time.perf_counter() - began
        live = base.generations.current()
        failed = 0
        for number in range(KILLS):
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                process.wait(timeout=chance.uniform(0.1, 0.95) * whole)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            answered = base.ask("What makes a partnership work?").status != "not_answered"
            fresh = KnowledgeBase.open(index, embedder=base.embedder)
            unchanged = fresh.manifest.name == base.generations.current()
            failed += not (answered and unchanged)
            sys.stdout.write(f"kill {number + 1}: answered {answered}, whole {unchanged}\n")
        base.ingest(rebuild=True)
        sys.stdout.write(f"{KILLS} kills, {failed} failed queries; generation before: {live}\n")
        sys.exit(bool(failed))


if __name__ == "__main__":
    main()
