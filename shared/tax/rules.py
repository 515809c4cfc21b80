"""What a tax is: how it is computed, whether prices include it, and how it stands to the taxes around it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PPM = 1_000_000


class TaxComputation(StrEnum):
    """How the amount of a tax comes about."""

    PERCENT = "percent"
    """A rate on the base: 20 % of what is taxed."""
    DIVISION = "division"
    """A rate on the price that already includes it: 20 % of what is paid, so 25 % of the base."""
    FIXED = "fixed"
    """An amount per unit, whatever the price: a deposit or an eco tax."""


class TaxRounding(StrEnum):
    """Where a sale rounds its taxes to minor units."""

    LINE = "line"
    """Each tax of each line; the totals are the sums."""
    DOCUMENT = "document"
    """Each tax once over the whole sale; the lines are adjusted so that they sum to it."""


@dataclass(frozen=True, slots=True)
class TaxRule:
    """One tax as it applies to one line.

    Attributes:
        code: stable name; totals are grouped by it.
        name: what the receipt shows, such as ``VAT 20 %``.
        computation: how the amount comes about.
        rate_ppm: millionths, for percent and division: 200_000 is 20 %.
        fixed_micro: millionths of the major unit per unit of quantity, for fixed.
        price_include: the price already includes this tax.
        include_base_amount: later taxes are taken on the base plus this tax.
        base_affected: earlier taxes with ``include_base_amount`` count into this tax's base.
        sequence: order of computation; equal numbers keep the order given.
        reverse_charge: the customer owes it instead of the shop: shown with its base, charged as nothing.
    """

    code: str
    name: str
    computation: TaxComputation = TaxComputation.PERCENT
    rate_ppm: int = 0
    fixed_micro: int = 0
    price_include: bool = False
    include_base_amount: bool = False
    base_affected: bool = True
    sequence: int = 1
    reverse_charge: bool = False

    def stands_on(self, earlier: TaxRule) -> bool:
        """Whether an earlier tax of the same line counts into this tax's base."""
        return earlier.include_base_amount and self.base_affected and not earlier.reverse_charge


def in_order(rules: tuple[TaxRule, ...]) -> tuple[TaxRule, ...]:
    """The rules in the order in which they are computed."""
    return rules if len(rules) < 2 else tuple(sorted(rules, key=lambda rule: rule.sequence))
