"""A PostgreSQL server for the tests: Debian's binaries over a folder of its own, on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from itertools import count
from pathlib import Path

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class PostgreSQL:
    """One server; the database of each test is new."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kb-postgres-"))
        self._data = self._folder / "data"
        # A server refuses to run as root; Debian's package brings a user for it.
        self._user = {"user": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self._folder, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._numbers = count(1)
        self._run("initdb", "-D", self._data, "-U", "kb", "-A", "trust", "-E", "UTF8", "--no-sync")

    @staticmethod
    def is_installed() -> bool:
        return bool(_PLACES)

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder}"
        self._run(
            "pg_ctl", "-D", self._data, "-w", "-l", self._folder / "log", "-o", options, "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"kb_{next(self._numbers)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kb", name)
        return f"postgresql://kb@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [_PLACES[0] / program, *map(str, arguments)], cwd=self._folder, capture_output=True,
            text=True, check=False, **self._user,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
