"""Fetch: a web address -> the bytes of a page, from known hosts and public networks alone.

The host must be listed; its name is looked up once and every address it has must be public; the
connection goes to the address that was checked, so that a second look-up cannot change it; each
redirect is checked anew (trust D3).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from kb.errors import SourceError

MOST_BYTES = 75_000_000
SECONDS = 30.0
MOST_REDIRECTS = 5
_SUFFIXES = {
    "application/pdf": ".pdf",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}

Lookup = Callable[[str, int], Sequence[str]]


class PageGone(SourceError):
    """The page answers that it no longer exists."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was fetched."""

    data: bytes
    suffix: str


def lookup(host: str, port: int) -> list[str]:
    """All addresses of a host."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def fetch(
    address: str,
    hosts: Sequence[str],
    *,
    look_up: Lookup = lookup,
    transport: httpx.BaseTransport | None = None,
) -> Page:
    """Fetch a page.

    Args:
        hosts: names that are allowed, each with its subdomains.
        look_up: finds the addresses of a host.
        transport: carries the requests; the usual one if None.

    Raises:
        PageGone: the server answers 404 or 410.
        SourceError: host, network, size, time, redirects or type are not acceptable; says which.
    """
    here = address
    with httpx.Client(transport=transport, timeout=SECONDS, trust_env=False) as client:
        for _ in range(MOST_REDIRECTS + 1):
            target, headers, extensions = _checked(here, hosts, look_up)
            try:
                with client.stream(
                    "GET", target, headers=headers, extensions=extensions
                ) as response:
                    if response.is_redirect:
                        here = urljoin(here, response.headers["location"])
                        continue
                    return _read(response, address)
            except httpx.HTTPError as error:
                raise SourceError(f"{address} cannot be fetched: {error}.") from error
    raise SourceError(f"{address} redirects more than {MOST_REDIRECTS} times.")


def _checked(
    address: str, hosts: Sequence[str], look_up: Lookup
) -> tuple[httpx.URL, dict[str, str], dict[str, str]]:
    """The same address by number, with the name in the headers, if it may be asked at all."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in ("http", "https") or parts.username or parts.password:
        raise SourceError(f"{address}: only plain http and https addresses can be fetched.")
    if not any(host == known or host.endswith("." + known) for known in hosts):
        raise SourceError(
            f"{address}: host '{host}' is not in KB_FETCH_HOSTS ({', '.join(hosts)}). Add it there, "
            "or download the file and ingest it."
        )
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        numbers = look_up(host, port)
    except (OSError, ValueError) as error:
        raise SourceError(f"{address}: host '{host}' cannot be found ({error}).") from None
    for number in numbers:
        if not ipaddress.ip_address(number.split("%")[0]).is_global:
            raise SourceError(f"{address}: host '{host}' lies in a network that is not public.")
    if not numbers:
        raise SourceError(f"{address}: host '{host}' has no address.")
    url = httpx.URL(address).copy_with(host=numbers[0], port=port)
    named = host if port in (80, 443) else f"{host}:{port}"
    return url, {"host": named, "user-agent": "partnership-assistant"}, {"sni_hostname": host}


def _read(response: httpx.Response, address: str) -> Page:
    if response.status_code in (404, 410):
        raise PageGone(f"{address} is gone ({response.status_code}).")
    if response.status_code != 200:
        raise SourceError(f"{address} answered {response.status_code}. Try again later.")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _SUFFIXES:
        raise SourceError(f"{address} is of type '{kind}', which cannot be read.")
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > MOST_BYTES:
            raise SourceError(f"{address} has more than {MOST_BYTES:,} bytes.")
    return Page(bytes(data), _SUFFIXES[kind])
