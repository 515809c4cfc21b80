"""Three-way merge of an ``edit`` with the row that stands: new values, and what the two sides contradict each other in.

*Later* means causally later: an edit that saw the standing value (by its base version, or because it comes from the
same life of the same device) follows it, whatever the clocks say. Only edits that did not know of each other are
compared by their times. The same functions run on the server when an edit arrives and in tests on both sides. Values
are in wire form.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import UserError
from shared.schema.registry import WireTable
from shared.sync.conflict import Attention, Settled, Sides, Stands, rule_for
from shared.sync.hybrid_clock import DRIFT_MAX_US
from shared.sync.wire import Value


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an edit: the value its author saw, and the value it sets."""

    base: Value
    mine: Value


@dataclass(frozen=True, slots=True)
class LastEdit:
    """Who set a field's standing value, when, at which version of the aggregate, and from where.

    Attributes:
        at: UTC microseconds; later than anything the edit had seen of this field.
        by: who and where, in words.
        version: the aggregate's version that first had the value.
        origin: the life of the device (its incarnation) or the decision that set it; None where nobody knows.
    """

    at: int
    by: str = ""
    version: int = 0
    origin: uuid.UUID | None = None

    def is_seen_by(self, edit: Edit) -> bool:
        """Whether the edit's author had this value before them, or set it themselves."""
        return self.version <= edit.base_version or (self.origin is not None and self.origin == edit.origin)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a device asks to change in one row.

    Attributes:
        changes: field → change.
        base_version: the version of the aggregate its author saw.
        edited_at: when, UTC microseconds by the device's hybrid clock.
        edited_by: who and where, in words.
        version: the version that the aggregate gets by it.
        origin: the life of the device it comes from.
    """

    changes: Mapping[str, Change]
    base_version: int
    edited_at: int
    edited_by: str = ""
    version: int = 0
    origin: uuid.UUID | None = None


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
        last_edits: what is to be remembered of the fields that hold the edit's value (or one made with it) now.
        conflicts: what a person should see.
        unions: fields that hold a value made of both sides.
    """

    values: Mapping[str, Value]
    last_edits: Mapping[str, LastEdit]
    conflicts: tuple[FieldConflict, ...]
    unions: tuple[str, ...] = ()

    @property
    def taken(self) -> frozenset[str]:
        """Fields that hold the edit's value, or one made with it."""
        return frozenset(self.last_edits)


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
    unremembered: LastEdit | None = None,
) -> Merged:
    """Merge one edit into the row that stands, field by field, by the policy beside each column.

    Args:
        table: the row's table; names the policies.
        current: the standing row, wire values by column.
        edit: what arrived.
        last_edits: who last set which field, as far as remembered.
        now: the server's clock, UTC microseconds.
        unremembered: who is taken to have set a value that no remembered edit explains (an import, an operator).

    Raises:
        UserError: ``field_unknown`` for a field this table does not have.
    """
    columns = {column.name: column for column in table.columns}
    mine_at = credible_time(edit.edited_at, now)
    values: dict[str, Value] = {}
    remembered: dict[str, LastEdit] = {}
    conflicts: list[FieldConflict] = []
    unions: list[str] = []
    for field in sorted(edit.changes):
        if field not in columns:
            raise UserError("field_unknown", f"“{table.name}” has no field “{field}”.", table=table.name, field=field)
        change, theirs = edit.changes[field], current[field]
        last = _standing_edit(last_edits.get(field), edit, change, theirs, unremembered)
        sides = _sides(change, theirs, edit, last, mine_at)
        settled = rule_for(columns[field].policy).settle(sides)
        if settled.value != theirs:
            values[field] = settled.value
        if settled.stands is Stands.BOTH:
            unions.append(field)
        known = _remembered(sides, settled, edit, last)
        if known is not None:
            remembered[field] = known
        if settled.attention is not Attention.NONE:
            conflicts.append(_conflict(field, sides, settled))
    return Merged(values, remembered, tuple(conflicts), tuple(unions))


def _standing_edit(
    last: LastEdit | None, edit: Edit, change: Change, theirs: Value, unremembered: LastEdit | None
) -> LastEdit | None:
    """Who set the standing value: the remembered edit, unless the editor saw that and the value is yet another one."""
    if theirs != change.base and (last is None or last.is_seen_by(edit)):
        return unremembered or last
    return last


def _sides(change: Change, theirs: Value, edit: Edit, last: LastEdit | None, mine_at: int) -> Sides:
    has_moved = last is not None and not last.is_seen_by(edit)
    return Sides(
        base=change.base,
        mine=change.mine,
        theirs=theirs,
        mine_at=mine_at if last is None or has_moved else max(mine_at, last.at + 1),
        theirs_at=0 if last is None else last.at,
        has_moved=has_moved,
        mine_by=edit.edited_by,
        theirs_by="" if last is None else last.by,
    )


def _remembered(sides: Sides, settled: Settled, edit: Edit, last: LastEdit | None) -> LastEdit | None:
    """What the next edit of the field is merged with; None where nothing new is known.

    Two who set the same value both count: whoever saw only one of them has not seen the field as it stands, and the
    later time is the one to beat. Otherwise the outcome would hang on who came first.
    """
    if settled.value != sides.theirs:
        return LastEdit(sides.mine_at, edit.edited_by, edit.version, edit.origin)
    if sides.mine == sides.theirs != sides.base or (sides.mine == sides.theirs and sides.has_moved):
        known = last or LastEdit(0)
        if (sides.mine_at, sides.mine_by) > (known.at, known.by):
            return LastEdit(sides.mine_at, edit.edited_by, edit.version, None)
        return LastEdit(known.at, known.by, max(edit.version, known.version), None)
    return None


def _conflict(field: str, sides: Sides, settled: Settled) -> FieldConflict:
    return FieldConflict(
        field=field,
        base=sides.base,
        mine=sides.mine,
        theirs=sides.theirs,
        stands=settled.stands,
        attention=settled.attention,
        mine_by=sides.mine_by,
        mine_at=sides.mine_at,
        theirs_by=sides.theirs_by,
        theirs_at=sides.theirs_at,
    )
