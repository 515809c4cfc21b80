"""A sample shop of its own for each test module, at a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sync_server.db.sessions import Database
from sync_server.sample_shop.service import load_sample_shop
from tests.helpers.lives import Shop
from tests.helpers.postgres import database, database_url, postgres
from tests.helpers.protocol_device import running_server

__all__ = ["database", "database_url", "postgres"]


@pytest.fixture(scope="module", autouse=True)
def plain_log() -> Iterator[None]:
    """What the server logs as JSON: the default draws every traceback with its variables, which takes seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def server(database_url: str, database: Database) -> Iterator[str]:
    load_sample_shop(database)
    with running_server(database_url) as url:
        yield url


@pytest.fixture
def shop(server: str, database: Database, tmp_path: Path) -> Shop:
    return Shop(server, database, tmp_path)
