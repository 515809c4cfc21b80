"""Between what is stored, what is typed and what is saved; pure."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import fields, replace

from desktop.ui.screens.office.products.state import Draft
from desktop.usecases.add_price import COST, NewPrice
from desktop.usecases.browse_products import ProductPanel
from desktop.usecases.create_product import NewProduct
from desktop.usecases.office_words import MINUS
from desktop.usecases.save_product import ProductEdit
from shared.errors import UserError
from shared.money import Currency, UnitPrice

_PRODUCT_FIELDS = ("name", "category_id", "tax_category_id", "brand", "description", "kind", "unit", "state")
TEXT_FIELDS = frozenset(each.name for each in fields(Draft)) - {"attributes"}


def draft_of(panel: ProductPanel, today: dt.date) -> Draft:
    """The fields as they are stored."""
    card = panel.card
    return Draft(
        name=card.name,
        sku=card.sku,
        variant_name=card.variant_name,
        category_id=card.category_id,
        tax_category_id=card.tax_category_id,
        price=panel.price.replace(",", ""),
        price_from=today,
        cost=panel.cost.replace(",", ""),
        brand=card.brand,
        description=card.description,
        kind=card.kind,
        unit=card.unit,
        state=card.state,
        attributes=tuple((name, "" if value is None else str(value)) for name, value in card.attributes.items()),
    )


def with_attribute(draft: Draft, name: str, value: str) -> Draft:
    """The draft with an attribute set; an empty value keeps the name with nothing behind it."""
    names = [each for each, _ in draft.attributes]
    if name in names:
        changed = tuple((each, value if each == name else content) for each, content in draft.attributes)
    else:
        changed = (*draft.attributes, (name, value))
    return replace(draft, attributes=changed)


def typed_price(text: str, money: Currency, field: str) -> UnitPrice | None:
    """A price as typed, None for nothing. Raises ``UserError`` ``amount_invalid`` and its kin, naming the field."""
    cleaned = text.strip().replace(",", "").replace(MINUS, "-")
    if not cleaned:
        return None
    try:
        return UnitPrice.parse(cleaned, money)
    except UserError as error:
        raise UserError(error.code, error.message, **{**error.data, "field": field}) from error


def edit_of(panel: ProductPanel, origin: Draft, draft: Draft, money: Currency) -> ProductEdit:
    """What is to be saved: only what differs from what was there. Raises as ``typed_price``."""
    changes = {name: getattr(draft, name) for name in _PRODUCT_FIELDS if getattr(draft, name) != getattr(origin, name)}
    if draft.attributes != origin.attributes:
        changes["attributes"] = _attributes(panel, draft)
    variant: dict[str, object] = {"sku": draft.sku} if draft.sku != origin.sku else {}
    if draft.variant_name != origin.variant_name:
        variant["name"] = draft.variant_name
    return ProductEdit(
        panel.card.product_id, panel.card.variant_id, changes, variant, _prices(panel, origin, draft, money)
    )


def new_product_of(draft: Draft, money: Currency) -> NewProduct:
    """A product to be made. Raises as ``typed_price``."""
    return NewProduct(
        sku=draft.sku,
        fields={name: getattr(draft, name) for name in _PRODUCT_FIELDS},
        variant_name=draft.variant_name,
        barcodes=(draft.barcode,) if draft.barcode.strip() else (),
        price=typed_price(draft.price, money, "price"),
        cost=typed_price(draft.cost, money, "cost"),
        attributes={name: value for name, value in draft.attributes if value.strip()},
    )


def _attributes(panel: ProductPanel, draft: Draft) -> dict[str, object]:
    """Values keep their type where only others changed: a number stays a number."""
    stored = panel.card.attributes
    found: dict[str, object] = {}
    for name, text in draft.attributes:
        before = stored.get(name)
        if before is not None and str(before) == text:
            found[name] = before
        elif isinstance(before, int) and not isinstance(before, bool) and text.strip().lstrip("-").isdecimal():
            found[name] = int(text)
        elif text.strip():
            found[name] = text
    return found


def _prices(panel: ProductPanel, origin: Draft, draft: Draft, money: Currency) -> tuple[NewPrice, ...]:
    variant_id: uuid.UUID = panel.card.variant_id
    found: list[NewPrice] = []
    price = typed_price(draft.price, money, "price")
    if price is None and origin.price:
        raise UserError("field_empty", "A price cannot be taken away. Type one, or archive the product.", field="price")
    if price is not None and (draft.price != origin.price or draft.price_from != origin.price_from):
        found.append(NewPrice(variant_id, price, draft.price_from))
    cost = typed_price(draft.cost, money, "cost")
    if cost is not None and draft.cost != origin.cost:
        found.append(NewPrice(variant_id, cost, kind=COST))
    return tuple(found)
