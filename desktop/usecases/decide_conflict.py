"""Settle entries of the inbox: take one of the values, restore the loser, write another, or keep what stands.

A decision travels as an edit of the entry; the server then gives the field the chosen value, once, for everybody. It
may be made offline and undone by deciding otherwise. Many entries are decided in one transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from desktop.replica.changes import Changes
from desktop.replica.queries.inbox_list import InboxRow, entries_by_id, inbox_entry, open_ids_like
from desktop.replica.queries.same_person import pair_by_id
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk
from desktop.usecases.same_person import note_pair
from shared.customers.same_person import AliasState
from shared.errors import UserError
from shared.limits import UNIT_PRICE_MAX_MICRO
from shared.money.decimal_text import parse_scaled
from shared.permissions import Permission
from shared.schema.registry import WireColumn
from shared.schema.types import WireKind
from shared.sync.decision import EntryKind, EntryState, Take, decision, loser, python_value, table_of

PRICE = "price"
_MICRO_DECIMALS = 6


class Choice(StrEnum):
    """What many entries are decided to be."""

    MINE = "mine"
    THEIRS = "theirs"
    BASE = "base"
    LOSER = "loser"
    """Of each entry the value that does not stand."""
    KEEP = "keep"
    """What stands stays."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding many entries did; ``left`` could not be decided so, and are as they were."""

    changes: Changes
    decided: int
    left: int


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


def restore_loser(desk: Desk, entry_id: uuid.UUID) -> Changes:
    """Let the value stand that does not. Raises ``UserError`` as ``take_value``."""
    with desk.replica.read() as connection:
        entry = inbox_entry(connection, entry_id)
    return take_value(desk, entry_id, losing_take(entry))


def keep_as_it_is(desk: Desk, entry_id: uuid.UUID) -> Changes:
    """Take note of an entry; what stands stays.

    Raises:
        UserError: ``not_allowed``, ``conflict_unknown``.
    """
    desk.require(Permission.DECIDE_CONFLICTS)
    with desk.replica.write() as work:
        _keep(desk, work, inbox_entry(work.connection, entry_id))
        return work.changes()


def decide_many(desk: Desk, entry_ids: Sequence[uuid.UUID], choice: Choice) -> Decided:
    """Decide several entries alike, in one transaction; deciding them otherwise undoes it.

    Raises:
        UserError: ``not_allowed``.
    """
    desk.require(Permission.DECIDE_CONFLICTS)
    with desk.replica.write() as work:
        entries = entries_by_id(work.connection, entry_ids)
        decided = sum(_decide_one(desk, work, entry, choice) for entry in entries)
        return Decided(work.changes(), decided, len(entry_ids) - decided)


def entries_like(desk: Desk, entry_id: uuid.UUID, same: str) -> list[uuid.UUID]:
    """Undecided entries about the same ``thing``, of the same ``person``, or of the same ``kind``.

    Raises:
        UserError: ``not_allowed``, ``conflict_unknown``.
    """
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        return open_ids_like(connection, inbox_entry(connection, entry_id), same=same)


def has_values(entry: InboxRow) -> bool:
    """Whether there is anything to choose between."""
    if entry.kind == EntryKind.REMOVAL:
        return table_of(entry.entity) is not None
    return entry.kind == EntryKind.CONFLICT and (entry.entity == PRICE or column_of(entry) is not None)


def standing_take(entry: InboxRow) -> Take | None:
    """Which of the values stands: what somebody decided, else what the rule said; None where it is none of them."""
    if entry.state == EntryState.DECIDED and isinstance(entry.decision, dict):
        take = entry.decision.get("take")
        return Take(take) if take in set(Take) else None
    return Take(entry.stands) if entry.stands in (Take.MINE, Take.THEIRS) else None


def losing_take(entry: InboxRow) -> Take:
    """The side that does not stand."""
    return loser(str(standing_take(entry) or entry.stands))


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


def _decide_one(desk: Desk, work: UnitOfWork, entry: InboxRow, choice: Choice) -> bool:
    """Whether the entry could be decided so."""
    if entry.kind == EntryKind.MERGED:
        return False
    if choice is Choice.KEEP:
        _keep(desk, work, entry)
        return True
    if not has_values(entry) or (choice is Choice.BASE and entry.entity == PRICE):
        return False
    take = losing_take(entry) if choice is Choice.LOSER else Take(choice)
    _note(desk, work, entry, decision(take))
    return True


def _keep(desk: Desk, work: UnitOfWork, entry: InboxRow) -> None:
    """What stands stays; two profiles stay two people."""
    named = entry.mine.get("customer_alias") if isinstance(entry.mine, dict) else None
    if entry.kind == EntryKind.SAME_PERSON and isinstance(named, str):
        note_pair(desk, work, pair_by_id(work.connection, uuid.UUID(named)), AliasState.KEPT_APART)
    else:
        _note(desk, work, entry, None)


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
