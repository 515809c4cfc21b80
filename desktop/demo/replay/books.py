"""The server's books against sums taken from the file alone: revenue, refunds, and pieces of every product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from desktop.demo.replay.classify import MOVED, NOT_BOOKED, RETURNED, SOLD, Category, is_stocked
from desktop.demo.replay.lines import InvoiceLine
from desktop.demo.replay.plan import Plan
from desktop.demo.replay.play import Played, rounded_value
from desktop.demo.web_shop import WebShop


@dataclass(frozen=True, slots=True)
class Difference:
    """Why the books differ from the file by ``amount`` (books less file) in one line."""

    row: int
    amount: Decimal
    reason: str

    def as_json(self) -> dict[str, object]:
        """For ``report.json``."""
        return {"row": self.row, "amount": f"{self.amount:f}", "reason": self.reason}


@dataclass(slots=True)
class Books:
    """Both accounts, and what does not agree.

    Attributes:
        revenue: sold at tills and by fulfilled web orders, tax included, as the server's books hold it.
        refunds: paid back, as a positive figure.
        file_revenue: Σ quantity × unit price of the lines that were sold, unrounded.
        file_refunds: the same of the lines that came back, positive.
        differences: lines whose value is no whole number of pence.
        remarks: what no difference explains.
    """

    revenue: Decimal
    refunds: Decimal
    file_revenue: Decimal
    file_refunds: Decimal
    differences: list[Difference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def check_books(web: WebShop, lines: Sequence[InvoiceLine], plan: Plan, played: Played) -> Books:
    """Hold the server's books against the file, exactly."""
    del played
    categories = plan.category_by_row
    answer = web.get("/reports/books")
    sold = [line for line in lines if categories[line.row] in SOLD]
    back = [line for line in lines if categories[line.row] in RETURNED]
    books = Books(
        revenue=Decimal(answer["sales"]["total"]) + Decimal(answer["orders"]["fulfilled_total"]),
        refunds=-Decimal(answer["returns"]["total"]),
        file_revenue=_value(sold),
        file_refunds=-_value(back),
    )
    books.differences = [*_rounding(sold), *_rounding(back)]
    explained = sum((row.amount for row in _rounding(sold)), Decimal(0))
    if books.revenue - books.file_revenue != explained:
        books.remarks.append(
            f"Revenue: books {books.revenue}, file {books.file_revenue}, rounding explains {explained}."
        )
    explained = -sum((row.amount for row in _rounding(back)), Decimal(0))
    if books.refunds - books.file_refunds != explained:
        books.remarks.append(
            f"Refunds: books {books.refunds}, file {books.file_refunds}, rounding explains {explained}."
        )
    books.remarks += _compare_pieces(web.get("/reports/pieces")["products"], lines, categories)
    unaccounted = [line.row for line in lines if line.row not in categories]
    if unaccounted:
        books.remarks.append(f"{len(unaccounted)} lines are in no category, the first in row {unaccounted[0]}.")
    return books


def _value(lines: Iterable[InvoiceLine]) -> Decimal:
    return sum((line.value for line in lines), Decimal(0))


def _rounding(lines: Iterable[InvoiceLine]) -> list[Difference]:
    return [
        Difference(line.row, rounded_value(line) - line.value, "rounded to whole pence")
        for line in lines
        if rounded_value(line) != line.value
    ]


def _compare_pieces(
    products: Iterable[Mapping[str, object]], lines: Iterable[InvoiceLine], categories: Mapping[int, Category]
) -> list[str]:
    """Pieces per product and kind of movement: the ledger's sums against the file's."""
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        category = categories[line.row]
        if category not in NOT_BOOKED and is_stocked(line.code):
            expected[line.code, _movement_kind(category)] -= line.quantity if category not in MOVED else -line.quantity
    booked: dict[tuple[str, str], int] = {}
    for product in products:
        moved = product["moved"]
        assert isinstance(moved, dict)
        for kind in ("till", "returned", "web", "moved"):
            pieces = Decimal(str(moved.get(kind, "0")))
            if pieces:
                booked[str(product["sku"]), kind] = int(pieces)
    wrong = sorted(key for key in expected.keys() | booked.keys() if expected.get(key, 0) != booked.get(key, 0))
    return [
        f"{sku}, {kind}: the ledger moved {booked.get((sku, kind), 0)}, the file says {expected.get((sku, kind), 0)}."
        for sku, kind in wrong
    ]


def _movement_kind(category: Category) -> str:
    if category is Category.WEB_ORDER:
        return "web"
    if category in MOVED:
        return "moved"
    return "returned" if category in RETURNED else "till"
