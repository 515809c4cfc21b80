"""Applying one edit, close or removal of a document: three-way against what stands, conflicts into the inbox."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import UserError
from shared.ids import derived_id
from shared.schema.registry import Aggregate, WireTable
from shared.sync.merge import Change, Edit, LastEdit, credible_time, merge_edit
from shared.sync.operations import Verb
from shared.sync.wire import Value
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry, LastEdits
from sync_server.sync import document_repository, record_repository
from sync_server.sync.mutation_decoding import ChildEdit, EditArguments, Mutation, check_row, check_value

_NAMING_COLUMNS = ("name", "label", "title", "code", "number", "sku")


@dataclass(frozen=True, slots=True)
class _Work:
    """One mutation on its way through: the locked root and what is known about it."""

    connection: Connection
    context: PushContext
    mutation: Mutation
    arguments: EditArguments
    root: Mapping[str, Value]
    last_edits: LastEdits
    next_version: int

    @property
    def aggregate(self) -> Aggregate:
        return self.mutation.aggregate

    @property
    def title(self) -> str:
        named = (str(self.root[name]) for name in _NAMING_COLUMNS if self.root.get(name))
        return next(named, self.aggregate.entity.replace("_", " ").capitalize())

    @property
    def store_id(self) -> uuid.UUID | None:
        store = self.root.get("store_id")
        return uuid.UUID(bytes=store) if isinstance(store, bytes) else None


def apply_change(connection: Connection, context: PushContext, mutation: Mutation) -> str:
    """Apply one ``edit``, ``close`` or ``remove``; gives ``applied``, ``merged`` (with inbox entries) or ``repeated``.

    Raises:
        UserError: ``record_unknown`` for an edit of what is not there, ``field_unknown``, ``value_invalid`` or
            ``child_unknown``.
    """
    arguments = mutation.arguments
    assert isinstance(arguments, EditArguments)
    aggregate = mutation.aggregate
    root = document_repository.locked_row(connection, aggregate.root, arguments.id)
    if root is None:
        if mutation.verb is Verb.REMOVE:
            return "repeated"
        raise UserError("record_unknown", "What was edited is no longer there.", entity=aggregate.entity)
    rows = [uuid.UUID(bytes=arguments.id), *(uuid.UUID(bytes=child.child_id) for child in arguments.children)]
    next_version = document_repository.version(connection, aggregate.entity, arguments.id) + 1
    last_edits = inbox.last_edits(connection, rows)
    work = _Work(connection, context, mutation, arguments, root, last_edits, next_version)
    if mutation.verb is Verb.REMOVE:
        return _remove(work)
    conflicts = _merge_row(work, aggregate.root, arguments.id, root, arguments.changes)
    for child in arguments.children:
        conflicts += _apply_child(work, child)
    return "merged" if conflicts else "applied"


def _merge_row(
    work: _Work,
    table: WireTable,
    row_id: bytes,
    current: Mapping[str, Value],
    changes: Mapping[str, tuple[Value, Value]],
) -> int:
    """Merge changes into one row; gives how many conflicts went to the inbox."""
    arguments, now = work.arguments, work.context.now
    edit = Edit(
        changes=_checked(table, changes),
        base_version=arguments.base_version,
        edited_at=arguments.edited_at or work.mutation.sent.made_at,
        edited_by=arguments.edited_by,
    )
    key = uuid.UUID(bytes=row_id)
    merged = merge_edit(table, current, edit, work.last_edits.get(key, {}), now=now)
    made_at = credible_time(edit.edited_at, now)
    values = dict(merged.values)
    if merged.values and table is work.aggregate.root:
        values |= _authorship(table, made_at, edit.edited_by)
    document_repository.update_row(work.connection, table, row_id, values)
    if table is not work.aggregate.root and merged.values:
        signature = _authorship(work.aggregate.root, made_at, edit.edited_by)
        document_repository.update_row(work.connection, work.aggregate.root, arguments.id, signature)
    last = LastEdit(made_at, edit.edited_by, work.next_version)
    inbox.remember_edits(work.connection, {(key, field): last for field in merged.taken})
    entries = inbox.conflict_entries(
        merged.conflicts,
        mutation_id=uuid.UUID(bytes=work.mutation.sent.id),
        table=table,
        row_id=key,
        title=work.title,
        store_id=work.store_id,
        now=now,
    )
    inbox.add_entries(work.connection, entries)
    return len(entries)


def _apply_child(work: _Work, change: ChildEdit) -> int:
    table = next((child for child in work.aggregate.children if child.name == change.child), None)
    if table is None:
        raise UserError("child_unknown", f"“{work.aggregate.entity}” owns no “{change.child}”.", child=change.child)
    standing = document_repository.locked_row(work.connection, table, change.child_id)
    if standing is not None and standing[table.parent_column] != work.arguments.id:
        raise UserError("child_unknown", "This line belongs to something else.", child=change.child)
    if change.row is not None:
        if standing is None:
            row = check_row(table, change.row, change.child_id, work.arguments.id)
            record_repository.copy_rows(work.connection, table, [row])
        return 0
    if standing is None:
        return 0 if change.removed else _report_lost(work, table, change)
    if not change.removed:
        return _merge_row(work, table, change.child_id, standing, change.changes)
    if _was_edited_since(work, change.child_id):
        return _report_kept(work, table, change.child_id)
    document_repository.delete_row(work.connection, table, change.child_id)
    return 0


def _remove(work: _Work) -> str:
    if _was_edited_since(work, work.arguments.id):
        _report_kept(work, work.aggregate.root, work.arguments.id)
        return "merged"
    document_repository.delete_aggregate(work.connection, work.aggregate, work.arguments.id)
    return "applied"


def _was_edited_since(work: _Work, row_id: bytes) -> bool:
    """Whether somebody edited the row after the version that the one who removes it saw."""
    fields = work.last_edits.get(uuid.UUID(bytes=row_id), {})
    return any(last.version > work.arguments.base_version for last in fields.values())


def _report_kept(work: _Work, table: WireTable, row_id: bytes) -> int:
    return _report(
        work, table, row_id, "It was removed in one place and changed in another. It stays until you decide."
    )


def _report_lost(work: _Work, table: WireTable, change: ChildEdit) -> int:
    return _report(
        work, table, change.child_id, "It was changed in one place and removed in another. It stays removed."
    )


def _report(work: _Work, table: WireTable, row_id: bytes, reason: str) -> int:
    key = uuid.UUID(bytes=row_id)
    entry = Entry(
        id=derived_id("removal", uuid.UUID(bytes=work.mutation.sent.id), key),
        kind="conflict",
        entity=table.name,
        entity_id=key,
        title=work.title,
        reason=reason,
        created_at=work.context.now,
        store_id=work.store_id,
        mine_by=work.arguments.edited_by,
        mine_at=work.arguments.edited_at or None,
        stands="theirs",
    )
    return inbox.add_entries(work.connection, [entry])


def _checked(table: WireTable, changes: Mapping[str, tuple[Value, Value]]) -> dict[str, Change]:
    """Changes whose new values fit their columns; an unknown field is left for the merge to name."""
    columns = {column.name: column for column in table.columns}
    checked = {}
    for field, (base, mine) in changes.items():
        value = check_value(columns[field], mine) if field in columns else mine
        checked[field] = Change(base, value)
    return checked


def _authorship(table: WireTable, at: int, by: str) -> dict[str, Value]:
    """Who changed a document last, where it keeps that."""
    return {"updated_at": at, "updated_by": by} if "updated_by" in table.column_names else {}
