"""The fixtures of the server's sync tests."""

from tests.helpers.postgres import database, database_url, fresh_database, postgres

__all__ = ["database", "database_url", "fresh_database", "postgres"]
