"""nginx for the tests: Debian's binary over a folder of its own, set up as docs/operate.md tells."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
_DOCUMENT = Path(__file__).parents[1] / "docs" / "operate.md"
_BINARY = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# One process, which runs as whoever runs the tests and writes below its folder alone.
_AROUND = """
daemon off; master_process off; pid nginx.pid; events {{}}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  {server}
}}
"""


class Nginx:
    """One nginx before one server of ours; what stands in ``changes`` is put in place of the text."""

    def __init__(
        self, folder: Path, server: str, *, prefix: str, changes: Mapping[str, str]
    ) -> None:
        with socket.create_server((HOST, 0)) as free:
            self._port = free.getsockname()[1]
        self.origin = f"https://{HOST}:{self._port}"
        self.url = self.origin + prefix
        self.certificate = folder / "certificate.pem"
        self._folder = folder
        _make_certificate(self.certificate, folder / "key.pem")
        ours = {
            "listen 443 ssl;": f"listen {HOST}:{self._port} ssl;",
            "server_name www.example.eu;": f"server_name {HOST};",
            "/etc/ssl/certs/www.example.eu.pem": str(self.certificate),
            "/etc/ssl/private/www.example.eu.key": str(folder / "key.pem"),
            "X-Forwarded-Host www.example.eu;": f"X-Forwarded-Host {HOST}:{self._port};",
            "http://127.0.0.1:7860": server,
        }
        (folder / "nginx.conf").write_text(_AROUND.format(server=_documented({**changes, **ours})))

    @staticmethod
    def is_installed() -> bool:
        return bool(_BINARY)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [_BINARY, "-p", self._folder, "-e", "error.log", "-c", "nginx.conf"]
        )

    def answers(self) -> bool:
        """Whether a connection can be made."""
        assert self._process.poll() is None, (self._folder / "error.log").read_text()
        with socket.socket() as connection:
            return connection.connect_ex((HOST, self._port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def client(self, address: str = HOST, **given: Any) -> httpx.Client:
        """A client that calls from an address of this machine and knows the certificate."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        transport = httpx.HTTPTransport(verify=trust, local_address=address)
        return httpx.Client(**{"base_url": self.url, "transport": transport, "timeout": 10} | given)


def _documented(changes: Mapping[str, str]) -> str:
    """The configuration that docs/operate.md gives, with names, ports and paths of our own."""
    text = re.search(r"^```nginx\n(.*?)^```", _DOCUMENT.read_text(), re.M | re.S)[1]
    for given, ours in changes.items():
        assert text.count(given) == 1, given
        text = text.replace(given, ours)
    return text


def _make_certificate(certificate: Path, key: Path) -> None:
    """A certificate that vouches for itself, for a day."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
