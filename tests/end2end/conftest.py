"""A real PostgreSQL with the sample shop and a real standby that follows it, for what happens when one takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.postgres_pair import PostgresServer, running_primary, running_standby
from tests.helpers.restorable_shop import DATABASE, fill_shop


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[PostgresServer]:
    """A running server with the sample shop."""
    with running_primary(tmp_path / "primary", DATABASE) as server:
        fill_shop(server.url_of(DATABASE), tmp_path / "filling")
        yield server


@pytest.fixture
def standby(primary: PostgresServer, tmp_path: Path) -> Iterator[PostgresServer]:
    """One that follows it, a moment behind."""
    with running_standby(tmp_path / "standby", primary) as server:
        yield server
