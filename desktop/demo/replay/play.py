"""Plays planned invoices at one till, day by day: shifts, sales, returns, stock movements, offline days and syncs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from desktop.demo.processes import Answer, Command, DeskProcess
from desktop.demo.replay.classify import MOVED, NOT_BOOKED, SOLD, Category
from desktop.demo.replay.lines import InvoiceLine
from desktop.demo.replay.plan import Invoice, Plan

SYNC_EVERY_INVOICES = 60
OFFLINE_ONE_DAY_IN = 3
LINES_PER_SALE = 400
"""A longer invoice becomes several sales: a sealed sale has its limit (``shared.limits.AGGREGATE_MAX_BYTES``)."""
_LONDON = ZoneInfo("Europe/London")


@dataclass(slots=True)
class Played:
    """What the tills answered.

    Attributes:
        place_by_row: receipt number and line number of every sold row of the file.
        totals_by_receipt: every receipt's total as a decimal string.
        offline_days: how many (till, day) pairs were played with the network off.
    """

    place_by_row: dict[int, tuple[str, int]] = field(default_factory=dict)
    totals_by_receipt: dict[str, str] = field(default_factory=dict)
    sales: int = 0
    returns: int = 0
    moves: int = 0
    offline_days: int = 0


@dataclass(slots=True)
class TillPlayer:
    """One till's part of a replay."""

    desk: DeskProcess
    index: int
    plan: Plan
    played: Played

    def play(self, invoices: Iterable[Invoice], login: Command) -> None:
        """All invoices of this till in time order."""
        self.desk.play([login])
        for number, (day, of_day) in enumerate(groupby(invoices, key=lambda invoice: invoice.at.date())):
            self._play_day(number, day, list(of_day))

    def _play_day(self, number: int, day: date, invoices: list[Invoice]) -> None:
        is_offline = (number + self.index) % OFFLINE_ONE_DAY_IN == 0
        self.desk.do("clock", at=_instant(invoices[0]))
        if is_offline:
            self.desk.do("offline")
            self.played.offline_days += 1
        self.desk.do("open_shift", float="100.00", business_date=day.isoformat())
        for turn, invoice in enumerate(invoices, start=1):
            self._play_invoice(invoice)
            if not is_offline and turn % SYNC_EVERY_INVOICES == 0:
                self.desk.do("sync")
        self.desk.do("count_shift", total="0.00")
        self.desk.do("close_shift")
        if is_offline:
            self.desk.do("online")
        self.desk.do("sync")

    def _play_invoice(self, invoice: Invoice) -> None:
        self.desk.do("clock", at=_instant(invoice))
        categories = self.plan.category_by_row
        sold = [line for line in invoice.lines if categories[line.row] in SOLD]
        for first in range(0, len(sold), LINES_PER_SALE):
            self._sell(invoice, sold[first : first + LINES_PER_SALE])
        for line in invoice.lines:
            category = categories[line.row]
            if category in MOVED:
                self._move(line, category)
            elif category not in SOLD and category not in NOT_BOOKED:
                self._take_back(line)

    def _sell(self, invoice: Invoice, lines: list[InvoiceLine]) -> None:
        commands: list[Command] = []
        if invoice.customer:
            commands.append({"do": "customer", "number": invoice.customer})
        commands += [
            {"do": "add", "sku": line.code, "quantity": str(line.quantity), "price": str(line.unit_price)}
            for line in lines
        ]
        if any(rounded_value(line) for line in lines):
            commands.append({"do": "tender", "method": "card" if invoice.customer else "cash"})
        commands.append({"do": "complete"})
        answer = self.desk.play(commands)[-1]
        self.played.sales += 1
        receipt = self._note(answer)
        for number, line in enumerate(lines, start=1):
            self.played.place_by_row[line.row] = (receipt, number)

    def _note(self, answer: Answer) -> str:
        receipt = str(answer["receipt"])
        self.played.totals_by_receipt[receipt] = str(answer["total"])
        return receipt

    def _take_back(self, line: InvoiceLine) -> None:
        wanted = -line.quantity
        for cover in self.plan.covers_by_row.get(line.row, ()):
            receipt, number = self.played.place_by_row[cover.sold_row]
            back = [{"line": number, "quantity": str(cover.pieces)}]
            self._note(self.desk.do("return", receipt=receipt, lines=back, method="cash"))
            self.played.returns += 1
            wanted -= cover.pieces
        if wanted:
            price = str(line.unit_price)
            self._note(self.desk.do("blind_return", sku=line.code, quantity=str(wanted), price=price, method="cash"))
            self.played.returns += 1

    def _move(self, line: InvoiceLine, category: Category) -> None:
        reason = "found" if category is Category.STOCK_FOUND else "write_off"
        self.desk.do("stock_move", sku=line.code, quantity=str(line.quantity), reason=reason)
        self.played.moves += 1


def _instant(invoice: Invoice) -> str:
    return invoice.at.replace(tzinfo=_LONDON).isoformat()


def rounded_value(line: InvoiceLine) -> Decimal:
    """Quantity × unit price to the penny, half up, as the till's engine rounds a line."""
    return line.value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def web_order_lines(invoice: Invoice) -> Iterator[dict[str, str]]:
    """An invoice's lines as the web shop sends them."""
    for line in invoice.lines:
        yield {"sku": line.code, "quantity": str(line.quantity), "unit_price": str(line.unit_price)}
