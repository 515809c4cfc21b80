"""Prices: which row holds, price × quantity, and discounts given by hand."""

from shared.pricing.choice import PriceRow, choose_price
from shared.pricing.discount import (
    Discount,
    DiscountKind,
    basket_discount_total,
    discount_line_amount,
    share_basket_discounts,
)
from shared.pricing.line import amount_for
from shared.pricing.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "Discount",
    "DiscountKind",
    "PriceRow",
    "amount_for",
    "basket_discount_total",
    "choose_price",
    "discount_line_amount",
    "share_basket_discounts",
]
