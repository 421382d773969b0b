"""A sample of the kills at the desk; the whole is measured by .ci/full."""

import subprocess
import sys
from pathlib import Path


def test_what_is_acknowledged_survives_a_kill():
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_desk", "--kills", "5"],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing lost, nothing double" in done.stdout
