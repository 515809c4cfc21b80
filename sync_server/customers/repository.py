"""Finding customers."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, text

_BY_EMAIL = text("""
SELECT id FROM customer WHERE lower(email) = lower(:email) AND NOT is_archived ORDER BY created_at, id LIMIT 1
""")


def id_by_email(connection: Connection, email: str) -> uuid.UUID | None:
    """The customer who has this address, the oldest of several."""
    found = connection.execute(_BY_EMAIL, {"email": email}).scalar_one_or_none()
    assert found is None or isinstance(found, uuid.UUID)
    return found
