"""Money: amounts, currencies, unit prices, rounding and sharing out; exact integers throughout."""

from shared.money.allocation import allocate, allocate_integer, split
from shared.money.amount import Money, total_of
from shared.money.cash import round_to_cash
from shared.money.currencies import Currency, currency, currency_codes
from shared.money.rounding import Rounding, round_decimal, round_fraction, round_ratio
from shared.money.unit_price import MICRO_PER_MAJOR, UnitPrice

__all__ = [
    "MICRO_PER_MAJOR",
    "Currency",
    "Money",
    "Rounding",
    "UnitPrice",
    "allocate",
    "allocate_integer",
    "currency",
    "currency_codes",
    "round_decimal",
    "round_fraction",
    "round_ratio",
    "round_to_cash",
    "split",
    "total_of",
]
