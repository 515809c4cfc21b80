"""Unit prices: finer than a cent, because a screw may cost 0.0125."""

from __future__ import annotations

from dataclasses import dataclass

from shared.limits import UNIT_PRICE_MAX_MICRO
from shared.money.amount import Money
from shared.money.currencies import Currency
from shared.money.decimal_text import format_scaled, parse_scaled
from shared.money.rounding import Rounding, round_ratio

MICRO_PER_MAJOR = 1_000_000
_MICRO_DECIMALS = 6
_THOUSANDTHS = 1_000


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """The price of one unit (a piece, a kilogram, a metre …).

    Attributes:
        micro: integer millionths of the currency's major unit: 2_190_000 is 2.19.
        currency: what the price is in.
    """

    micro: int
    currency: Currency

    @classmethod
    def parse(cls, text: str, currency: Currency) -> UnitPrice:
        """Read a decimal string in major units with at most six decimals.

        Raises:
            UserError: ``amount_invalid``, ``amount_too_precise`` or ``amount_too_large``.
        """
        return cls(parse_scaled(text, _MICRO_DECIMALS, UNIT_PRICE_MAX_MICRO), currency)

    @classmethod
    def of(cls, amount: Money) -> UnitPrice:
        """The unit price that is exactly this amount."""
        return cls(amount.amount * MICRO_PER_MAJOR // amount.currency.minor_per_major, amount.currency)

    def times(self, thousandths: int, rounding: Rounding = Rounding.HALF_UP) -> Money:
        """Price × quantity, rounded once to minor units; the quantity in integer thousandths of a unit."""
        numerator = self.micro * thousandths * self.currency.minor_per_major
        return Money(round_ratio(numerator, MICRO_PER_MAJOR * _THOUSANDTHS, rounding), self.currency)

    def __str__(self) -> str:
        """Shortest exact decimal text with at least the currency's decimals: ``2.19``, ``2.50``, ``0.0125``."""
        return format_scaled(self.micro, _MICRO_DECIMALS, at_least=self.currency.exponent)
