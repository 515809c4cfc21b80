"""Ways to pay and what may be kept about a payment."""

from shared.payments.methods import (
    ACCOUNT,
    BANK_TRANSFER,
    CARD,
    CASH,
    CHEQUE,
    ONLINE,
    PAYMENT_METHODS,
    VOUCHER,
    PaymentMethod,
    payment_method,
)
from shared.payments.reference import checked_reference, looks_like_card_number

__all__ = [
    "ACCOUNT",
    "BANK_TRANSFER",
    "CARD",
    "CASH",
    "CHEQUE",
    "ONLINE",
    "PAYMENT_METHODS",
    "VOUCHER",
    "PaymentMethod",
    "checked_reference",
    "looks_like_card_number",
    "payment_method",
]
