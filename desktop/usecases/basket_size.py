"""Whether a basket can still be sealed: a sale travels in one piece, and a piece has a size limit.

Better to say so at the line that is too many than at the till's drawer with the customer's money in hand.
"""

from __future__ import annotations

import msgspec

from shared.errors import UserError
from shared.limits import AGGREGATE_MAX_BYTES
from shared.sales import PricedBasket, PricedLine
from shared.schema.types import canonical_json

_SURELY_FITS_LINES = 200
"""Even with the longest names and several taxes, so few lines fit."""
_IDS_BYTES = 5 * 18 + 2
_HEAD_BYTES = 12 * 1024
"""The sale's own row, its taxes and as many payments as one may take."""
_encoder = msgspec.msgpack.Encoder()


def check_size(before: PricedBasket | None, after: PricedBasket) -> None:
    """Pass if the basket could be sealed, or if it did not grow.

    Raises:
        UserError: ``basket_full``.
    """
    if len(after.lines) <= _SURELY_FITS_LINES:
        return
    size = _size(after)
    if size + _HEAD_BYTES > AGGREGATE_MAX_BYTES and (before is None or size > _size(before)):
        raise UserError(
            "basket_full",
            "This basket is as large as one sale can be. Complete it and start another.",
            lines=len(before.lines if before is not None else after.lines),
        )


def _size(priced: PricedBasket) -> int:
    return sum(_line_bytes(line) for line in priced.lines)


def _line_bytes(priced: PricedLine) -> int:
    """How many bytes a sealed line takes on the wire."""
    line = priced.line
    taxes = [[tax.code, tax.name, tax.rate_ppm, tax.base.amount, tax.tax.amount, tax.included] for tax in priced.taxes]
    discounts = [
        {
            "kind": str(each.kind),
            "percent_ppm": each.percent_ppm,
            "amount": None if each.amount is None else each.amount.amount,
            "reason": each.reason,
            "by": None if each.by is None else str(each.by),
        }
        for each in line.discounts
    ]
    if priced.basket_discount:
        amount = priced.basket_discount.amount
        discounts.append({"kind": "basket", "percent_ppm": 0, "amount": amount, "reason": "", "by": None})
    values = [
        line.number,
        line.sku,
        line.name,
        str(line.kind),
        line.quantity.thousandths,
        str(line.quantity.unit),
        line.unit_price.micro,
        None if line.list_price is None else line.list_price.micro,
        line.price_reason,
        priced.gross.amount,
        priced.discount.amount,
        priced.net.amount,
        priced.tax.amount,
        priced.total.amount,
        canonical_json(taxes),
        canonical_json(discounts),
        str(line.disposition),
        line.removed_at,
        line.note,
    ]
    return len(_encoder.encode(values)) + _IDS_BYTES
