"""Effective-dated rows: which one holds on a local date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.tax.rules import TaxRule, in_order


@dataclass(frozen=True, slots=True)
class EffectiveRate:
    """A tax from a local date on.

    Attributes:
        rule: the tax.
        valid_from: first local date on which it holds.
        valid_to: first local date on which it no longer holds; None while no end is known.
    """

    rule: TaxRule
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, on: date) -> bool:
        """Whether it holds on a local date; the first day is inside, the last is not."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


def choose(rows: Iterable[EffectiveRate], on: date) -> tuple[TaxRule, ...]:
    """The taxes that hold on a local date, in order of computation: for each code the row that began last.

    Rows of the same code that began on the same day are told apart by their content, so that the answer never depends
    on the order of the rows.
    """
    chosen: dict[str, EffectiveRate] = {}
    for row in rows:
        if row.holds_on(on):
            standing = chosen.get(row.rule.code)
            if standing is None or _rank(row) > _rank(standing):
                chosen[row.rule.code] = row
    by_code = tuple(chosen[code].rule for code in sorted(chosen))
    return in_order(by_code)


def _rank(row: EffectiveRate) -> tuple[date, date, int, int, str]:
    """Orders rows of one code; the highest wins."""
    return row.valid_from, row.valid_to or date.max, row.rule.rate_ppm, row.rule.fixed_micro, repr(row.rule)
