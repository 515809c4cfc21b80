"""What a person decided about an inbox entry, as both homes write and read it.

``inbox_entry.decision`` is ``{"take": "base" | "mine" | "theirs"}`` or ``{"take": "other", "value": …}``.
The office sends it with ``inbox_entry.edit`` (state ``decided``); the server then gives the field that value.
Values in an entry are JSON: an identifier is its text, a flag true or false, a JSON column the value itself. In an
entry of kind ``removal`` a value is the whole row, field → value, and null where it is taken away. An entry of kind
``merged`` is a note: its values are field → value of what each side set, and nobody decides it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping
from enum import StrEnum

from shared.errors import UserError
from shared.schema.registry import AGGREGATES, WireColumn, WireTable
from shared.schema.types import WireKind
from shared.sync.wire import Value


class EntryKind(StrEnum):
    """What an inbox entry tells of."""

    CONFLICT = "conflict"
    """Two edits of one field that did not know of each other."""
    REMOVAL = "removal"
    """Taken away in one place, changed in another."""
    MERGED = "merged"
    """A note: edits met, and both stand. In state ``settled``, so that older programs show it as what it is."""
    REFUSED = "refused"
    """A mutation that could not be applied, with everything it carried."""
    DISCREPANCY = "discrepancy"
    """Stock that cannot be, or that was put right."""
    DANGLING = "dangling"
    """A reference to what is not there, which closes by itself once it is; or an edit of what is gone."""
    RECOVERY = "recovery"
    """The server was restored: what came back from a device, or what nobody has any more."""
    SAME_PERSON = "same_person"
    """Two profiles look like one person; decided with the ``customer_alias`` that ``mine`` names."""
    COMPENSATION = "compensation"
    """An order that was promised what is no longer there; closes by itself."""
    DUPLICATE_RECEIPT = "duplicate_receipt"
    """Two sales carry one receipt number: a till was copied."""
    QUARANTINE = "quarantine"
    """What a revoked device handed in; closes when an operator applies or discards it."""
    DIVERGENCE = "divergence"
    """The server prices a sale otherwise than the till did."""
    INTEGRITY = "integrity"
    """The server found that its own figures do not agree."""


class Take(StrEnum):
    """Which value a person takes."""

    BASE = "base"
    MINE = "mine"
    THEIRS = "theirs"
    OTHER = "other"


class EntryState(StrEnum):
    """Where an inbox entry stands."""

    NEEDS_YOU = "needs_you"
    SETTLED = "settled"
    DECIDED = "decided"


def decision(take: Take, value: object = None) -> dict[str, object]:
    """A decision as it is stored; ``value`` (JSON) only with ``Take.OTHER``."""
    return {"take": take.value, "value": value} if take is Take.OTHER else {"take": take.value}


def decided_value(entry: Mapping[str, object], stored: object) -> object:
    """The JSON value a decision gives the field.

    Args:
        entry: has the values ``base``, ``mine`` and ``theirs``.
        stored: what ``decision`` gave.

    Raises:
        UserError: ``decision_invalid``.
    """
    take = stored.get("take") if isinstance(stored, Mapping) else None
    if not isinstance(stored, Mapping) or take not in set(Take) or (take == Take.OTHER and "value" not in stored):
        raise UserError("decision_invalid", "Choose one of the values, or write another one.")
    return stored["value"] if take == Take.OTHER else entry[str(take)]


def table_of(entity: str) -> WireTable | None:
    """The table an entry's field belongs to: an aggregate's root, or an owned table by its own name."""
    if entity in AGGREGATES:
        return AGGREGATES[entity].root
    owned = (child for aggregate in AGGREGATES.values() for child in aggregate.children)
    return next((child for child in owned if child.name == entity), None)


def loser(stands: str) -> Take:
    """The side that does not stand: what *restore the loser* takes. ``stands`` is ``mine``, ``theirs`` or ``both``."""
    return Take.THEIRS if stands == Take.MINE else Take.MINE


def json_row(table: WireTable, row: Mapping[str, Value]) -> dict[str, object]:
    """A row of wire values as it stands in an inbox entry."""
    return {column.name: json_value(column, row[column.name]) for column in table.columns}


def python_row(table: WireTable, row: Mapping[str, object]) -> dict[str, object]:
    """The row of an inbox entry as the mapped class has it; what the table does not have is left out.

    Raises:
        UserError: ``decision_invalid`` for a value that its field cannot hold.
    """
    return {column.name: python_value(column, row[column.name]) for column in table.columns if column.name in row}


def json_value(column: WireColumn, value: Value) -> object:
    """A wire value as it stands in an inbox entry."""
    if value is None:
        return None
    match column.kind:
        case WireKind.ID:
            assert isinstance(value, bytes)
            return str(uuid.UUID(bytes=value))
        case WireKind.FLAG:
            return bool(value)
        case WireKind.JSON:
            return json.loads(str(value))
        case WireKind.DIGEST:
            assert isinstance(value, bytes)
            return value.hex()
        case _:
            return value


def python_value(column: WireColumn, value: object) -> object:
    """The JSON value of a decision as the mapped class of ``shared.schema`` has it.

    Raises:
        UserError: ``decision_invalid`` for a value that the field cannot hold.
    """
    if value is None and column.nullable:
        return None
    fitting = _FITTING[column.kind]
    if not isinstance(value, fitting) or (column.kind is WireKind.WHOLE and isinstance(value, bool)):
        raise _unfit(column)
    try:
        return _FROM_TEXT[column.kind](value) if isinstance(value, str) and column.kind in _FROM_TEXT else value
    except ValueError as error:
        raise _unfit(column) from error


_FITTING: Mapping[WireKind, type | tuple[type, ...]] = {
    WireKind.ID: str,
    WireKind.WHOLE: int,
    WireKind.FLAG: bool,
    WireKind.DAY: str,
    WireKind.WORDS: str,
    WireKind.JSON: (dict, list, str, int, bool, type(None)),
    WireKind.DIGEST: str,
}
_FROM_TEXT: Mapping[WireKind, Callable[[str], object]] = {
    WireKind.ID: uuid.UUID,
    WireKind.DAY: dt.date.fromisoformat,
    WireKind.DIGEST: bytes.fromhex,
}


def _unfit(column: WireColumn) -> UserError:
    return UserError("decision_invalid", "That value does not fit the field. Write another one.", field=column.name)
