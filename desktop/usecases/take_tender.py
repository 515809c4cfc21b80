"""Taking payments, one at a time, and giving one back before the sale is sealed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from desktop.usecases.open_sale import OpenSale, PendingPayment, TakenTender
from desktop.usecases.ports import Outcome, TerminalAnswer
from desktop.usecases.show_till import tender_views
from desktop.usecases.start_over import refuse_unresolved
from desktop.usecases.station import Station, Step, settlement_of
from desktop.usecases.till_state import TenderView
from shared.errors import UserError
from shared.ids import derived_id
from shared.money import Money
from shared.payments import CARD, payment_method
from shared.sales import Tender, price_basket


def take_tender(station: Station, method: str, amount: Money | None, reference: Mapping[str, str]) -> TenderView:
    """Take a payment of ``amount``, or of all that is left.

    A card payment is noted before the terminal is asked, so that a crash or a silent terminal never takes the money
    twice; one that came without an answer is asked about again by asking for the same payment.

    Raises:
        UserError: ``basket_empty``, ``refusal_open``, ``tender_not_positive``, ``tender_exceeds_remaining``,
            ``payment_method_unknown``, ``payment_declined``, ``payment_unresolved``, ``card_number_refused``.
    """
    if station.sale.pending is not None or _uses_terminal(station, method, reference):
        _take_by_terminal(station, method, amount)
    else:
        with station.step() as step:
            payable(step)
            add_tender(step, station.ids.new(), method, amount, reference)
    return tender_views(station)[-1]


def remove_tender(station: Station, number: int | None) -> None:
    """Give a payment back; None: the last one. A card payment goes back through the terminal.

    Raises:
        UserError: ``tender_unknown``, ``payment_unresolved``, ``payment_declined``.
    """
    station.require_selling()
    refuse_unresolved(station.sale)
    taken = _taken(station.sale, number)
    if _by_terminal(taken):
        answer = station.equipment.terminal.pay(_reversal_id(taken.id), -taken.tender.amount)
        if answer.outcome is not Outcome.APPROVED:
            raise UserError(
                "payment_declined",
                f"The terminal did not give {taken.tender.amount} back: {answer.message or 'no answer'}. Ask again.",
            )
    with station.step() as step:
        step.sale = replace(step.sale, tenders=tuple(each for each in step.sale.tenders if each.id != taken.id))


def payable(step: Step) -> None:
    """Pass when the basket may be paid for.

    Raises:
        UserError: ``basket_empty``, ``refusal_open``, ``not_logged_in``, ``not_allowed``, ``shift_not_open``.
    """
    step.station.require_selling()
    if step.sale.basket.is_empty:
        raise UserError("basket_empty", "The basket is empty. Scan something first.")
    if step.sale.blocks_payment:
        raise UserError("refusal_open", f"{step.sale.refusal} Dismiss this first.")


def add_tender(
    step: Step, tender_id: uuid.UUID, method: str, amount: Money | None, reference: Mapping[str, str]
) -> None:
    """Put a payment on the counter; raises the errors of ``shared.sales.settle``."""
    tender = Tender(method, amount if amount is not None else left_to_pay(step, method), dict(reference))
    step.sale = replace(step.sale, tenders=(*step.sale.tenders, TakenTender(tender_id, tender)))
    settlement_of(step.sale, price_basket(step.sale.basket), step.station.store.cash_step)


def left_to_pay(step: Step, method: str) -> Money:
    """What is left if it is paid so: rounded to coins for cash."""
    settlement = settlement_of(step.sale, price_basket(step.sale.basket), step.station.store.cash_step)
    left = settlement.cash_remaining if payment_method(method).rounds_cash else settlement.remaining
    return abs(left)


def _uses_terminal(station: Station, method: str, reference: Mapping[str, str]) -> bool:
    """Whether the terminal is to be asked: a card payment that did not come with its authorisation already."""
    return method == CARD.code and not reference and station.equipment.terminal.is_attached


def _take_by_terminal(station: Station, method: str, amount: Money | None) -> None:
    """Note the payment, ask the terminal outside of any transaction, then keep what it said."""
    pending = station.sale.pending
    if pending is None:
        with station.step() as step:
            payable(step)
            add_tender(step, station.ids.new(), method, amount, {})
            last = step.sale.tenders[-1]
            pending = PendingPayment(last.id, method, last.tender.amount)
            step.sale = replace(step.sale, tenders=step.sale.tenders[:-1], pending=pending)
        answer = station.equipment.terminal.pay(pending.id, pending.amount)
    else:
        station.require_selling()
        _check_same(pending, method, amount)
        answer = station.equipment.terminal.query(pending.id)
    _keep_answer(station, pending, answer)


def _check_same(pending: PendingPayment, method: str, amount: Money | None) -> None:
    """Only the payment that hangs in the air may be asked about."""
    if method != pending.method or amount not in (None, pending.amount):
        raise UserError(
            "payment_unresolved",
            f"First ask the card terminal again about {pending.amount}.",
            method=pending.method,
            amount=str(pending.amount),
        )


def _keep_answer(station: Station, pending: PendingPayment, answer: TerminalAnswer) -> None:
    """Approved: a payment. Declined: nothing happened. No answer: it stays in the air."""
    if answer.outcome is Outcome.UNKNOWN:
        raise UserError(
            "payment_unresolved",
            f"The terminal did not say whether {pending.amount} was paid. Ask for the same payment again.",
            method=pending.method,
            amount=str(pending.amount),
        )
    with station.step() as step:
        step.sale = replace(step.sale, pending=None)
        if answer.outcome is Outcome.APPROVED:
            tender = Tender(pending.method, pending.amount, dict(answer.reference))
            step.sale = replace(step.sale, tenders=(*step.sale.tenders, TakenTender(pending.id, tender)))
    if answer.outcome is Outcome.DECLINED:
        raise UserError("payment_declined", f"The card was declined: {answer.message or 'no reason given'}.")


def _taken(sale: OpenSale, number: int | None) -> TakenTender:
    index = len(sale.tenders) if number is None else number
    if not 1 <= index <= len(sale.tenders):
        raise UserError("tender_unknown", "There is no such payment to give back.", number=number)
    return sale.tenders[index - 1]


def _by_terminal(taken: TakenTender) -> bool:
    return taken.tender.method == CARD.code and "terminal" in taken.tender.reference


def _reversal_id(payment_id: uuid.UUID) -> uuid.UUID:
    """The same id each time the same payment is given back."""
    return derived_id("reversal", payment_id)
