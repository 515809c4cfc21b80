"""The invoice lines of a file, as they stand in it: CSV, plain or Zstandard-compressed.

Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (local time), UnitPrice (pounds), CustomerID, Country.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import zstandard

from shared.errors import UserError

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of the file.

    Attributes:
        row: 1-based row of the file, the heading not counted.
        code: the stock code in capitals; the file writes some codes both ways.
        quantity: whole pieces, negative for what went back or was written off.
        unit_price: pounds, exact as written.
        customer: the customer's number without its decimal tail, empty where the file has none.
    """

    row: int
    invoice: str
    code: str
    description: str
    quantity: int
    at: datetime
    unit_price: Decimal
    customer: str
    country: str

    @property
    def value(self) -> Decimal:
        """Quantity × unit price, unrounded."""
        return self.quantity * self.unit_price


def read_lines(path: Path, first: date | None = None, last: date | None = None) -> list[InvoiceLine]:
    """The lines of ``path`` whose invoice date lies in ``[first, last]``, in the file's order.

    Raises:
        UserError: ``data_unreadable`` when the file is missing or has other columns; ``data_row_invalid``.
    """
    try:
        with path.open("rb") as raw:
            stream = zstandard.ZstdDecompressor().stream_reader(raw) if path.suffix == ".zst" else raw
            text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
            return [line for line in _parse(text) if _is_wanted(line.at.date(), first, last)]
    except (OSError, zstandard.ZstdError, UnicodeDecodeError) as error:
        raise UserError("data_unreadable", f"The file {path} can’t be read: {error}.") from error


def _is_wanted(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)


def _parse(text: io.TextIOWrapper) -> Iterator[InvoiceLine]:
    reader = csv.DictReader(text)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UserError("data_unreadable", f"The file has no column {', '.join(missing)}.", missing=missing)
    for row, values in enumerate(reader, start=1):
        try:
            yield InvoiceLine(
                row=row,
                invoice=values["InvoiceNo"].strip(),
                code=values["StockCode"].strip().upper(),
                description=" ".join(values["Description"].split()),
                quantity=int(values["Quantity"]),
                at=datetime.fromisoformat(values["InvoiceDate"]),
                unit_price=Decimal(values["UnitPrice"]),
                customer=values["CustomerID"].strip().removesuffix(".0"),
                country=values["Country"].strip(),
            )
        except (ValueError, InvalidOperation) as error:
            raise UserError("data_row_invalid", f"Row {row} of the file can’t be read: {error}.", row=row) from error
