"""A shop whose server can be restored: one server for each test, for a restore leaves nothing as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.postgres import PostgresCluster, postgres
from tests.helpers.restorable_shop import ServedDatabase, copy_database, fill_shop, name_in, served

__all__ = ["postgres"]


@pytest.fixture(scope="session")
def filled(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the sample shop, to be copied."""
    url = postgres.new_database()
    fill_shop(url, tmp_path_factory.mktemp("filled"))
    return name_in(url)


@pytest.fixture
def shop(postgres: PostgresCluster, filled: str, tmp_path: Path) -> Iterator[ServedDatabase]:
    """A running server with the sample shop."""
    url = postgres.new_empty_database()
    copy_database(postgres.url, filled, name_in(url))
    with served(url, tmp_path / "server") as server:
        yield server
