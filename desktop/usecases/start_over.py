"""Giving a basket up, and putting a notice or a finished receipt out of sight."""

from __future__ import annotations

from dataclasses import replace

from desktop.usecases.open_sale import OpenSale
from desktop.usecases.station import Station
from shared.errors import UserError


def clear_basket(station: Station) -> None:
    """Give up every line, discount and the customer.

    Raises:
        UserError: ``payment_started`` while payments are taken, ``payment_unresolved``, ``not_logged_in``.
    """
    with station.step() as step:
        station.require_selling()
        refuse_while_paying(step.sale)
        if not step.sale.is_untouched or step.sale.refusal:
            step.sale = OpenSale(station.fresh_basket())
    station.finished = None


def refuse_while_paying(sale: OpenSale) -> None:
    """Pass when no money is on the counter.

    Raises:
        UserError: ``payment_unresolved``, ``payment_started``.
    """
    refuse_unresolved(sale)
    if sale.tenders:
        raise UserError("payment_started", "A payment was taken. Complete the sale or give the payment back first.")


def refuse_unresolved(sale: OpenSale) -> None:
    """Pass when no card payment hangs in the air.

    Raises:
        UserError: ``payment_unresolved``.
    """
    if sale.pending is not None:
        raise UserError(
            "payment_unresolved",
            f"The card terminal did not say what became of {sale.pending.amount}. Ask it for the same payment again.",
            method=sale.pending.method,
            amount=str(sale.pending.amount),
        )


def dismiss_refusal(station: Station) -> None:
    """Take note of the standing notice; nothing happens where there is none."""
    with station.step() as step:
        if step.sale.refusal:
            step.sale = replace(step.sale, refusal="", blocks_payment=False)


def dismiss_receipt(station: Station) -> None:
    """Put the finished receipt out of sight."""
    station.finished = None
