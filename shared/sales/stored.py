"""A sealed sale put together again from its stored rows, so that anybody who holds them can verify its seal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from shared.sales.sealed import (
    SaleKind,
    SealedDiscount,
    SealedLine,
    SealedLineTax,
    SealedSale,
    SealedTax,
    SealedTender,
)

StoredRow = Mapping[str, Any]
"""A row's values by column, as the mapped classes have them."""

_OWNED = frozenset({"lines", "taxes", "tenders"})
_SALE_FIELDS = tuple(field.name for field in fields(SealedSale) if field.name not in _OWNED)
_LINE_FIELDS = tuple(field.name for field in fields(SealedLine))
_TAX_FIELDS = tuple(field.name for field in fields(SealedTax))
_TENDER_FIELDS = tuple(field.name for field in fields(SealedTender))


def stored_sale(
    root: StoredRow, lines: Iterable[StoredRow], taxes: Iterable[StoredRow], tenders: Iterable[StoredRow]
) -> SealedSale:
    """The sale equal to the one that was sealed; rows may come in any order.

    Raises:
        BugError: ``stored_tax_invalid`` or ``stored_discount_invalid``.
    """
    ordered = tuple(_line(row) for row in sorted(lines, key=_number))
    values = {name: root[name] for name in _SALE_FIELDS}
    values["kind"] = SaleKind(values["kind"])
    return SealedSale(
        **values,
        lines=ordered,
        taxes=in_sealed_order((SealedTax(**_chosen(row, _TAX_FIELDS)) for row in taxes), ordered),
        tenders=tuple(SealedTender(**_chosen(row, _TENDER_FIELDS)) for row in sorted(tenders, key=_number)),
    )


def in_sealed_order(taxes: Iterable[SealedTax], lines: Sequence[SealedLine]) -> tuple[SealedTax, ...]:
    """A sale's taxes in the order in which its lines name them, which is the order they were sealed in."""
    places: dict[tuple[str, int], int] = {}
    for line in lines:
        for tax in line.taxes:
            places.setdefault((tax.code, tax.rate_ppm), len(places))
    return tuple(sorted(taxes, key=lambda tax: places.get((tax.code, tax.rate_ppm), len(places))))


def _line(row: StoredRow) -> SealedLine:
    values = _chosen(row, _LINE_FIELDS)
    values["taxes"] = tuple(SealedLineTax.from_json(tax) for tax in values["taxes"])
    values["discounts"] = tuple(SealedDiscount.from_json(discount) for discount in values["discounts"])
    return SealedLine(**values)


def _chosen(row: StoredRow, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _number(row: StoredRow) -> int:
    return int(row["number"])
