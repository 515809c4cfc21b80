"""Settle an entry of the inbox: take one of the values, write another, or keep what stands.

The decision travels as an edit of the entry; the server then gives the field the chosen value, once, for everybody.
"""

from __future__ import annotations

import uuid

from desktop.replica.changes import Changes
from desktop.replica.queries.inbox_list import InboxRow, inbox_entry
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk
from shared.errors import UserError
from shared.limits import UNIT_PRICE_MAX_MICRO
from shared.money.decimal_text import parse_scaled
from shared.permissions import Permission
from shared.schema.registry import WireColumn
from shared.schema.types import WireKind
from shared.sync.decision import EntryState, Take, decision, python_value, table_of

PRICE = "price"
CONFLICT = "conflict"
_MICRO_DECIMALS = 6


def take_value(desk: Desk, entry_id: uuid.UUID, take: Take, written: str = "") -> Changes:
    """Let one of an entry's values stand, or with ``Take.OTHER`` the one written.

    Raises:
        UserError: ``not_allowed``, ``conflict_unknown``, ``conflict_has_no_values``, ``decision_invalid``,
            ``field_empty``, ``amount_invalid`` and its kin for a price.
    """
    desk.require(Permission.DECIDE_CONFLICTS)
    with desk.replica.write() as work:
        entry = inbox_entry(work.connection, entry_id)
        if not has_values(entry):
            raise UserError("conflict_has_no_values", "There is nothing to choose between here. Keep it as it is.")
        stored = decision(take, _written_value(entry, written)) if take is Take.OTHER else decision(take)
        _note(desk, work, entry, stored)
        return work.changes()


def keep_as_it_is(desk: Desk, entry_id: uuid.UUID) -> Changes:
    """Take note of an entry; what stands stays.

    Raises:
        UserError: ``not_allowed``, ``conflict_unknown``.
    """
    desk.require(Permission.DECIDE_CONFLICTS)
    with desk.replica.write() as work:
        _note(desk, work, inbox_entry(work.connection, entry_id), None)
        return work.changes()


def has_values(entry: InboxRow) -> bool:
    """Whether there is anything to choose between."""
    return entry.kind == CONFLICT and (entry.entity == PRICE or column_of(entry) is not None)


def column_of(entry: InboxRow) -> WireColumn | None:
    """The field an entry is about, if this program knows it."""
    table = table_of(entry.entity)
    columns = () if table is None else table.columns
    return next((column for column in columns if column.name == entry.field), None)


def can_be_written(entry: InboxRow) -> bool:
    """Whether another value may be typed: texts, numbers and prices; not references or sets."""
    column = column_of(entry)
    return entry.entity == PRICE or (column is not None and column.kind in (WireKind.WORDS, WireKind.WHOLE))


def _written_value(entry: InboxRow, written: str) -> object:
    text = " ".join(written.split())
    if not text:
        raise UserError("field_empty", "Nothing is written. Type what it should be, or take one of the values.")
    if entry.entity == PRICE:
        parse_scaled(text, _MICRO_DECIMALS, UNIT_PRICE_MAX_MICRO)
        return text
    column = column_of(entry)
    if column is None or not can_be_written(entry):
        raise UserError("decision_invalid", "Choose one of the values.")
    value: object = int(text) if column.kind is WireKind.WHOLE and text.lstrip("-").isdecimal() else text
    python_value(column, value)
    return value


def _note(desk: Desk, work: UnitOfWork, entry: InboxRow, stored: dict[str, object] | None) -> None:
    work.edit(
        "inbox_entry",
        entry.id,
        {
            "state": str(EntryState.DECIDED),
            "decision": stored,
            "decided_by": desk.who,
            "decided_at": work.clock.now(),
        },
        edited_by=desk.who,
    )
