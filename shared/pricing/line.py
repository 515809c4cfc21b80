"""Price × quantity."""

from __future__ import annotations

from shared.errors import UserError
from shared.limits import MONEY_MAX_MINOR_UNITS
from shared.money import Money, Rounding, UnitPrice
from shared.quantity import Quantity


def amount_for(price: UnitPrice, quantity: Quantity, rounding: Rounding = Rounding.HALF_UP) -> Money:
    """Price × quantity, rounded once to minor units; negative for a negative quantity.

    Raises:
        UserError: ``amount_too_large`` beyond the limit.
    """
    amount = price.times(quantity.thousandths, rounding)
    if abs(amount.amount) > MONEY_MAX_MINOR_UNITS:
        raise UserError(
            "amount_too_large",
            f"{quantity} × {price} is too large. Check the quantity and the price.",
            quantity=str(quantity),
            price=str(price),
        )
    return amount
