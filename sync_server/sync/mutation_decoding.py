"""Mutations as typed values: what a device sent is checked against the registry before anything touches a table."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from shared.errors import UserError
from shared.limits import AGGREGATE_MAX_BYTES, AGGREGATE_MAX_CHILDREN
from shared.schema.registry import AGGREGATES, SCHEMA_VERSION, Aggregate, WireColumn, WireTable
from shared.schema.types import WireKind
from shared.sync.operations import MUTATION_NAMES, MUTATION_VERSION, Verb
from shared.sync.projection import schema_of, widened
from shared.sync.wire import Payload, SentMutation, Value

_of: Callable[[Any, Any], Any] = operator.getitem
"""``tuple[…]`` where the inside is only known at run time."""

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_ID_BYTES = 16
_TYPES: Mapping[WireKind, Any] = {
    WireKind.ID: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)],
    WireKind.WHOLE: _INT64,
    WireKind.FLAG: Literal[0, 1],
    WireKind.DAY: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")],
    WireKind.WORDS: str,
    WireKind.JSON: str,
    WireKind.DIGEST: Annotated[bytes, msgspec.Meta(max_length=64)],
}

Root = tuple[Any, ...]
Children = Mapping[str, list[Root]]


class ChildEdit(msgspec.Struct):
    """One owned row that is changed, added (``row``) or removed."""

    child: str
    child_id: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
    changes: dict[str, tuple[Any, Any]] = msgspec.field(default_factory=dict)
    row: list[Any] | None = None
    removed: bool = False


class EditArguments(msgspec.Struct):
    """Arguments of ``edit``, ``close`` and ``remove``; ``repairs`` names a refused mutation in whose place it comes."""

    id: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
    base_version: int = 0
    changes: dict[str, tuple[Any, Any]] = msgspec.field(default_factory=dict)
    children: list[ChildEdit] = msgspec.field(default_factory=list)
    edited_at: _INT64 = 0
    edited_by: str = ""
    repairs: bytes = b""


@dataclass(frozen=True, slots=True)
class NewAggregate:
    """Arguments of ``record``, ``create`` and ``offer``: rows in wire column order, children sorted by id.

    Attributes:
        version: of an offer: the version the device knew the aggregate at; otherwise 0.
        repairs: the refused mutation in whose place this one comes; empty for most.
        schema: the wire schema the rows came in; what a later one has is at its default.
    """

    root: Root
    children: Children
    version: int = 0
    repairs: bytes = b""
    schema: int = SCHEMA_VERSION

    def holds_the_same(self, other: NewAggregate) -> bool:
        """Whether the rows are the same, whatever else the arguments say."""
        return (self.root, self.children) == (other.root, other.children)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation that is well formed.

    Attributes:
        arguments: ``NewAggregate`` for ``record``, ``create`` and ``offer``, ``EditArguments`` for the others.
    """

    sent: SentMutation
    aggregate: Aggregate
    verb: Verb
    arguments: NewAggregate | EditArguments

    @property
    def entity_id(self) -> bytes:
        """The root's id."""
        if isinstance(self.arguments, NewAggregate):
            root_id: bytes = self.arguments.root[0]
            return root_id
        return self.arguments.id


def decode_mutation(sent: SentMutation) -> Mutation:
    """A sent mutation as typed values.

    Raises:
        UserError: ``mutation_unknown``, ``mutation_malformed`` or ``aggregate_too_large``.
    """
    if sent.name not in MUTATION_NAMES or sent.version != MUTATION_VERSION:
        raise UserError("mutation_unknown", f"This server does not know “{sent.name}”. Update it.", name=sent.name)
    if len(sent.arguments) > AGGREGATE_MAX_BYTES:
        raise UserError("aggregate_too_large", "This is too large to be kept in one piece.", bytes=len(sent.arguments))
    entity, _, verb = sent.name.rpartition(".")
    aggregate = AGGREGATES[entity]
    try:
        return Mutation(sent, aggregate, Verb(verb), _arguments(aggregate, verb, sent.arguments))
    except RecursionError as error:
        raise UserError("mutation_malformed", f"“{sent.name}” is nested too deeply.", name=sent.name) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise UserError(
            "mutation_malformed", f"“{sent.name}” is not as the protocol says: {error}.", name=sent.name
        ) from error


def check_value(column: WireColumn, value: object) -> Value:
    """A wire value for a column, checked like those of a whole row.

    Raises:
        UserError: ``value_invalid``.
    """
    try:
        checked: Value = msgspec.convert(value, _column_type(column))
        _check_text(column, checked)
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise UserError("value_invalid", f"“{column.name}” cannot be that: {error}.", field=column.name) from error
    return checked


def check_row(table: WireTable, row: list[Any], row_id: bytes, parent_id: bytes) -> Root:
    """A row of an owned table, checked.

    Raises:
        UserError: ``value_invalid``.
    """
    try:
        checked: Root = msgspec.convert(row, _row_type(table))
        _check_row(table, checked)
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise UserError(
            "value_invalid", f"The row of “{table.name}” does not fit: {error}.", table=table.name
        ) from error
    if checked[0] != row_id or checked[table.column_names.index(table.parent_column)] != parent_id:
        raise UserError("value_invalid", f"The row of “{table.name}” belongs to something else.", table=table.name)
    return checked


_edit_decoder = msgspec.msgpack.Decoder(EditArguments)
_WITH_ROWS = frozenset({Verb.RECORD, Verb.CREATE, Verb.OFFER})


def _arguments(aggregate: Aggregate, verb: str, encoded: bytes) -> NewAggregate | EditArguments:
    decoded = _new_aggregate(aggregate, encoded) if verb in _WITH_ROWS else _edit_decoder.decode(encoded)
    if len(decoded.repairs) not in (0, _ID_BYTES):
        raise ValueError("what it repairs is no identifier")
    return decoded


def _new_aggregate(aggregate: Aggregate, encoded: bytes) -> NewAggregate:
    arguments, schema = _row_arguments(aggregate, encoded)
    root, children = arguments.row
    _check_row(aggregate.root, root)
    rows_by_table: dict[str, list[Root]] = {}
    for table in aggregate.children:
        rows: list[Root] = getattr(children, table.name)
        at = table.column_names.index(table.parent_column)
        for row in rows:
            _check_row(table, row)
            if row[at] != root[0]:
                raise ValueError(f"a row of {table.name} belongs to something else")
        if len({row[0] for row in rows}) < len(rows):
            raise ValueError(f"two rows of {table.name} have the same id")
        rows_by_table[table.name] = sorted(rows, key=_row_id)
    return NewAggregate(root, rows_by_table, arguments.version, arguments.repairs, schema)


def _row_arguments(aggregate: Aggregate, encoded: bytes) -> tuple[Any, int]:
    """The arguments and their wire schema; rows of an older one with defaults for what they lack."""
    try:
        return _row_decoder(aggregate).decode(encoded), SCHEMA_VERSION
    except msgspec.ValidationError:
        plain = msgspec.msgpack.decode(encoded, type=dict[str, Any])
        given = msgspec.convert(plain.get("row"), Payload)
        schema = schema_of(aggregate.entity, given)
        if schema == SCHEMA_VERSION:
            raise
        filled = widened(aggregate.entity, given)
        return _row_decoder(aggregate).decode(msgspec.msgpack.encode({**plain, "row": filled})), schema


def _row_id(row: Root) -> bytes:
    row_id: bytes = row[0]
    return row_id


@cache
def _row_decoder(aggregate: Aggregate) -> msgspec.msgpack.Decoder[Any]:
    some = msgspec.Meta(max_length=AGGREGATE_MAX_CHILDREN)
    fields: list[tuple[str, Any, Any]] = [
        (table.name, _of(Annotated, (_of(list, _row_type(table)), some)), msgspec.field(default_factory=list))
        for table in aggregate.children
    ]
    children = msgspec.defstruct(f"{aggregate.entity}_children", fields, forbid_unknown_fields=True)
    payload = _of(tuple, (_row_type(aggregate.root), children))
    arguments: list[tuple[str, Any, Any] | tuple[str, Any]] = [
        ("row", payload),
        ("version", _INT64, 0),
        ("repairs", bytes, b""),
    ]
    return msgspec.msgpack.Decoder(msgspec.defstruct(f"{aggregate.entity}_arguments", arguments))


def _column_type(column: WireColumn) -> Any:
    kind = _TYPES[column.kind]
    return kind | None if column.nullable else kind


def _row_type(table: WireTable) -> Any:
    return _of(tuple, tuple(_column_type(column) for column in table.columns))


@cache
def _texts_to_check(table: WireTable) -> tuple[tuple[int, WireColumn], ...]:
    kinds = (WireKind.DAY, WireKind.JSON)
    return tuple((at, column) for at, column in enumerate(table.columns) if column.kind in kinds)


def _check_row(table: WireTable, row: Root) -> None:
    for at, column in _texts_to_check(table):
        _check_text(column, row[at])


def _check_text(column: WireColumn, value: Value) -> None:
    if not isinstance(value, str):
        return
    if column.kind is WireKind.DAY:
        dt.date.fromisoformat(value)
    elif column.kind is WireKind.JSON:
        msgspec.json.decode(value)
