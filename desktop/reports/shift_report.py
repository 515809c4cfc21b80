"""A shift's report in 48 columns: X while it is open, Z once it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop.usecases.paper_columns import WIDE, beside, centred, indented, rule
from desktop.usecases.receipt_document import ShiftDocument
from shared.money import Money, currency
from shared.payments import PAYMENT_METHODS

_MOVEMENT_NAMES = {"paid_in": "Paid in", "paid_out": "Paid out", "drop": "To the safe"}


def shift_report_text(document: ShiftDocument, width: int = WIDE) -> str:
    """The report, lines parted by newlines."""
    figures: Mapping[str, Any] = document.figures
    lines = [
        *centred("Z REPORT" if document.closed else "X REPORT", width),
        *centred(f"{document.store_name} · {document.till_name}", width),
        "",
        *beside(f"Shift {document.number}", document.business_date, width),
        *beside("Opened", f"{document.opened} {document.opened_by}", width),
        *(beside("Closed", f"{document.closed} {document.closed_by}", width) if document.closed else []),
        *_receipts(figures, width),
        rule(width),
        *_kind("Sales", figures["sales"], document, width),
        *_kind("Returns", figures["returns"], document, width),
        rule(width),
        *_tenders(figures["tenders"], document, width),
        *_taxes(figures["taxes"], document, width),
        rule(width),
        *_drawer(figures, document, width),
    ]
    if document.parked:
        lines += beside("Baskets still parked", str(document.parked), width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _receipts(figures: Mapping[str, Any], width: int) -> list[str]:
    receipts = figures["receipts"]
    return beside("Receipts", f"{receipts['first']} … {receipts['last']}", width) if receipts["first"] else []


def _kind(name: str, sums: Mapping[str, int], document: ShiftDocument, width: int) -> list[str]:
    lines = beside(f"{name} ({sums['count']})", _amount(sums["total"], document), width)
    for label, key in (("Discounts", "discount"), ("Tax", "tax"), ("Cash rounding", "rounding")):
        if sums[key]:
            lines += indented(label, _amount(sums[key], document), width)
    return lines


def _tenders(tenders: Mapping[str, Mapping[str, int]], document: ShiftDocument, width: int) -> list[str]:
    lines: list[str] = []
    for method, sums in tenders.items():
        name = PAYMENT_METHODS[method].name if method in PAYMENT_METHODS else method
        lines += beside(f"{name} ({sums['count']})", _amount(sums["amount"], document), width)
    return lines or beside("No payments", "", width)


def _taxes(taxes: list[Mapping[str, Any]], document: ShiftDocument, width: int) -> list[str]:
    lines = [rule(width)] if taxes else []
    for tax in taxes:
        lines += beside(f"{tax['name']} on {_amount(tax['base'], document)}", _amount(tax["tax"], document), width)
    return lines


def _drawer(figures: Mapping[str, Any], document: ShiftDocument, width: int) -> list[str]:
    cash = figures["cash"]
    lines = beside("Float", _amount(cash["opening_float"], document), width)
    lines += beside("Cash taken", _amount(cash["taken"], document), width)
    if cash["paid_out"]:
        lines += beside("Cash refunded", _amount(-cash["paid_out"], document), width)
    for kind, sums in figures["movements"].items():
        lines += beside(_MOVEMENT_NAMES.get(kind, kind), _amount(sums["amount"], document), width)
    lines += beside("Expected in the drawer", str(document.expected), width)
    if document.counted is None or document.difference is None:
        return lines + beside("Counted", "not counted", width)
    lines += beside("Counted", str(document.counted), width)
    word = "Over" if document.difference.is_positive else "Short" if document.difference.is_negative else "Difference"
    return lines + beside(word, str(abs(document.difference)), width)


def _amount(minor: int, document: ShiftDocument) -> str:
    return str(Money(minor, currency(document.currency)))
