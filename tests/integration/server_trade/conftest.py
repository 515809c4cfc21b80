"""The fixtures of the server's trade tests: a real PostgreSQL, and the sample shop in a module's database."""

from __future__ import annotations

import pytest

from sync_server.db.sessions import Database
from sync_server.sample_shop.service import load_sample_shop
from tests.helpers.postgres import database, database_url, fresh_database, postgres

__all__ = ["database", "database_url", "fresh_database", "postgres"]


@pytest.fixture(scope="module")
def shop(database: Database) -> Database:
    """The module's database with the sample shop."""
    load_sample_shop(database)
    return database
