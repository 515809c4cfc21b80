"""The fixtures of the server's sync tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from sync_server.db.sessions import Database
from tests.helpers.postgres import database, database_url, fresh_database, postgres
from tests.helpers.protocol_device import ProtocolDevice, make_store, running_server

__all__ = ["database", "database_url", "fresh_database", "postgres"]


@pytest.fixture(scope="module", autouse=True)
def plain_log() -> Iterator[None]:
    """What the server logs as JSON: the default draws every traceback with its variables, which takes seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[str]:
    with running_server(database_url) as url:
        yield url


@pytest.fixture(scope="module")
def store_code(database: Database) -> str:
    make_store(database, "HS")
    return "HS"


@pytest.fixture
def till(server: str, database: Database, store_code: str) -> Iterator[ProtocolDevice]:
    device = ProtocolDevice(server, database, store_code)
    yield device
    device.close()


@pytest.fixture
def other_till(server: str, database: Database, store_code: str) -> Iterator[ProtocolDevice]:
    device = ProtocolDevice(server, database, store_code)
    yield device
    device.close()
