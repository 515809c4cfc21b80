"""Rows that somebody took away: kept for a while, so that an edit which did not know of it is not lost with them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.schema.registry import WireTable
from shared.schema.types import canonical_json
from shared.sync.decision import json_row
from shared.sync.merge import LastEdit
from sync_server.db.sessions import Connection
from sync_server.db.versions import next_version
from sync_server.inbox import repository, service

RESTORED = ""
"""The name under which the restoring of a whole row is remembered among the edits of its fields."""


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """A row that is gone: its values as JSON, with the edits that arrived since; who took it away and when."""

    row: Mapping[str, object]
    removed_at: int
    removed_by: str


def note(
    connection: Connection,
    table: WireTable,
    row_id: uuid.UUID,
    row: Mapping[str, object],
    *,
    at: int,
    by: str,
    now: int,
) -> None:
    """Keep a row (JSON values) that is taken away, or what it would be with an edit that came too late."""
    kept: dict[str, object] = {"row_id": row_id, "table_name": table.name, "row": canonical_json(dict(row))}
    repository.note_removed(connection, kept | {"removed_at": at, "removed_by": by, "noted_at": now})


def find(connection: Connection, row_id: uuid.UUID) -> RemovedRow | None:
    """What is known of a row that is gone."""
    kept = repository.removed(connection, row_id)
    return None if kept is None else RemovedRow(json.loads(kept["row"]), kept["removed_at"], kept["removed_by"])


def remove(connection: Connection, table: WireTable, row_id: uuid.UUID, *, at: int, by: str) -> None:
    """Take a row away by decision, keeping it for a while (``at`` in UTC microseconds)."""
    values = repository.wire_row(connection, table, row_id)
    if values is not None:
        note(connection, table, row_id, json_row(table, values), at=at, by=by, now=at)
        repository.delete_row(connection, table.name, row_id)


def restore(
    connection: Connection, table: WireTable, row_id: uuid.UUID, values: Mapping[str, object], edit: LastEdit
) -> None:
    """Put a row (Python values) back; a removal that did not know of it meets this as an edit."""
    repository.insert_row(connection, table.name, values)
    repository.forget_removed(connection, row_id)
    root = repository.root_of(connection, table.name, row_id)
    assert root is not None
    known = LastEdit(edit.at, edit.by, next_version(connection, *root), edit.origin)
    service.remember_edits(connection, {(row_id, RESTORED): known})
