"""The HTTP client of each door: the same time limits, the same name for the server, one set of trusted certificates."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

from desktop.sync.transport.program import PROGRAM_HEADERS

TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=60.0, pool=5.0)


def client_for(url: str) -> httpx.Client:
    """A client for the server at ``url``; nothing is connected to yet."""
    return httpx.Client(base_url=url, timeout=TIMEOUT, headers=PROGRAM_HEADERS, verify=_trusted_by(url))


def _trusted_by(url: str) -> ssl.SSLContext:
    """The world's certificates take as long to read as joining takes: they are read once, and only where TLS is spoken.

    For a server in the shop without TLS it is a context that trusts nobody.
    """
    return _certificates() if httpx.URL(url).scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
