"""A real PostgreSQL with the sample shop and a real standby that follows it, for what happens when one takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.postgres_pair import PostgresServer, server_at
from tests.helpers.restorable_shop import DATABASE, fill_shop


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[PostgresServer]:
    """A running server with the sample shop."""
    server = server_at(tmp_path / "primary")
    server.make()
    server.start()
    server.ask(f"CREATE DATABASE {DATABASE}")
    fill_shop(server.url_of(DATABASE), tmp_path / "filling")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def standby(primary: PostgresServer, tmp_path: Path) -> Iterator[PostgresServer]:
    """One that follows it, a moment behind."""
    server = server_at(tmp_path / "standby")
    server.make_standby_of(primary)
    server.start()
    try:
        yield server
    finally:
        server.stop()
