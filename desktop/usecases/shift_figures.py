"""The figures of a shift: what was sold, paid and moved, and what ought to be in the drawer.

``figures`` as they are stored with the shift (all amounts in minor units)::

    {"sales":    {"count", "goods", "discount", "net", "tax", "total", "rounding"},
     "returns":  {… the same, negative …},
     "tenders":  {method: {"count", "amount"}},
     "taxes":    [{"code", "name", "rate_ppm", "base", "tax"}],
     "cash":     {"opening_float", "taken", "paid_out", "movements", "expected"},
     "movements": {kind: {"count", "amount"}},
     "receipts": {"first", "last"},
     "count":    {"total", "moved_since"} or null}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from desktop.replica.queries.shifts import (
    KindSums,
    OpenShift,
    cash_movement_sums,
    cash_tender_sums,
    receipt_range,
    sums_by_kind,
    tax_sums,
    tender_sums,
)
from desktop.replica.repositories.device_values import device_value
from shared.cash import DrawerFigures
from shared.money import Currency, Money, currency

COUNT_KEY = "shift_count"


@dataclass(frozen=True, slots=True)
class KeptCount:
    """The last count of the open shift's drawer.

    Attributes:
        total: as counted.
        expected: what ought to have been there at that moment.
        pieces: per denomination in minor units, where it was counted so.
    """

    total: Money
    expected: Money
    pieces: Mapping[int, int]

    def as_json(self) -> dict[str, object]:
        """What is remembered until the shift is closed."""
        return {
            "total": self.total.amount,
            "expected": self.expected.amount,
            "pieces": {str(value): number for value, number in self.pieces.items()},
        }

    @classmethod
    def from_json(cls, stored: Any, money: Currency) -> KeptCount:
        """The inverse of ``as_json``."""
        pieces = {int(value): number for value, number in stored["pieces"].items()}
        return cls(Money(stored["total"], money), Money(stored["expected"], money), pieces)


@dataclass(frozen=True, slots=True)
class ShiftFigures:
    """A shift in figures.

    Attributes:
        counted: the drawer as it must be now by the last count: what was counted, and what moved since.
        stored: the JSON object described above.
    """

    sales: KindSums
    returns: KindSums
    drawer: DrawerFigures
    count: KeptCount | None
    counted: Money | None
    stored: Mapping[str, object]

    @property
    def difference(self) -> Money | None:
        """Counted less expected; a sale after the count does not change it."""
        return None if self.counted is None else self.counted - self.drawer.expected


def read_figures(connection: Any, shift: OpenShift) -> ShiftFigures:
    """The figures of the open shift so far."""
    money = currency(shift.currency)
    kinds = sums_by_kind(connection, shift.id)
    sales, returns = kinds.get("sale", KindSums()), kinds.get("return", KindSums())
    movements = cash_movement_sums(connection, shift.id)
    taken, paid_out = cash_tender_sums(connection, shift.id)
    drawer = DrawerFigures(
        opening_float=Money(shift.opening_float, money),
        cash_taken=Money(taken, money),
        cash_paid_out=Money(-paid_out, money),
        movements=Money(sum(amount for _, amount in movements.values()), money),
    )
    kept = device_value(connection, COUNT_KEY)
    count = None if kept is None else KeptCount.from_json(kept, money)
    first, last = receipt_range(connection, shift.id)
    stored: dict[str, object] = {
        "sales": asdict(sales),
        "returns": asdict(returns),
        "tenders": _by_name(tender_sums(connection, shift.id)),
        "taxes": [
            {"code": code, "name": name, "rate_ppm": rate, "base": base, "tax": tax}
            for code, name, rate, base, tax in tax_sums(connection, shift.id)
        ],
        "cash": _drawer_json(drawer),
        "movements": _by_name(movements),
        "receipts": {"first": first, "last": last},
        "count": None
        if count is None
        else {"total": count.total.amount, "moved_since": (drawer.expected - count.expected).amount},
    }
    counted = None if count is None else count.total + (drawer.expected - count.expected)
    return ShiftFigures(sales, returns, drawer, count, counted, stored)


def _by_name(sums: Mapping[str, tuple[int, int]]) -> dict[str, object]:
    return {name: {"count": count, "amount": amount} for name, (count, amount) in sums.items()}


def _drawer_json(drawer: DrawerFigures) -> dict[str, object]:
    return {
        "opening_float": drawer.opening_float.amount,
        "taken": drawer.cash_taken.amount,
        "paid_out": drawer.cash_paid_out.amount,
        "movements": drawer.movements.amount,
        "expected": drawer.expected.amount,
    }
