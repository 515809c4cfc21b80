"""Money: an integer count of minor units and its currency."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import BugError, UserError
from shared.limits import MONEY_MAX_MINOR_UNITS
from shared.money.currencies import Currency
from shared.money.decimal_text import format_scaled, parse_scaled
from shared.money.rounding import Rounding, round_ratio


@dataclass(frozen=True, slots=True)
class Money:
    """A signed amount of money.

    Attributes:
        amount: integer minor units (pence for GBP, whole yen for JPY).
        currency: what the amount is in; amounts of two currencies never mix (``BugError`` ``currency_mismatch``).
    """

    amount: int
    currency: Currency

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        """No money."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: Currency) -> Money:
        """Read a decimal string in major units, such as ``"12.50"``.

        Raises:
            UserError: ``amount_invalid``, ``amount_too_precise`` (more decimals than the currency has) or
                ``amount_too_large``.
        """
        return cls(parse_scaled(text, currency.exponent, MONEY_MAX_MINOR_UNITS), currency)

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing."""
        return self.amount == 0

    @property
    def is_positive(self) -> bool:
        """Whether it is more than nothing."""
        return self.amount > 0

    @property
    def is_negative(self) -> bool:
        """Whether it is less than nothing."""
        return self.amount < 0

    def checked(self) -> Money:
        """Itself, if within the limit.

        Raises:
            UserError: ``amount_too_large``.
        """
        if abs(self.amount) > MONEY_MAX_MINOR_UNITS:
            raise UserError("amount_too_large", "That amount is too large. Check what was typed.", amount=str(self))
        return self

    def times_ratio(self, numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> Money:
        """``self × numerator / denominator`` rounded to minor units."""
        return Money(round_ratio(self.amount * numerator, denominator, rounding), self.currency)

    def __add__(self, other: Money) -> Money:
        """The sum."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """The difference."""
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """The same amount the other way."""
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        """The amount without its sign."""
        return self if self.amount >= 0 else -self

    def __mul__(self, times: int) -> Money:
        """The amount a whole number of times."""
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Whether it is less."""
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Whether it is at most as much."""
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        """Whether it is more."""
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        """Whether it is at least as much."""
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        """Whether there is any money at all."""
        return self.amount != 0

    def __str__(self) -> str:
        """Decimal text in major units with all decimals of the currency: ``12.50``; no symbol, no grouping."""
        return format_scaled(self.amount, self.currency.exponent)

    def _same(self, other: Money) -> int:
        """The other's minor units, once the currencies are known to be the same."""
        if self.currency != other.currency:
            raise BugError(
                "currency_mismatch",
                f"Amounts in {self.currency} and {other.currency} were mixed.",
                currencies=[self.currency.code, other.currency.code],
            )
        return other.amount


def total_of(amounts: list[Money] | tuple[Money, ...], currency: Currency) -> Money:
    """The sum of any number of amounts in one currency, none included."""
    total = Money.zero(currency)
    for amount in amounts:
        total = total + amount
    return total
