"""Sealing a sale: number, journal, stock, what is to be sent and the cleared counter in one transaction.

Only when that is on the disk does anything print or open.
"""

from __future__ import annotations

from desktop.replica.repositories.receipt_numbers import last_seal, save_seal, take_number
from desktop.replica.repositories.sealed_sales import record_sale
from desktop.usecases.issue_receipt import hand_out
from desktop.usecases.open_sale import OpenSale
from desktop.usecases.start_over import refuse_unresolved
from desktop.usecases.station import Station, Step, settlement_of
from desktop.usecases.take_tender import add_tender, left_to_pay, payable
from desktop.usecases.till_state import ReceiptView
from shared.errors import UserError
from shared.money import Money
from shared.payments import CASH
from shared.sales import PricedBasket, ReceiptNumber, SaleHeader, SealedSale, Settlement, first_seal, price_basket, seal


def complete_sale(station: Station) -> ReceiptView:
    """Seal the sale that is paid.

    Raises:
        UserError: ``basket_empty``, ``payment_incomplete``, ``payment_unresolved``, ``refusal_open``,
            ``not_logged_in``, ``not_allowed``, ``shift_not_open``.
    """
    with station.step() as step:
        sealed = _seal_open_sale(step)
    return _finished(station, sealed)


def take_cash_and_complete(station: Station, given: Money | None) -> ReceiptView:
    """Take all that is left in cash (or ``given``, with change) and seal, all in one transaction.

    Raises:
        UserError: as ``complete_sale``, and ``tender_not_positive``.
    """
    with station.step() as step:
        payable(step)
        refuse_unresolved(step.sale)
        if given is not None or left_to_pay(step, CASH.code).is_positive:
            add_tender(step, station.ids.new(), CASH.code, given, {})
        sealed = _seal_open_sale(step)
    return _finished(station, sealed)


def seal_in(step: Step, priced: PricedBasket, settlement: Settlement) -> SealedSale:
    """Seal a settled basket in the step's transaction: numbered, chained, recorded, its stock expected to move."""
    station = step.station
    identity, shift = station.identity, station.running_shift()
    connection = step.work.connection
    series = identity.receipt_series
    receipt = ReceiptNumber(station.store.code, identity.number, series, take_number(connection, series))
    header = SaleHeader(
        store_id=station.store.id,
        device_id=identity.device_id,
        shift_id=shift.id,
        receipt=receipt,
        business_date=shift.business_date,
        sealed_at=station.clock.now(),
        time_zone=station.store.time_zone,
        cashier_id=station.person().id,
        catalogue_position=station.known.position,
    )
    previous = last_seal(connection, series) or first_seal(identity.device_id, series)
    sealed = seal(
        priced,
        settlement,
        header,
        previous,
        sale_id=station.ids.new(),
        line_ids=[station.ids.new() for _ in priced.lines],
    )
    save_seal(connection, series, sealed.seal)
    record_sale(step.work, sealed)
    return sealed


def _seal_open_sale(step: Step) -> SealedSale:
    payable(step)
    refuse_unresolved(step.sale)
    priced = price_basket(step.sale.basket, step.station.priced_before(step.sale.basket))
    settlement = settlement_of(step.sale, priced, step.station.store.cash_step)
    if not settlement.is_complete:
        left = abs(settlement.remaining)
        raise UserError("payment_incomplete", f"{left} is still to be paid. Take a payment first.", remaining=str(left))
    sealed = seal_in(step, priced, settlement)
    step.sale = OpenSale(step.station.fresh_basket())
    return sealed


def _finished(station: Station, sealed: SealedSale) -> ReceiptView:
    station.finished = hand_out(station, sealed)
    return station.finished
