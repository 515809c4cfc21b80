"""From a sealed sale to the receipt: the document, its text, the printer and the drawer."""

from __future__ import annotations

from typing import Any

from desktop.replica.queries.buyers import buyer_by_id
from desktop.replica.queries.shop import device_name
from desktop.replica.queries.sold import receipt_numbers_of
from desktop.usecases.open_drawer import open_drawer
from desktop.usecases.receipt_document import ReceiptDocument, ReceiptLine, ReceiptTax, ReceiptTender
from desktop.usecases.station import Station
from desktop.usecases.tender_words import tender_detail
from desktop.usecases.till_state import ReceiptView
from desktop.usecases.trouble import note_trouble
from shared.clock import datetime_at
from shared.errors import EnvironmentFailure
from shared.money import Money, UnitPrice, currency
from shared.payments import payment_method
from shared.quantity import Quantity, Unit
from shared.sales import SealedLine, SealedSale, SealedTender

_SEAL_SHOWN_BYTES = 6
_WHEN = "%Y-%m-%d %H:%M"


def hand_out(station: Station, sale: SealedSale) -> ReceiptView:
    """Print the receipt of a sale that is safe on disk, and open the drawer if money belongs into it."""
    with station.replica.read() as connection:
        document = receipt_document(station, connection, sale)
    if any(payment_method(tender.method).opens_drawer for tender in sale.tenders):
        open_drawer(station, f"receipt {sale.receipt_number}")
    try:
        station.equipment.printer.print_receipt(document)
    except EnvironmentFailure as failure:
        note_trouble(station, failure)
    return receipt_view(station, document)


def receipt_view(station: Station, document: ReceiptDocument) -> ReceiptView:
    """The receipt as the screen shows it."""
    change = sum(tender.change.amount for tender in document.tenders)
    return ReceiptView(
        sale_id=document.sale_id,
        number=document.number,
        total=document.total,
        change=Money(change, document.total.currency),
        text=station.equipment.forms.receipt(document),
        rounding=document.rounding,
    )


def receipt_document(station: Station, connection: Any, sale: SealedSale, copy: int = 0) -> ReceiptDocument:
    """Everything that stands on the receipt, from what was stored; ``copy`` is 0 for the original."""
    facts, money = station.known, currency(sale.currency)
    buyer = None if sale.customer_id is None else buyer_by_id(connection, sale.customer_id)
    lines = tuple(line for line in sale.lines if line.removed_at is None)
    origins = {line.return_of_sale_id for line in lines if line.return_of_sale_id is not None}
    return ReceiptDocument(
        sale_id=sale.id,
        kind=str(sale.kind),
        number=sale.receipt_number,
        store_name=facts.store.name,
        store_address=facts.store.address,
        tax_number=facts.store.tax_number,
        header=facts.store.receipt_header,
        footer=facts.store.receipt_footer,
        till_name=device_name(connection, sale.device_id) or facts.identity.name,
        cashier=facts.people.get(sale.cashier_id, ""),
        business_date=sale.business_date.isoformat(),
        sealed_at=datetime_at(sale.sealed_at, sale.time_zone).strftime(_WHEN),
        lines=tuple(_line(line, sale) for line in lines),
        taxes=tuple(
            ReceiptTax(tax.name, Money(tax.base, money), Money(tax.tax, money), _is_included(sale, tax.code))
            for tax in sale.taxes
        ),
        tenders=tuple(_tender(tender, sale) for tender in sale.tenders),
        goods=Money(sale.goods_total, money),
        discount=Money(sale.discount_total, money),
        net=Money(sale.net_total, money),
        tax=Money(sale.tax_total, money),
        total=Money(sale.total, money),
        rounding=Money(sale.rounding_total, money),
        paid=Money(sale.total + sale.rounding_total, money),
        customer=sale.customer_reference if buyer is None else f"{buyer.name} · {buyer.number}",
        return_of=tuple(sorted(receipt_numbers_of(connection, list(origins)).values())),
        seal=sale.seal[:_SEAL_SHOWN_BYTES].hex(),
        copy=copy,
    )


def _line(line: SealedLine, sale: SealedSale) -> ReceiptLine:
    money = currency(sale.currency)
    return ReceiptLine(
        number=line.number,
        name=line.name,
        sku=line.sku,
        quantity=str(Quantity(line.quantity)),
        unit=str(Unit(line.unit)),
        unit_price=str(UnitPrice(line.unit_price_micro, money)),
        gross=Money(line.gross, money),
        discount=Money(line.discount, money),
        total=Money(line.total, money),
        note=line.note,
    )


def _tender(tender: SealedTender, sale: SealedSale) -> ReceiptTender:
    money = currency(sale.currency)
    return ReceiptTender(
        label=payment_method(tender.method).name,
        given=Money(tender.given, money),
        change=Money(tender.change, money),
        amount=Money(tender.amount, money),
        detail=tender_detail(tender.reference),
    )


def _is_included(sale: SealedSale, code: str) -> bool:
    return all(tax.included for line in sale.lines for tax in line.taxes if tax.code == code)
