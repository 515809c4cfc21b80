"""Revocations as the database has them, and those it has forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A device that is revoked again."""

    id: uuid.UUID
    name: str
    store_id: uuid.UUID


_REVOKED = text("SELECT id, revoked_at FROM device WHERE revoked_at IS NOT NULL")
# Who got a new key after it was revoked was let in again by somebody.
_REVOKE_AGAIN = text("""
UPDATE device AS d SET revoked_at = told.at
FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS bigint[])) AS told (id, at), device_key AS k
WHERE d.id = told.id AND k.device_id = d.id AND d.revoked_at IS NULL AND k.enrolled_at < told.at
RETURNING d.id, d.name, d.store_id
""")


def revoked(connection: Connection) -> dict[uuid.UUID, int]:
    """Every revoked device, and since when (UTC microseconds)."""
    return {row.id: row.revoked_at for row in connection.execute(_REVOKED)}


def revoke_again(connection: Connection, revoked_at: Mapping[uuid.UUID, int]) -> list[Forgotten]:
    """Revoke those of these devices that are not, unless they have joined again since; gives which."""
    parameters = {"ids": list(revoked_at), "ats": list(revoked_at.values())}
    return [Forgotten(*row) for row in connection.execute(_REVOKE_AGAIN, parameters)]
