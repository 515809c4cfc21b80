"""What stands on a receipt and on a shift's report, before it is laid out on paper, screen or PDF.

Amounts are in the sale's currency; a return's amounts and quantities are negative, as stored. Times are local to
the store.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.money import Money


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line: ``total`` with tax and after discounts; ``gross`` before discounts; ``discount`` positive at a sale."""

    number: int
    name: str
    sku: str
    quantity: str
    unit: str
    unit_price: str
    gross: Money
    discount: Money
    total: Money
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptTax:
    """One tax over the whole sale, from the stored bases."""

    name: str
    base: Money
    tax: Money
    included: bool = True


@dataclass(frozen=True, slots=True)
class ReceiptTender:
    """One payment: what was given, what went back, and what may be said of it (``Visa ··4417``)."""

    label: str
    given: Money
    change: Money
    amount: Money
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """A sealed sale or return as it is given to the customer.

    Attributes:
        copy: 0 for the original, then the number of the copy.
        return_of: the receipt numbers that came back; empty for a sale or a return without receipt.
        seal: the first characters of the seal, so that paper and journal can be compared.
    """

    sale_id: uuid.UUID
    kind: str
    number: str
    store_name: str
    store_address: str
    tax_number: str
    header: str
    footer: str
    till_name: str
    cashier: str
    business_date: str
    sealed_at: str
    lines: tuple[ReceiptLine, ...]
    taxes: tuple[ReceiptTax, ...]
    tenders: tuple[ReceiptTender, ...]
    goods: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    rounding: Money
    paid: Money
    customer: str = ""
    return_of: tuple[str, ...] = ()
    seal: str = ""
    copy: int = 0


@dataclass(frozen=True, slots=True)
class ShiftDocument:
    """An X report (still open) or a Z report.

    Attributes:
        figures: as stored with the shift, minor units (see ``desktop.usecases.shift_figures``).
        opened, closed: local date and time; ``closed`` is empty on an X report.
    """

    store_name: str
    till_name: str
    number: int
    business_date: str
    opened: str
    opened_by: str
    closed: str
    closed_by: str
    currency: str
    opening_float: Money
    expected: Money
    counted: Money | None
    difference: Money | None
    figures: Mapping[str, object]
    parked: int = 0
