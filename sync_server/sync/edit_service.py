"""Applying one edit, close or removal of a document: three-way against what stands, conflicts into the inbox."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.errors import UserError
from shared.schema.registry import Aggregate, WireTable
from shared.sync.merge import Change, Edit, LastEdit, Merged, credible_time, merge_edit
from shared.sync.operations import Verb
from shared.sync.wire import Value
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.db.versions import next_version
from sync_server.inbox import service as inbox
from sync_server.inbox.service import LastEdits
from sync_server.sync import document_repository, record_repository
from sync_server.sync.merge_notes import Meeting
from sync_server.sync.mutation_decoding import ChildEdit, EditArguments, Mutation, check_row, check_value
from sync_server.sync.removal_service import Subject, remove_row, report_edit_of_removed, report_lost_edit

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
    version: int
    meeting: Meeting = field(default_factory=Meeting)

    @property
    def aggregate(self) -> Aggregate:
        return self.mutation.aggregate

    @property
    def root_id(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.arguments.id)

    @property
    def mutation_id(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.mutation.sent.id)

    @property
    def made_at(self) -> int:
        """When, as far as it is believed, UTC microseconds."""
        return credible_time(self.arguments.edited_at or self.mutation.sent.made_at, self.context.now)

    @property
    def title(self) -> str:
        named = (str(self.root[name]) for name in _NAMING_COLUMNS if self.root.get(name))
        return next(named, self.aggregate.entity.replace("_", " ").capitalize())

    @property
    def store_id(self) -> uuid.UUID | None:
        store = self.root.get("store_id")
        return uuid.UUID(bytes=store) if isinstance(store, bytes) else None

    def edit(self, changes: Mapping[str, Change]) -> Edit:
        """The mutation's edit of one row."""
        return Edit(
            changes=changes,
            base_version=self.arguments.base_version,
            edited_at=self.made_at,
            edited_by=self.arguments.edited_by,
            version=self.version,
            origin=self.context.origin,
        )

    def subject(self, table: WireTable, row_id: bytes, changes: Mapping[str, Change] | None = None) -> Subject:
        """One row of it, for what has to do with removals."""
        key, edit = uuid.UUID(bytes=row_id), self.edit(changes or {})
        return Subject(self.connection, table, key, self.mutation_id, edit, self.title, self.store_id, self.context.now)


def apply_change(connection: Connection, context: PushContext, mutation: Mutation) -> str:
    """Apply one ``edit``, ``close`` or ``remove``; gives ``applied``, ``merged`` (an edit met another) or ``repeated``.

    Raises:
        UserError: ``record_unknown`` for an edit of what is not there, ``field_unknown``, ``value_invalid`` or
            ``child_unknown``.
    """
    arguments = mutation.arguments
    assert isinstance(arguments, EditArguments)
    aggregate = mutation.aggregate
    root = document_repository.locked_row(connection, aggregate.root, arguments.id)
    rows = [uuid.UUID(bytes=arguments.id), *(uuid.UUID(bytes=child.child_id) for child in arguments.children)]
    version = next_version(connection, aggregate.entity, rows[0])
    if root is None:
        return _without_root(_Work(connection, context, mutation, arguments, {}, {}, version))
    work = _Work(connection, context, mutation, arguments, root, inbox.last_edits(connection, rows), version)
    if mutation.verb is Verb.REMOVE:
        return _remove(work)
    asked = _merge_row(work, aggregate.root, arguments.id, root, arguments.changes)
    for child in arguments.children:
        asked += _apply_child(work, child)
    return "merged" if _note_meeting(work) or asked else "applied"


def _without_root(work: _Work) -> str:
    """What is not there may have been taken away: an edit of it is kept for somebody to decide."""
    if work.mutation.verb is Verb.REMOVE:
        return "repeated"
    table = work.aggregate.root
    if report_edit_of_removed(work.subject(table, work.arguments.id, _checked(table, work.arguments.changes))):
        return "merged"
    raise UserError("record_unknown", "What was edited is no longer there.", entity=work.aggregate.entity)


def _merge_row(
    work: _Work,
    table: WireTable,
    row_id: bytes,
    current: Mapping[str, Value],
    changes: Mapping[str, tuple[Value, Value]],
) -> int:
    """Merge changes into one row; gives how many conflicts went to the inbox."""
    key, is_root = uuid.UUID(bytes=row_id), table is work.aggregate.root
    edit = work.edit(_checked(table, changes))
    last_edits = work.last_edits.get(key, {})
    merged = merge_edit(table, current, edit, last_edits, now=work.context.now, unremembered=_unremembered(work))
    work.meeting.add_row(
        table, current, edit, merged, last_edits, label="" if is_root else table.name.replace("_", " ") + " "
    )
    values = dict(merged.values)
    if merged.values:
        signature = _authorship(work.aggregate.root, edit.edited_at, edit.edited_by)
        if is_root:
            values |= signature
        else:
            document_repository.update_row(work.connection, work.aggregate.root, work.arguments.id, signature)
    document_repository.update_row(work.connection, table, row_id, values)
    remembered = {(key, name): _at_standing_version(work, merged, last) for name, last in merged.last_edits.items()}
    inbox.remember_edits(work.connection, remembered)
    entries = inbox.conflict_entries(
        merged.conflicts,
        mutation_id=work.mutation_id,
        table=table,
        row_id=key,
        title=work.title,
        store_id=work.store_id,
        now=work.context.now,
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
        return 0 if change.removed else _edit_of_lost_child(work, table, change)
    if not change.removed:
        return _merge_row(work, table, change.child_id, standing, change.changes)
    if not remove_row(work.subject(table, change.child_id), standing, work.last_edits):
        return 1
    document_repository.delete_row(work.connection, table, change.child_id)
    return 0


def _edit_of_lost_child(work: _Work, table: WireTable, change: ChildEdit) -> int:
    """An edit of an owned row that is gone: kept for somebody to decide, or at least told."""
    subject = work.subject(table, change.child_id, _checked(table, change.changes))
    if not report_edit_of_removed(subject):
        report_lost_edit(subject)
    return 1


def _remove(work: _Work) -> str:
    if not remove_row(work.subject(work.aggregate.root, work.arguments.id), work.root, work.last_edits):
        return "merged"
    document_repository.delete_aggregate(work.connection, work.aggregate, work.arguments.id)
    return "applied"


def _note_meeting(work: _Work) -> bool:
    """Leave the note of an automatic merge; whether there was one."""
    note = work.meeting.note(work.aggregate.entity, work.root_id, work.title, work.edit({}))
    if note is None:
        return False
    inbox.add_entries(
        work.connection,
        [inbox.note_of_merge(note, mutation_id=work.mutation_id, store_id=work.store_id, now=work.context.now)],
    )
    return True


def _at_standing_version(work: _Work, merged: Merged, last: LastEdit) -> LastEdit:
    """What is remembered of a field: an edit that changes no value makes no version that anybody could have seen."""
    return last if merged.values else replace(last, version=min(last.version, work.version - 1))


def _unremembered(work: _Work) -> LastEdit:
    """Who is taken to have set a value that no remembered edit explains: whoever changed the document last."""
    at, by = work.root.get("updated_at"), work.root.get("updated_by")
    return LastEdit(at if isinstance(at, int) else 0, str(by or ""), work.version)


def _checked(table: WireTable, changes: Mapping[str, tuple[Value, Value]]) -> dict[str, Change]:
    """Changes whose new values fit their columns; an unknown field is left for the merge to name."""
    columns = {column.name: column for column in table.columns}
    checked = {}
    for name, (base, mine) in changes.items():
        value = check_value(columns[name], mine) if name in columns else mine
        checked[name] = Change(base, value)
    return checked


def _authorship(table: WireTable, at: int, by: str) -> dict[str, Value]:
    """Who changed a document last, where it keeps that."""
    return {"updated_at": at, "updated_by": by} if "updated_by" in table.column_names else {}
