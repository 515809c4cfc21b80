"""What a person's decision about an inbox entry does to the document it is about."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from shared.errors import UserError
from shared.ids import derived_id
from shared.limits import UNIT_PRICE_MAX_MICRO
from shared.money.decimal_text import parse_scaled
from shared.schema.registry import WireTable
from shared.schema.types import canonical_json
from shared.sync.decision import (
    EntryKind,
    EntryState,
    Take,
    decided_value,
    decision,
    python_row,
    python_value,
    table_of,
)
from shared.sync.merge import LastEdit
from sync_server.db.sessions import Connection
from sync_server.db.versions import next_version
from sync_server.inbox import removed_service, repository, service

_MICRO_DECIMALS = 6
_Stored = Mapping[str, object]


def apply_decisions(connection: Connection, entry_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Carry out what people decided about these entries; the entries already hold the decision.

    The chosen value goes into the document, where it counts as an edit by the one who decided, made when they did: a
    still later edit of the field stands. Each decision is carried out once, so that one which lost against another
    changes nothing; deciding otherwise later is fine. Without a decision what stands stays, which for two prices means
    that the second one will not come into force. Gives how many values changed.

    Raises:
        UserError: ``decision_invalid``.
    """
    changed = 0
    for entry in repository.entries(connection, entry_ids):
        if entry["state"] != EntryState.DECIDED or entry["kind"] not in (EntryKind.CONFLICT, EntryKind.REMOVAL):
            continue
        entry_id, decided_at = entry["id"], entry["decided_at"]
        assert isinstance(entry_id, uuid.UUID)
        at = decided_at if isinstance(decided_at, int) else now
        text = canonical_json(entry["decision"])
        if repository.was_carried_out(connection, entry_id, text, at):
            continue
        changed += _carry_out(connection, entry, min(at, now), now)
        repository.note_carried_out(connection, entry_id, text, at)
    return changed


def _carry_out(connection: Connection, entry: _Stored, at: int, now: int) -> bool:
    if entry["entity"] == "price":
        return _decide_price(connection, entry, now)
    if entry["decision"] is None:
        return False
    table = table_of(str(entry["entity"]))
    if table is None:
        raise UserError("decision_invalid", "This entry is about something that no longer exists.")
    if entry["kind"] == EntryKind.REMOVAL:
        return _decide_removal(connection, entry, table, at)
    return _decide_field(connection, entry, table, at, now)


def _decide_field(connection: Connection, entry: _Stored, table: WireTable, at: int, now: int) -> bool:
    field = str(entry["field"])
    column = next((column for column in table.columns if column.name == field), None)
    if column is None:
        raise UserError("decision_invalid", "This entry is about a field that no longer exists.", field=field)
    value = python_value(column, decided_value(entry, entry["decision"]))
    row_id, entry_id = _row_id(entry), entry["id"]
    assert isinstance(entry_id, uuid.UUID)
    root = repository.root_of(connection, table.name, row_id)
    if root is None or not repository.row_exists(connection, table.name, row_id):
        return False
    last = service.last_edits(connection, [row_id]).get(row_id, {}).get(field)
    if last is not None and not _is_overruled(last, entry, at):
        return False
    made_at = at if last is None else max(at, last.at + 1)
    known = LastEdit(made_at, str(entry["decided_by"]), next_version(connection, *root), entry_id)
    service.remember_edits(connection, {(row_id, field): known})
    if repository.field_value(connection, table.name, row_id, field) == value:
        return False
    repository.set_field(connection, table.name, row_id, field, value)
    repository.touch_document(connection, table.name, row_id, now, known.by)
    return True


def _is_overruled(last: LastEdit, entry: _Stored, at: int) -> bool:
    """Whether the decision comes after the last edit: it was made later, or with that edit before one's eyes."""
    is_known = last.origin == entry["id"] or last.at in (entry["mine_at"], entry["theirs_at"])
    return is_known or last.at <= at


def _decide_removal(connection: Connection, entry: _Stored, table: WireTable, at: int) -> bool:
    """Take the row away or put it back, as it was chosen; a row that is there keeps what was done to it since."""
    chosen = decided_value(entry, entry["decision"])
    row_id, by = _row_id(entry), str(entry["decided_by"])
    is_there = repository.row_exists(connection, table.name, row_id)
    if chosen is None:
        if is_there:
            removed_service.remove(connection, table, row_id, at=at, by=by)
        return is_there
    if not isinstance(chosen, Mapping):
        raise UserError("decision_invalid", "Choose one of the two: keep it, or let it go.")
    if is_there:
        return _choose_fields(connection, entry, table, chosen)
    parent = table.parent_column
    values = python_row(table, chosen)
    if parent and not repository.row_exists(connection, _parent_table(table), _as_id(values[parent])):
        raise UserError("decision_invalid", "What it belonged to is gone, so that it cannot come back.")
    origin = entry["id"]
    assert isinstance(origin, uuid.UUID)
    removed_service.restore(connection, table, row_id, values, LastEdit(at, by, 0, origin))
    return True


def _choose_fields(connection: Connection, entry: _Stored, table: WireTable, chosen: Mapping[str, object]) -> bool:
    """Deciding otherwise after a restore: the fields in which the two rows differ take the chosen values."""
    base, mine = entry["base"], entry["mine"]
    if not isinstance(base, Mapping) or not isinstance(mine, Mapping):
        return False
    differing = {name: chosen[name] for name in chosen if base.get(name) != mine.get(name)}
    for name, value in python_row(table, differing).items():
        repository.set_field(connection, table.name, _row_id(entry), name, value)
    return bool(differing)


def _parent_table(table: WireTable) -> str:
    return table.parent_column.removesuffix("_id")


def _row_id(entry: _Stored) -> uuid.UUID:
    return _as_id(entry["entity_id"])


def _as_id(value: object) -> uuid.UUID:
    assert isinstance(value, uuid.UUID)
    return value


def _decide_price(connection: Connection, entry: _Stored, now: int) -> bool:
    """Make the chosen amount the only one in force in the slot: the second one, the first one, or another."""
    stored = decision(Take.THEIRS) if entry["decision"] is None else entry["decision"]
    amount = decided_value(entry, stored)
    if not isinstance(amount, str):
        raise UserError("decision_invalid", "Choose one of the two prices, or write another one.")
    micro = parse_scaled(amount, _MICRO_DECIMALS, UNIT_PRICE_MAX_MICRO)
    if micro < 0:
        raise UserError("decision_invalid", "A price cannot be below zero.")
    new_id = derived_id("decided_price", str(entry["id"]), str(micro))
    by = str(entry["decided_by"])
    return repository.put_price_in_slot(connection, _row_id(entry), new_id=new_id, micro=micro, at=now, by=by)
