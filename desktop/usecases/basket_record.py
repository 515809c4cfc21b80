"""A basket as JSON objects, for the replica's open basket and for parked baskets; what is written reads back equal.

Amounts are minor units, prices millionths, quantities thousandths; the currency is the basket's. Each line holds the
price and the taxes it was given, so that a basket comes back unchanged whatever the catalogue did meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from shared.money import Currency, Money, UnitPrice, currency
from shared.pricing import Discount, DiscountKind
from shared.quantity import Quantity, Unit
from shared.sales.basket import Basket, BasketLine, Disposition, LineKind
from shared.tax import TaxComputation, TaxRounding, TaxRule

Record = dict[str, object]

_RULE_FIELDS = tuple(field.name for field in fields(TaxRule))


def line_record(line: BasketLine) -> Record:
    """One line; a receipted return never stands in an open basket, so its fixed amounts have no place here."""
    assert line.returned is None
    return {
        "number": line.number,
        "variant": _text(line.variant_id),
        "sku": line.sku,
        "name": line.name,
        "kind": str(line.kind),
        "quantity": line.quantity.thousandths,
        "unit": str(line.quantity.unit),
        "price": line.unit_price.micro,
        "list_price": None if line.list_price is None else line.list_price.micro,
        "price_id": _text(line.price_id),
        "price_reason": line.price_reason,
        "tax_category": _text(line.tax_category_id),
        "taxes": [_rule_record(rule) for rule in line.taxes],
        "discounts": [discount_record(discount) for discount in line.discounts],
        "removed_at": line.removed_at,
        "note": line.note,
        "disposition": str(line.disposition),
    }


def read_line(line_id: uuid.UUID, record: Mapping[str, Any], money: Currency) -> BasketLine:
    """The inverse of ``line_record``; the id is the caller's, because a recalled line is a new line."""
    list_price = record["list_price"]
    return BasketLine(
        id=line_id,
        number=record["number"],
        variant_id=_id(record["variant"]),
        sku=record["sku"],
        name=record["name"],
        kind=LineKind(record["kind"]),
        quantity=Quantity(record["quantity"], Unit(record["unit"])),
        unit_price=UnitPrice(record["price"], money),
        list_price=None if list_price is None else UnitPrice(list_price, money),
        price_id=_id(record["price_id"]),
        price_reason=record["price_reason"],
        tax_category_id=_id(record["tax_category"]),
        taxes=tuple(_read_rule(rule) for rule in record["taxes"]),
        discounts=tuple(read_discount(discount, money) for discount in record["discounts"]),
        removed_at=record["removed_at"],
        note=record["note"],
        disposition=Disposition(record["disposition"]),
    )


def basket_head_record(basket: Basket) -> Record:
    """Everything of a basket but its lines."""
    return {
        "id": str(basket.id),
        "currency": basket.currency.code,
        "tax_rounding": str(basket.tax_rounding),
        "discounts": [discount_record(discount) for discount in basket.discounts],
        "customer": _text(basket.customer_id),
        "customer_name": basket.customer_name,
        "customer_reference": basket.customer_reference,
        "note": basket.note,
    }


def read_basket(head: Mapping[str, Any], lines: tuple[BasketLine, ...]) -> Basket:
    """The inverse of ``basket_head_record``, with lines that were read before."""
    money = currency(head["currency"])
    return Basket(
        id=uuid.UUID(head["id"]),
        currency=money,
        tax_rounding=TaxRounding(head["tax_rounding"]),
        lines=lines,
        discounts=tuple(read_discount(discount, money) for discount in head["discounts"]),
        customer_id=_id(head["customer"]),
        customer_name=head["customer_name"],
        customer_reference=head["customer_reference"],
        note=head["note"],
    )


def discount_record(discount: Discount) -> Record:
    """A discount as it was given; also what a sealed line keeps of it."""
    return {
        "kind": str(discount.kind),
        "percent_ppm": discount.percent_ppm,
        "amount": None if discount.amount is None else discount.amount.amount,
        "reason": discount.reason,
        "by": _text(discount.by),
    }


def read_discount(record: Mapping[str, Any], money: Currency) -> Discount:
    """The inverse of ``discount_record``."""
    amount = record["amount"]
    return Discount(
        DiscountKind(record["kind"]),
        percent_ppm=record["percent_ppm"],
        amount=None if amount is None else Money(amount, money),
        reason=record["reason"],
        by=_id(record["by"]),
    )


def _rule_record(rule: TaxRule) -> Record:
    return {name: getattr(rule, name) for name in _RULE_FIELDS}


def _read_rule(record: Mapping[str, Any]) -> TaxRule:
    values = dict(record)
    values["computation"] = TaxComputation(values["computation"])
    return TaxRule(**values)


def _text(identifier: uuid.UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


def _id(text: str | None) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
