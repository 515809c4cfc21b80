"""What a script prints: the till's views as JSON objects, amounts and quantities as decimal text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop.usecases.till_state import LineView, ReceiptView, TenderView, TillState
from desktop.usecases.till_views import FoundView, ParkedView, ShiftReport, SoldView, StockView
from shared.money import Money, currency

Answer = dict[str, Any]


def state_answer(state: TillState, expected_cash: Money | None) -> Answer:
    """The whole state of the till; ``lines`` and ``basket`` are the same list."""
    lines = [{**line_answer(line), "selected": line.id == state.selected_line} for line in state.lines]
    nothing = _nothing(state)
    return {
        "phase": str(state.phase),
        "store": state.store_name,
        "till": state.till_name,
        "currency": state.currency,
        "user": state.user_name or None,
        "role": state.user_role or None,
        "online": state.connection.is_online,
        "pending": state.connection.pending,
        "connection": state.connection.text,
        "shift": _shift(state),
        "expected_cash": _text(expected_cash),
        "sale_number": state.sale_number,
        "basket": lines,
        "lines": lines,
        "totals": _totals(state, nothing),
        "taxes": []
        if state.totals is None
        else [
            {"code": tax.code, "name": tax.name, "base": str(tax.base), "tax": str(tax.tax)}
            for tax in state.totals.taxes
        ],
        "tenders": [tender_answer(tender) for tender in state.tenders],
        "remaining": _remaining(state, nothing),
        "change": _change(state, nothing),
        "receipt": None if state.receipt is None else state.receipt.number,
        "customer": None
        if state.customer is None
        else {
            "number": state.customer.number,
            "name": state.customer.name,
            "points": state.customer.points,
            "known": state.customer.is_known,
        },
        "parked": state.parked,
        "refusal": state.refusal or None,
        "blocks_payment": state.blocks_payment,
    }


def line_answer(line: LineView) -> Answer:
    """One line of the basket."""
    return {
        "number": line.number,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "total": str(line.total),
        "notes": [note.text for note in line.notes],
        "removed": line.is_removed,
    }


def tender_answer(tender: TenderView) -> Answer:
    """One payment."""
    return {
        "number": tender.number,
        "method": tender.method,
        "label": tender.label,
        "amount": str(tender.amount),
        "detail": tender.detail,
    }


def receipt_answer(receipt: ReceiptView) -> Answer:
    """A receipt just sealed: ``total`` before cash rounding, negative for a return."""
    return {
        "receipt": receipt.number,
        "total": str(receipt.total),
        "rounding": _text(receipt.rounding),
        "change": str(receipt.change),
        "text": receipt.text,
    }


def found_answer(found: FoundView) -> Answer:
    """One product that answers a search."""
    return {
        "sku": found.sku,
        "name": found.name,
        "unit": found.unit,
        "price": found.price or None,
        "available": found.available or None,
        "category": found.category or None,
    }


def sold_answer(sold: SoldView) -> Answer:
    """A receipt that was looked up, with what of it may come back."""
    return {
        "receipt": sold.number,
        "kind": sold.kind,
        "store": sold.store_name,
        "business_date": sold.business_date,
        "sold_at": sold.sold_at,
        "total": str(sold.total),
        "lines": [
            {
                "line": line.number,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "total": str(line.total),
                "returnable": line.returnable,
            }
            for line in sold.lines
        ],
        "methods": list(sold.methods),
        "text": sold.text,
    }


def parked_answer(parked: ParkedView) -> Answer:
    """One parked basket."""
    return {
        "id": str(parked.id),
        "label": parked.label,
        "parked_at": parked.parked_at,
        "parked_by": parked.parked_by,
        "total": str(parked.total),
        "pieces": parked.pieces,
    }


def shift_answer(report: ShiftReport) -> Answer:
    """An X or Z report; ``figures`` hold minor units as they are stored."""
    return {
        "shift": report.number,
        "business_date": report.business_date,
        "closed": report.is_closed,
        "sales": report.sales,
        "returns": report.returns,
        "expected": str(report.expected),
        "counted": _text(report.counted),
        "difference": _text(report.difference),
        "parked": report.parked,
        "figures": dict(report.figures),
        "text": report.text,
    }


def stock_answer(stock: StockView) -> Answer:
    """What this store has of a product."""
    return {
        "sku": stock.sku,
        "name": stock.name,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.available,
        "as_of": stock.as_of or None,
    }


def _shift(state: TillState) -> Answer | None:
    if state.shift is None:
        return None
    return {
        "number": state.shift.number,
        "business_date": state.shift.business_date,
        "opened_at": state.shift.opened_at,
        "float": str(state.shift.opening_float),
        "counted": state.shift.is_counted,
    }


def _totals(state: TillState, nothing: str) -> Mapping[str, Any]:
    names = ("goods", "discount", "net", "tax", "total", "rounding", "to_pay")
    if state.totals is None:
        return {**dict.fromkeys(names, nothing), "pieces": 0}
    return {**{name: str(getattr(state.totals, name)) for name in names}, "pieces": state.totals.pieces}


def _remaining(state: TillState, nothing: str) -> str:
    """What is still to be paid; the whole total before the first payment."""
    if state.remaining is not None:
        return str(state.remaining)
    return nothing if state.totals is None else str(state.totals.total)


def _change(state: TillState, nothing: str) -> str:
    if state.change is not None:
        return str(state.change)
    return nothing if state.receipt is None else str(state.receipt.change)


def _nothing(state: TillState) -> str:
    return str(Money.parse("0", currency(state.currency))) if state.currency else "0"


def _text(amount: Money | None) -> str | None:
    return None if amount is None else str(amount)
