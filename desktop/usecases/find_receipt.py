"""Finding a sealed sale by its receipt number, and printing it again."""

from __future__ import annotations

from typing import Any

from desktop.replica.queries.shop import store_facts
from desktop.replica.queries.sold import returned_quantities, sales_by_receipt
from desktop.replica.repositories.device_values import device_value, save_device_value
from desktop.usecases.issue_receipt import receipt_document, receipt_view
from desktop.usecases.station import Station
from desktop.usecases.till_state import ReceiptView
from desktop.usecases.till_views import SoldLineView, SoldView
from shared.clock import datetime_at
from shared.errors import UserError
from shared.money import Money, UnitPrice, currency
from shared.payments import payment_method
from shared.permissions import Permission, is_allowed
from shared.quantity import Quantity, Unit
from shared.sales import SealedSale, returnable_lines

_COPIES_KEY = "receipt_copies"
_COPIES_REMEMBERED = 200


def find_receipt(station: Station, number: str) -> SoldView:
    """A sealed sale of any store this till holds, and what may still come back.

    Raises:
        UserError: ``receipt_unknown``, ``not_logged_in``, ``not_allowed``.
    """
    station.refresh()
    _require_looking(station)
    with station.replica.read() as connection:
        sale = sale_with_number(connection, number)
        already = returned_quantities(connection, [line.id for line in sale.lines])
        store = store_facts(connection, sale.store_id)
        document = receipt_document(station, connection, sale, copy=_copies(connection, sale) + 1)
    money = currency(sale.currency)
    left = {each.line.id: each.left for each in returnable_lines(sale, already)}
    return SoldView(
        sale_id=sale.id,
        number=sale.receipt_number,
        kind=str(sale.kind),
        store_name="" if store is None else store.name,
        business_date=sale.business_date.isoformat(),
        sold_at=datetime_at(sale.sealed_at, sale.time_zone).strftime("%Y-%m-%d %H:%M"),
        total=Money(sale.total, money),
        lines=tuple(
            SoldLineView(
                id=line.id,
                number=line.number,
                sku=line.sku,
                name=line.name,
                quantity=str(Quantity(line.quantity)),
                unit=line.unit,
                unit_price=str(UnitPrice(line.unit_price_micro, money)),
                total=Money(line.total, money),
                returnable=str(left.get(line.id, Quantity(0, Unit(line.unit)))),
            )
            for line in sale.lines
            if line.removed_at is None
        ),
        methods=tuple(payment_method(tender.method).name for tender in sale.tenders),
        text=station.equipment.forms.receipt(document),
    )


def print_copy(station: Station, number: str) -> ReceiptView:
    """Print a receipt again; each copy says which one it is.

    Raises:
        UserError: ``receipt_unknown``, ``not_logged_in``.
        EnvironmentFailure: ``printer_failed``; the copy was counted.
    """
    station.refresh()
    _require_looking(station)
    with station.replica.write() as work:
        sale = sale_with_number(work.connection, number)
        copy = _copies(work.connection, sale) + 1
        _remember_copy(work.connection, sale, copy)
        document = receipt_document(station, work.connection, sale, copy=copy)
    station.equipment.printer.print_receipt(document)
    return receipt_view(station, document)


def receipt_pdf(station: Station, number: str) -> bytes:
    """A receipt as PDF; it carries the number of copies printed so far. Raises ``UserError`` ``receipt_unknown``."""
    station.refresh()
    _require_looking(station)
    with station.replica.read() as connection:
        sale = sale_with_number(connection, number)
        document = receipt_document(station, connection, sale, copy=_copies(connection, sale))
    return station.equipment.forms.receipt_pdf(document)


def sale_with_number(connection: Any, number: str) -> SealedSale:
    """The sale with a receipt number, as printed, in any case of letters.

    Raises:
        UserError: ``receipt_unknown``.
    """
    typed = number.strip()
    for text in dict.fromkeys((typed, typed.upper())):
        found = sales_by_receipt(connection, text)
        if found:
            return found[0]
    raise UserError(
        "receipt_unknown",
        f"Receipt {typed[:40]} is not on this till. Check the number as it is printed, such as HS-2-004182.",
        receipt=typed[:40],
    )


def _require_looking(station: Station) -> None:
    """Pass if somebody is logged in who may take goods back or see sales."""
    person = station.person()
    if not is_allowed(person.role, Permission.SEE_SALES):
        station.require(Permission.RETURN_WITH_RECEIPT)


def _copies(connection: Any, sale: SealedSale) -> int:
    """How many copies of a receipt this till printed."""
    kept = device_value(connection, _COPIES_KEY)
    return int(kept.get(str(sale.id), 0)) if isinstance(kept, dict) else 0


def _remember_copy(connection: Any, sale: SealedSale, copy: int) -> None:
    """Count a copy; only the receipts copied last are remembered."""
    kept = device_value(connection, _COPIES_KEY)
    counts = dict(kept) if isinstance(kept, dict) else {}
    counts.pop(str(sale.id), None)
    counts[str(sale.id)] = copy
    newest = dict(list(counts.items())[-_COPIES_REMEMBERED:])
    save_device_value(connection, _COPIES_KEY, newest)
