"""Change what is known of a product: name, category, tax, attributes, state. Prices are rows of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from desktop.replica.changes import Changes
from desktop.replica.queries.goods import goods_by_sku
from desktop.replica.unit_of_work import ChildEdit, UnitOfWork
from desktop.usecases.desk import Desk, checked_text
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS, NAME_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.permissions import Permission
from shared.quantity import Unit

STATES = ("draft", "active", "archived")
KINDS = ("goods", "service")
_ATTRIBUTES_MAX = 100
_TAGS_MAX = 100


def edit_product(
    desk: Desk,
    product_id: uuid.UUID,
    changes: Mapping[str, object],
    variants: Mapping[uuid.UUID, Mapping[str, object]] | None = None,
) -> Changes:
    """Change fields of a product and of its variants in one edit; fields that are as before are not sent.

    ``changes`` has any of name, description, brand, category_id, tax_category_id, kind, unit, state, tags, attributes;
    ``variants`` any of sku, name by variant id.

    Raises:
        UserError: ``not_allowed``, ``field_unknown``, ``field_empty``, ``text_too_long``, ``field_invalid``,
            ``sku_taken``, ``record_unknown``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_CATALOGUE)
    with desk.replica.write() as work:
        change_product(desk, work, product_id, changes, variants or {})
        return work.changes()


def change_product(
    desk: Desk,
    work: UnitOfWork,
    product_id: uuid.UUID,
    changes: Mapping[str, object],
    variants: Mapping[uuid.UUID, Mapping[str, object]],
) -> None:
    """The same within a running step. Raises as ``edit_product``."""
    checked = checked_product_fields(changes)
    children = [
        ChildEdit("variant", variant_id, _checked_variant(work, variant_id, fields))
        for variant_id, fields in variants.items()
    ]
    work.edit("product", product_id, checked, edited_by=desk.who, children=children)


def checked_product_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Product fields as they are stored. Raises as ``edit_product``."""
    checked: dict[str, object] = {}
    for name, value in fields.items():
        check = _CHECKS.get(name)
        if check is None:
            raise UserError("field_unknown", f"A product has no field “{name}”.", field=name)
        checked[name] = check(value)
    return checked


def checked_sku(work: UnitOfWork, sku: object, variant_id: uuid.UUID | None = None) -> str:
    """A stock-keeping code that no other variant has. Raises ``field_empty``, ``text_too_long``, ``sku_taken``."""
    text = checked_text(str(sku), "code", CODE_MAX_CHARACTERS, is_required=True)
    standing = goods_by_sku(work.connection, text)
    if standing is not None and standing.variant_id != variant_id:
        raise UserError("sku_taken", f"“{standing.name}” has the code {text} already. Choose another one.", sku=text)
    return text


def _checked_variant(work: UnitOfWork, variant_id: uuid.UUID, fields: Mapping[str, object]) -> dict[str, object]:
    checked: dict[str, object] = {}
    for name, value in fields.items():
        if name == "sku":
            checked[name] = checked_sku(work, value, variant_id)
        elif name == "name":
            checked[name] = checked_text(str(value), "variant's name", NAME_MAX_CHARACTERS)
        else:
            raise UserError("field_unknown", f"A variant has no field “{name}”.", field=name)
    return checked


def _text(label: str, maximum: int, *, is_required: bool = False) -> Callable[[object], object]:
    return lambda value: checked_text(str(value), label, maximum, is_required=is_required)


def _one_of(label: str, known: tuple[str, ...]) -> Callable[[object], object]:
    def check(value: object) -> object:
        if value not in known:
            raise UserError("field_invalid", f"The {label} must be one of: {', '.join(known)}.", field=label)
        return value

    return check


def _reference(value: object) -> object:
    if value is not None and not isinstance(value, uuid.UUID):
        raise UserError("field_invalid", "Choose one from the list.")
    return value


def _attributes(value: object) -> object:
    if not isinstance(value, Mapping) or len(value) > _ATTRIBUTES_MAX:
        raise UserError("field_invalid", f"A product has at most {_ATTRIBUTES_MAX} attributes.", field="attributes")
    tidy: dict[str, Any] = {}
    for name, content in value.items():
        label = checked_text(str(name), "attribute's name", NAME_MAX_CHARACTERS, is_required=True)
        is_plain = isinstance(content, int | bool) or content is None
        tidy[label] = content if is_plain else checked_text(str(content), label, TEXT_MAX_CHARACTERS)
    return tidy


def _tags(value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) > _TAGS_MAX:
        raise UserError("field_invalid", f"A product has at most {_TAGS_MAX} tags.", field="tags")
    return sorted({checked_text(str(tag), "tag", NAME_MAX_CHARACTERS, is_required=True) for tag in value})


_CHECKS: dict[str, Callable[[object], object]] = {
    "name": _text("name", NAME_MAX_CHARACTERS, is_required=True),
    "description": _text("description", TEXT_MAX_CHARACTERS),
    "brand": _text("brand", NAME_MAX_CHARACTERS),
    "category_id": _reference,
    "tax_category_id": _reference,
    "kind": _one_of("kind", KINDS),
    "unit": _one_of("unit", tuple(str(unit) for unit in Unit)),
    "state": _one_of("state", STATES),
    "tags": _tags,
    "attributes": _attributes,
}
