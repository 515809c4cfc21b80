"""Receipts to lay out."""

from __future__ import annotations

import uuid
from typing import Any

from desktop.usecases.receipt_document import ReceiptDocument, ReceiptLine, ReceiptTax, ReceiptTender
from shared.money import Money, currency

GBP = currency("GBP")


def money(minor: int) -> Money:
    return Money(minor, GBP)


def sale_document(**changes: Any) -> ReceiptDocument:
    """A sale with a weighed line, a discount, two taxes, a card and cash with change."""
    values: dict[str, Any] = {
        "sale_id": uuid.UUID(int=1),
        "kind": "sale",
        "number": "HS-2-004182",
        "store_name": "Harbour Street",
        "store_address": "4 Harbour Street\nTidewater TW1 2AB",
        "tax_number": "GB 123 4567 89",
        "header": "",
        "footer": "Thank you, and come again.",
        "till_name": "Till 2",
        "cashier": "Mara K.",
        "business_date": "2026-11-21",
        "sealed_at": "2026-11-21 14:07",
        "lines": (
            ReceiptLine(1, "Oat drink barista 1 l", "OAT", "2", "piece", "2.19", money(438), money(48), money(390)),
            ReceiptLine(3, "Conference pears, loose", "PEA", "0.486", "kg", "3.20", money(156), money(0), money(156)),
            ReceiptLine(
                4,
                "A candle with a name that is much too long for one line of any paper roll",
                "CND",
                "1",
                "piece",
                "12.50",
                money(1_250),
                money(0),
                money(1_250),
                note="wrapped as a gift",
            ),
        ),
        "taxes": (
            ReceiptTax("VAT 0 %", money(546), money(0)),
            ReceiptTax("VAT 20 %", money(1_042), money(208)),
        ),
        "tenders": (
            ReceiptTender("Card", money(1_000), money(0), money(1_000), "Visa ··4417, 083771"),
            ReceiptTender("Cash", money(1_000), money(204), money(796)),
        ),
        "goods": money(1_844),
        "discount": money(48),
        "net": money(1_588),
        "tax": money(208),
        "total": money(1_796),
        "rounding": money(0),
        "paid": money(1_796),
        "customer": "Ines Carvalho · C-1001",
        "seal": "00f26c1304f3",
    }
    return ReceiptDocument(**{**values, **changes})


def return_document() -> ReceiptDocument:
    """One candle that came back in cash, rounded to five pence."""
    return sale_document(
        kind="return",
        number="HS-2-004183",
        lines=(ReceiptLine(1, "Soy candle", "CND", "-1", "piece", "12.52", money(-1_252), money(0), money(-1_252)),),
        taxes=(ReceiptTax("VAT 20 %", money(-1_043), money(-209)),),
        tenders=(ReceiptTender("Cash", money(-1_250), money(0), money(-1_250)),),
        goods=money(-1_252),
        discount=money(0),
        net=money(-1_043),
        tax=money(-209),
        total=money(-1_252),
        rounding=money(2),
        paid=money(-1_250),
        customer="",
        return_of=("HS-2-004182",),
    )
