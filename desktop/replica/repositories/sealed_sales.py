"""Writing a sealed sale: its rows, what the server is told, and the stock it is expected to move."""

from __future__ import annotations

from dataclasses import fields

from desktop.replica.unit_of_work import UnitOfWork
from shared.sales import SealedLine, SealedSale, SealedTax, SealedTender
from shared.stock import movements_of_sale

_OWNED = frozenset({"lines", "taxes", "tenders"})
_SALE_FIELDS = tuple(field.name for field in fields(SealedSale) if field.name not in _OWNED)
_LINE_FIELDS = tuple(field.name for field in fields(SealedLine))
_TAX_FIELDS = tuple(field.name for field in fields(SealedTax))
_TENDER_FIELDS = tuple(field.name for field in fields(SealedTender))


def record_sale(work: UnitOfWork, sale: SealedSale) -> int:
    """Write a sealed sale and its mutation, and lay its stock movements over the pulled levels; gives the number."""
    root = {name: getattr(sale, name) for name in _SALE_FIELDS}
    root["kind"] = str(sale.kind)
    number = work.record(
        "sale",
        root,
        {
            "sale_line": [_line_row(sale, line) for line in sale.lines],
            "sale_tax": [{"sale_id": sale.id, **_row(tax, _TAX_FIELDS)} for tax in sale.taxes],
            "sale_tender": [
                {"sale_id": sale.id, **_row(tender, _TENDER_FIELDS), "reference": dict(tender.reference)}
                for tender in sale.tenders
            ],
        },
    )
    work.expect_stock(
        number,
        [(sale.store_id, movement.variant_id, movement.quantity) for movement in movements_of_sale(sale.lines)],
    )
    return number


def _line_row(sale: SealedSale, line: SealedLine) -> dict[str, object]:
    return {
        "sale_id": sale.id,
        **_row(line, _LINE_FIELDS),
        "taxes": [tax.as_json() for tax in line.taxes],
        "discounts": [discount.as_json() for discount in line.discounts],
    }


def _row(value: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(value, name) for name in names}
