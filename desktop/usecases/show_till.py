"""The picture of the till: everything its screen shows and a script's ``state`` answers, from the replica alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desktop.replica.queries.buyers import buyer_by_id
from desktop.replica.queries.goods import ShelfStock, shelf_stock
from desktop.replica.queries.shifts import parked_count
from desktop.replica.queries.shop import waiting_mutations
from desktop.replica.repositories.device_values import device_value
from desktop.replica.repositories.receipt_numbers import next_number
from desktop.usecases.connection_words import connection_view
from desktop.usecases.line_words import line_notes
from desktop.usecases.shift_figures import COUNT_KEY
from desktop.usecases.station import Station, Step
from desktop.usecases.tender_words import tender_detail
from desktop.usecases.till_state import (
    CustomerView,
    LineView,
    Phase,
    ShiftView,
    TaxView,
    TenderView,
    TillState,
    TotalsView,
)
from shared.money import Money, currency
from shared.payments import payment_method
from shared.permissions import PERMISSIONS_BY_ROLE, Role
from shared.quantity import Unit
from shared.sales import BasketLine, PricedBasket, PricedLine, Settlement, receipt_number


def show_till(station: Station) -> TillState:
    """The state of the till now."""
    with station.replica.read() as connection:
        station.refresh_on(connection)
        if station.facts is None:
            return _not_enrolled(station)
        store, identity, sale = station.store, station.identity, station.sale
        priced, settlement = station.priced(), station.settled()
        stock = shelf_stock(connection, store.id, _stocked(priced), identity.projected_number)
        customer = _customer(station, connection)
        shift = _shift(station, is_counted=device_value(connection, COUNT_KEY) is not None)
        number = next_number(connection, identity.receipt_series)
        parked = parked_count(connection, store.id)
        waiting = waiting_mutations(connection)
    paying = bool(sale.tenders) or sale.pending is not None
    selected = sale.selected_line()
    return TillState(
        phase=_phase(station),
        store_name=store.name,
        till_name=identity.name,
        currency=store.currency.code,
        connection=connection_view(station, waiting),
        user_name="" if station.user is None else station.user.display_name,
        user_role="" if station.user is None else station.user.role,
        shift=shift,
        sale_number=_sale_number(station, number),
        lines=tuple(_line(station, line, stock) for line in priced.lines),
        selected_line=None if selected is None else selected.id,
        totals=None if not priced.lines else _totals(priced, settlement),
        customer=customer,
        tenders=tender_views(station),
        remaining=settlement.remaining if paying else None,
        change=settlement.change if paying else None,
        receipt=station.finished,
        parked=parked,
        is_return=priced.totals.total.is_negative,
        refusal=sale.refusal,
        blocks_payment=sale.blocks_payment,
        permissions=_permissions(station),
    )


def level_in(step: Step, line: BasketLine) -> Mapping[UUID, ShelfStock]:
    """The stock behind a line, read in the step that changes it."""
    if line.variant_id is None:
        return {}
    station = step.station
    return shelf_stock(step.work.connection, station.store.id, [line.variant_id], station.identity.projected_number)


def line_view(station: Station, line: BasketLine, stock: Mapping[UUID, ShelfStock]) -> LineView:
    """One line of the basket as committed and as the screen shows it."""
    return _line(station, station.priced().line(line.id), stock)


def tender_views(station: Station) -> tuple[TenderView, ...]:
    """The payments taken, in order."""
    return tuple(
        TenderView(
            number=number,
            method=taken.tender.method,
            label=payment_method(taken.tender.method).name,
            amount=taken.tender.amount,
            detail=tender_detail(taken.tender.reference),
        )
        for number, taken in enumerate(station.sale.tenders, start=1)
    )


def _not_enrolled(station: Station) -> TillState:
    return TillState(
        phase=Phase.NOT_ENROLLED,
        store_name="",
        till_name="",
        currency="",
        connection=connection_view(station, 0),
    )


def _phase(station: Station) -> Phase:
    sale = station.sale
    if station.user is None:
        return Phase.LOGGED_OUT
    if station.shift is None:
        return Phase.NO_SHIFT
    if sale.tenders or sale.pending is not None:
        return Phase.PAYING
    if station.finished is not None and not sale.basket.lines:
        return Phase.DONE
    return Phase.SELLING


def _line(station: Station, priced: PricedLine, stock: Mapping[UUID, ShelfStock]) -> LineView:
    line = priced.line
    known = None if line.variant_id is None else stock.get(line.variant_id)
    return LineView(
        id=line.id,
        number=line.number,
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.name,
        quantity=str(line.quantity),
        is_weighed=line.quantity.unit is not Unit.PIECE,
        unit_price=str(line.unit_price),
        total=priced.total,
        notes=line_notes(station, priced, known),
        is_removed=line.is_removed,
    )


def _sale_number(station: Station, number: int) -> str:
    """The receipt number that is next; an office desk has none."""
    identity = station.identity
    if identity.kind != "till":
        return ""
    return receipt_number(station.store.code, identity.number, identity.receipt_series, number)


def _stocked(priced: PricedBasket) -> list[UUID]:
    return [line.variant_id for line in priced.basket.active_lines if line.variant_id is not None]


def _totals(priced: PricedBasket, settlement: Settlement) -> TotalsView:
    totals = priced.totals
    return TotalsView(
        goods=totals.goods,
        discount=totals.discount,
        net=totals.net,
        tax=totals.tax,
        total=totals.total,
        rounding=settlement.rounding,
        to_pay=totals.total + settlement.rounding,
        pieces=totals.pieces,
        taxes=tuple(TaxView(tax.code, tax.name, tax.base, tax.tax) for tax in totals.taxes),
    )


def _customer(station: Station, connection: Any) -> CustomerView | None:
    basket = station.sale.basket
    if basket.customer_id is not None:
        buyer = buyer_by_id(connection, basket.customer_id)
        if buyer is None:
            return CustomerView(basket.customer_id, "", basket.customer_name)
        return CustomerView(buyer.id, buyer.number, buyer.name, buyer.points)
    if basket.customer_reference:
        return CustomerView(None, basket.customer_reference, "", is_known=False)
    return None


def _shift(station: Station, *, is_counted: bool) -> ShiftView | None:
    shift = station.shift
    if shift is None:
        return None
    return ShiftView(
        number=shift.number,
        business_date=shift.business_date.isoformat(),
        opened_at=station.local_time(shift.opened_at),
        opening_float=Money(shift.opening_float, currency(shift.currency)),
        is_counted=is_counted,
    )


def _permissions(station: Station) -> frozenset[str]:
    role = "" if station.user is None else station.user.role
    if role not in set(Role):
        return frozenset()
    return frozenset(str(permission) for permission in PERMISSIONS_BY_ROLE[Role(role)])
