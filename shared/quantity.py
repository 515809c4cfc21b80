"""Quantities: an integer count of thousandths and a unit, so that 0.486 kg and 2 pieces add up exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import UserError
from shared.limits import QUANTITY_MAX_THOUSANDTHS

THOUSAND = 1_000
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


class Unit(StrEnum):
    """What a quantity counts. Pieces may be split (half a metre of ribbon is a metre, half a cake is a piece)."""

    PIECE = "piece"
    KILOGRAM = "kg"
    LITRE = "l"
    METRE = "m"
    SQUARE_METRE = "m2"
    HOUR = "h"


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """A signed amount of goods.

    Attributes:
        thousandths: integer thousandths of the unit; negative for what comes back.
        unit: what is counted.
    """

    thousandths: int
    unit: Unit = Unit.PIECE

    @classmethod
    def of(cls, whole: int, unit: Unit = Unit.PIECE) -> Quantity:
        """``whole`` units."""
        return cls(whole * THOUSAND, unit)

    @classmethod
    def parse(cls, text: str, unit: Unit = Unit.PIECE) -> Quantity:
        """Read a decimal string such as ``"1.5"``.

        Raises:
            UserError: ``quantity_invalid`` for anything else, or for more than three decimals;
                ``quantity_too_large`` beyond the limit.
        """
        cleaned = text.strip()
        if not _DECIMAL.fullmatch(cleaned):
            raise UserError(
                "quantity_invalid", f"“{text}” is not a quantity. Type a number such as 2 or 0.486.", text=text
            )
        scaled = Decimal(cleaned) * THOUSAND
        if scaled != scaled.to_integral_value():
            raise UserError("quantity_invalid", f"“{text}” has more than three decimals.", text=text)
        return cls(int(scaled), unit).checked()

    def checked(self) -> Quantity:
        """Itself, if within the limit.

        Raises:
            UserError: ``quantity_too_large``.
        """
        if abs(self.thousandths) > QUANTITY_MAX_THOUSANDTHS:
            raise UserError(
                "quantity_too_large", "That quantity is too large. Check what was typed or scanned.", quantity=str(self)
            )
        return self

    def __add__(self, other: Quantity) -> Quantity:
        """The sum; both must count the same unit."""
        if self.unit is not other.unit:
            raise ValueError(f"cannot add {other.unit} to {self.unit}")
        return Quantity(self.thousandths + other.thousandths, self.unit)

    def __neg__(self) -> Quantity:
        """The same amount the other way."""
        return Quantity(-self.thousandths, self.unit)

    def as_decimal(self) -> Decimal:
        """The exact number of units."""
        return Decimal(self.thousandths) / THOUSAND

    def __str__(self) -> str:
        """Shortest exact decimal text: ``2``, ``0.486``."""
        whole, rest = divmod(abs(self.thousandths), THOUSAND)
        sign = "-" if self.thousandths < 0 else ""
        return f"{sign}{whole}" if not rest else f"{sign}{whole}.{rest:03d}".rstrip("0")
