"""The ways to pay: one value each, in one registry."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from shared.errors import UserError


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay.

    Attributes:
        code: stable name, as stored with a tender.
        name: what the till and the receipt show.
        gives_change: more may be given than is due, and the rest comes back in coins.
        opens_drawer: the drawer opens when the sale is sealed.
        rounds_cash: what is left to pay is rounded to what coins can pay.
        refundable: money can be paid out this way.
    """

    code: str
    name: str
    gives_change: bool = False
    opens_drawer: bool = False
    rounds_cash: bool = False
    refundable: bool = True


CASH = PaymentMethod("cash", "Cash", gives_change=True, opens_drawer=True, rounds_cash=True)
CARD = PaymentMethod("card", "Card")
VOUCHER = PaymentMethod("voucher", "Voucher", opens_drawer=True)
ACCOUNT = PaymentMethod("account", "On account")
BANK_TRANSFER = PaymentMethod("bank_transfer", "Bank transfer")
CHEQUE = PaymentMethod("cheque", "Cheque", opens_drawer=True, refundable=False)
ONLINE = PaymentMethod("online", "Paid online")

PAYMENT_METHODS = MappingProxyType(
    {method.code: method for method in (CASH, CARD, VOUCHER, ACCOUNT, BANK_TRANSFER, CHEQUE, ONLINE)}
)
"""Every method by its code, in the order in which the till offers them."""


def payment_method(code: str) -> PaymentMethod:
    """The method with this code.

    Raises:
        UserError: ``payment_method_unknown``.
    """
    found = PAYMENT_METHODS.get(code)
    if found is None:
        known = ", ".join(PAYMENT_METHODS)
        raise UserError("payment_method_unknown", f"“{code}” is no way to pay. Use one of: {known}.", method=code)
    return found
