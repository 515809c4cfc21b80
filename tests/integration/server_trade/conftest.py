"""The fixtures of the server's trade tests: a real PostgreSQL with the sample shop, and a real server over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sync_server.auth.service import create_api_key
from sync_server.db.sessions import Database
from sync_server.sample_shop.service import load_sample_shop
from tests.helpers.postgres import database, database_url, fresh_database, postgres
from tests.helpers.protocol_device import ProtocolDevice, running_server

__all__ = ["database", "database_url", "fresh_database", "postgres"]


@pytest.fixture(scope="module")
def shop(database: Database) -> Database:
    """The module's database with the sample shop."""
    load_sample_shop(database)
    return database


@pytest.fixture(scope="module")
def server(shop: Database, database_url: str) -> Iterator[str]:
    with running_server(database_url) as url:
        yield url


@pytest.fixture(scope="module")
def web(shop: Database, server: str) -> Iterator[httpx.Client]:
    """A channel with an API key."""
    with shop.writing() as connection:
        key = create_api_key(connection, "web-shop", ids=shop.ids, clock=shop.clock)
    with httpx.Client(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


@pytest.fixture
def till(server: str, shop: Database) -> Iterator[ProtocolDevice]:
    device = ProtocolDevice(server, shop, "HS")
    yield device
    device.close()


@pytest.fixture
def office(server: str, shop: Database) -> Iterator[ProtocolDevice]:
    device = ProtocolDevice(server, shop, "HS", "office")
    yield device
    device.close()
