"""What of a refused change can be written otherwise before it is sent again: its texts, whole numbers and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.replica import outbox
from desktop.replica.rows import aggregate_of, python_value
from desktop.usecases.desk import Desk
from desktop.usecases.review_inbox import FIELD_WORDS
from shared.errors import UserError
from shared.money import UnitPrice
from shared.permissions import Permission
from shared.schema.registry import WireColumn
from shared.schema.types import WireKind
from shared.sync.operations import Verb, decode_arguments

_PRICE_ENDING = "_micro"
_EDITABLE = frozenset({WireKind.WORDS, WireKind.WHOLE})
_HIDDEN = frozenset({"id", "created_at", "updated_at", "updated_by", "pin_hash"})


@dataclass(frozen=True, slots=True)
class RefusedField:
    """One field as it was sent; ``text`` is what stands in the form."""

    name: str
    title: str
    text: str


def refused_fields(desk: Desk, number: int) -> tuple[RefusedField, ...]:
    """The fields of a refused change that can be written otherwise; none for a fact and for what was damaged.

    Raises:
        UserError: ``not_allowed``, ``refused_unknown``.
    """
    desk.require(Permission.MANAGE_SYNC)
    with desk.replica.read() as connection:
        refused = outbox.refused_mutation(connection, number)
    if refused.is_damaged or refused.verb is Verb.RECORD:
        return ()
    sent = _sent_values(refused.entity, decode_arguments(refused.arguments))
    columns = {column.name: column for column in aggregate_of(refused.entity).root.columns}
    return tuple(
        RefusedField(name, _title(name), _text(desk, columns[name], value))
        for name, value in sent.items()
        if name in columns and _is_editable(columns[name])
    )


def written_changes(desk: Desk, number: int, texts: Mapping[str, str]) -> dict[str, object]:
    """What was typed as values of the fields, those left as they were left out.

    Args:
        desk: who typed it.
        number: of the refused change.
        texts: field → what stands in the form.

    Raises:
        UserError: ``field_invalid`` with the field, ``amount_invalid``; those of ``refused_fields``.
    """
    before = {field.name: field.text for field in refused_fields(desk, number)}
    with desk.replica.read() as connection:
        entity = outbox.refused_mutation(connection, number).entity
    columns = {column.name: column for column in aggregate_of(entity).root.columns}
    return {
        name: _value(desk, columns[name], text.strip())
        for name, text in texts.items()
        if name in before and text.strip() != before[name]
    }


def _sent_values(entity: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Field → the value that was to be written, in wire form."""
    changes, row = arguments.get("changes"), arguments.get("row")
    if isinstance(changes, dict):
        return {name: pair[1] for name, pair in changes.items() if isinstance(pair, list) and len(pair) == 2}
    if isinstance(row, list) and row and isinstance(row[0], list):
        return dict(zip((column.name for column in aggregate_of(entity).root.columns), row[0], strict=False))
    return {}


def _is_editable(column: WireColumn) -> bool:
    return column.kind in _EDITABLE and column.name not in _HIDDEN


def _title(name: str) -> str:
    plain = name.removesuffix(_PRICE_ENDING).removesuffix("_id").replace("_", " ").strip()
    return FIELD_WORDS.get(name, plain[:1].upper() + plain[1:])


def _text(desk: Desk, column: WireColumn, value: object) -> str:
    if value is None:
        return ""
    if column.name.endswith(_PRICE_ENDING) and isinstance(value, int):
        return str(UnitPrice(value, desk.facts.store.currency))
    return str(value)


def _value(desk: Desk, column: WireColumn, text: str) -> object:
    if column.name.endswith(_PRICE_ENDING):
        return UnitPrice.parse(text, desk.facts.store.currency).micro
    if column.kind is WireKind.WORDS:
        return python_value(column, text)
    if not text.lstrip("-").isdecimal():
        raise UserError("field_invalid", f"{_title(column.name)} must be a whole number. Type one.", field=column.name)
    return int(text)
