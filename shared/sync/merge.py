"""Three-way merge of an ``edit`` with the row that stands: new values, and what the two sides contradict each other in.

The same functions run on the server when an edit arrives and in tests on both sides. Values are in wire form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from shared.errors import UserError
from shared.schema.registry import WireColumn, WireTable
from shared.sync.conflict import Attention, Sides, Stands, rule_for
from shared.sync.wire import Value

DRIFT_MAX_US = 5 * 60 * MICROSECONDS_PER_SECOND
"""How far beyond the server's clock an edit's own time is believed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an edit: the value its author saw, and the value it sets."""

    base: Value
    mine: Value


@dataclass(frozen=True, slots=True)
class LastEdit:
    """Who set a field's standing value, when (UTC microseconds), and at which version of the aggregate."""

    at: int
    by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """What a device asks to change in one row.

    Attributes:
        changes: field → change.
        base_version: the version of the aggregate its author saw.
        edited_at: when, UTC microseconds by the device's clock.
        edited_by: who and where, in words.
    """

    changes: Mapping[str, Change]
    base_version: int
    edited_at: int
    edited_by: str = ""


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that both sides changed, with what stands now."""

    field: str
    base: Value
    mine: Value
    theirs: Value
    stands: Stands
    attention: Attention
    mine_by: str = ""
    mine_at: int = 0
    theirs_by: str = ""
    theirs_at: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome.

    Attributes:
        values: only the fields whose value changes, with their new values.
        taken: fields that now hold the edit's value (or one made with it) because of this edit.
        conflicts: what a person should see.
    """

    values: Mapping[str, Value]
    taken: frozenset[str]
    conflicts: tuple[FieldConflict, ...]


def credible_time(edited_at: int, now: int) -> int:
    """An edit's own time, never more than five minutes beyond the server's clock (both UTC microseconds)."""
    return min(edited_at, now + DRIFT_MAX_US)


def merge_edit(
    table: WireTable,
    current: Mapping[str, Value],
    edit: Edit,
    last_edits: Mapping[str, LastEdit],
    *,
    now: int,
) -> Merged:
    """Merge one edit into the row that stands, field by field, by the policy beside each column.

    Args:
        table: the row's table; names the policies.
        current: the standing row, wire values by column.
        edit: what arrived.
        last_edits: who last set which field, as far as known.
        now: the server's clock, UTC microseconds.

    Raises:
        UserError: ``field_unknown`` for a field this table does not have.
    """
    columns = {column.name: column for column in table.columns}
    mine_at = credible_time(edit.edited_at, now)
    values: dict[str, Value] = {}
    taken: set[str] = set()
    conflicts: list[FieldConflict] = []
    for field in sorted(edit.changes):
        if field not in columns:
            raise UserError("field_unknown", f"“{table.name}” has no field “{field}”.", table=table.name, field=field)
        sides = _sides(columns[field], edit, current, last_edits, mine_at)
        settled = rule_for(columns[field].policy).settle(sides)
        if settled.value != sides.theirs:
            values[field] = settled.value
            taken.add(field)
        if settled.attention is not Attention.NONE:
            last = last_edits.get(field, LastEdit(0))
            conflicts.append(
                FieldConflict(
                    field=field,
                    base=sides.base,
                    mine=sides.mine,
                    theirs=sides.theirs,
                    stands=settled.stands,
                    attention=settled.attention,
                    mine_by=edit.edited_by,
                    mine_at=mine_at,
                    theirs_by=last.by,
                    theirs_at=last.at,
                )
            )
    return Merged(values, frozenset(taken), tuple(conflicts))


def _sides(
    column: WireColumn, edit: Edit, current: Mapping[str, Value], last_edits: Mapping[str, LastEdit], mine_at: int
) -> Sides:
    change = edit.changes[column.name]
    last = last_edits.get(column.name)
    return Sides(
        base=change.base,
        mine=change.mine,
        theirs=current[column.name],
        mine_at=mine_at,
        theirs_at=0 if last is None else last.at,
        has_moved=last is not None and last.version > edit.base_version,
    )
