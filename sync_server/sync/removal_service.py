"""Taking rows away: against an edit that did not know of it, a person decides, and either side can be had back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.ids import derived_id
from shared.schema.registry import WireTable
from shared.sync.decision import EntryKind, json_row, json_value
from shared.sync.merge import Edit
from shared.sync.wire import Value
from sync_server.db.sessions import Connection
from sync_server.inbox import removed_service
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry, LastEdits


@dataclass(frozen=True, slots=True)
class Subject:
    """The row a removal or an edit is about.

    Attributes:
        edit: the mutation's edit: who, when, and what they had seen; its changes are those of this row.
        title: what it is about, in the trade's words.
        now: the server's clock, UTC microseconds.
    """

    connection: Connection
    table: WireTable
    row_id: uuid.UUID
    mutation_id: uuid.UUID
    edit: Edit
    title: str
    store_id: uuid.UUID | None
    now: int


def remove_row(subject: Subject, row: Mapping[str, Value], last_edits: LastEdits) -> bool:
    """Whether a row may be taken away; it is kept for a while then.

    Where somebody changed it without the remover's knowing it stays, and the inbox asks.
    """
    unseen = [edit for edit in last_edits.get(subject.row_id, {}).values() if not edit.is_seen_by(subject.edit)]
    values, edit = json_row(subject.table, row), subject.edit
    if not unseen:
        removed_service.note(
            subject.connection,
            subject.table,
            subject.row_id,
            values,
            at=edit.edited_at,
            by=edit.edited_by,
            now=subject.now,
        )
        return True
    last = max(unseen, key=lambda each: each.at)
    reason = "It was removed in one place and changed in another. It stays until you decide."
    _ask(subject, reason, base=None, mine=None, theirs=values, theirs_by=last.by, theirs_at=last.at)
    return False


def report_edit_of_removed(subject: Subject) -> bool:
    """Ask about an edit of a row that was taken away; whether it is known what the row was.

    The edit is laid on what is kept of the row, so that a second edit comes on top of the first.
    """
    kept = removed_service.find(subject.connection, subject.row_id)
    if kept is None:
        return False
    columns = {column.name: column for column in subject.table.columns}
    changes = {
        name: json_value(columns[name], change.mine) for name, change in subject.edit.changes.items() if name in columns
    }
    edited = {**kept.row, **changes}
    removed_service.note(
        subject.connection,
        subject.table,
        subject.row_id,
        edited,
        at=kept.removed_at,
        by=kept.removed_by,
        now=subject.now,
    )
    reason = "It was changed in one place and removed in another. It stays removed until you decide."
    _ask(subject, reason, base=kept.row, mine=edited, theirs=None, theirs_by=kept.removed_by, theirs_at=kept.removed_at)
    return True


def report_lost_edit(subject: Subject) -> None:
    """Tell of an edit of a row of which nothing is known any more, with what it would have set."""
    columns = {column.name: column for column in subject.table.columns}
    changes = {
        name: json_value(columns[name], change.mine) for name, change in subject.edit.changes.items() if name in columns
    }
    entry = Entry(
        id=derived_id("removal", subject.mutation_id, subject.row_id),
        kind=EntryKind.DANGLING,
        entity=subject.table.name,
        entity_id=subject.row_id,
        title=subject.title,
        reason="It was changed in one place, but is no longer there. It stays away.",
        created_at=subject.now,
        store_id=subject.store_id,
        mine=changes,
        mine_by=subject.edit.edited_by,
        mine_at=subject.edit.edited_at or None,
        stands="theirs",
    )
    inbox.add_entries(subject.connection, [entry])


def _ask(
    subject: Subject,
    reason: str,
    *,
    base: Mapping[str, object] | None,
    mine: Mapping[str, object] | None,
    theirs: Mapping[str, object] | None,
    theirs_by: str,
    theirs_at: int,
) -> None:
    entry = Entry(
        id=derived_id("removal", subject.mutation_id, subject.row_id),
        kind=EntryKind.REMOVAL,
        entity=subject.table.name,
        entity_id=subject.row_id,
        title=subject.title,
        reason=reason,
        created_at=subject.now,
        store_id=subject.store_id,
        base=base,
        mine=mine,
        mine_by=subject.edit.edited_by,
        mine_at=subject.edit.edited_at or None,
        theirs=theirs,
        theirs_by=theirs_by,
        theirs_at=theirs_at or None,
        stands="theirs",
    )
    inbox.add_entries(subject.connection, [entry])
