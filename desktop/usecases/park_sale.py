"""Putting a basket aside and taking it up again, here or at another till of the store."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from desktop.replica.queries.parking import ParkedRow, parked_basket, parked_baskets
from desktop.replica.queries.shop import device_name
from desktop.usecases.basket_record import Record, basket_head_record, line_record, read_basket, read_line
from desktop.usecases.open_sale import OpenSale
from desktop.usecases.start_over import refuse_while_paying
from desktop.usecases.station import Station, Step
from desktop.usecases.till_views import ParkedView
from shared.errors import UserError
from shared.limits import NAME_MAX_CHARACTERS
from shared.money import Money, currency
from shared.permissions import Permission
from shared.sales import Basket, price_basket


def park_sale(station: Station, label: str) -> uuid.UUID:
    """Put the basket aside; gives its id.

    Raises:
        UserError: ``basket_empty``, ``payment_started``, ``payment_unresolved``, ``not_allowed``.
    """
    with station.step() as step:
        station.require_selling()
        person = station.require(Permission.PARK)
        refuse_while_paying(step.sale)
        basket = step.sale.basket
        if basket.is_empty:
            raise UserError("basket_empty", "There is nothing to park. Scan something first.")
        parked_id = station.ids.new()
        row = {
            "id": parked_id,
            "store_id": station.store.id,
            "device_id": station.identity.device_id,
            "label": (label.strip() or basket.customer_name or basket.customer_reference)[:NAME_MAX_CHARACTERS],
            "parked_at": station.clock.now(),
            "parked_by": person.id,
            "total": price_basket(basket).totals.total.amount,
            "currency": basket.currency.code,
            "basket": _basket_record(basket),
        }
        step.work.create("parked_sale", row)
        step.sale = OpenSale(station.fresh_basket())
    station.finished = None
    return parked_id


def recall_sale(station: Station, parked_id: uuid.UUID | None) -> None:
    """Take a parked basket up again; None: the one parked last.

    Raises:
        UserError: ``basket_not_empty``, ``parked_unknown``, ``parked_taken``, ``not_allowed``.
    """
    with station.step() as step:
        station.require_selling()
        station.require(Permission.PARK)
        if not step.sale.basket.is_empty:
            raise UserError("basket_not_empty", "Finish or park the basket on the counter first.")
        refuse_while_paying(step.sale)
        row = _wanted(step, parked_id)
        step.work.edit(
            "parked_sale",
            row.id,
            {"taken_by_device_id": station.identity.device_id, "taken_at": station.clock.now()},
            edited_by=station.who(),
        )
        step.sale = OpenSale(_read_parked(station, row))
    station.finished = None


def parked_sales(station: Station) -> tuple[ParkedView, ...]:
    """The baskets parked in this store, the newest first. Raises ``UserError`` ``not_logged_in``."""
    station.person()
    facts = station.known
    with station.replica.read() as connection:
        rows = parked_baskets(connection, facts.store.id)
        tills = {row.device_id: device_name(connection, row.device_id) for row in rows}
    return tuple(
        ParkedView(
            id=row.id,
            label=row.label,
            parked_at=station.local_time(row.parked_at),
            parked_by=", ".join(part for part in (facts.people.get(row.parked_by, ""), tills[row.device_id]) if part),
            total=Money(row.total, currency(row.currency)),
            pieces=_pieces_text(row),
        )
        for row in rows
    )


def _wanted(step: Step, parked_id: uuid.UUID | None) -> ParkedRow:
    """The parked basket that is meant and free."""
    connection = step.work.connection
    if parked_id is None:
        rows = parked_baskets(connection, step.station.store.id)
        row = rows[0] if rows else None
    else:
        row = parked_basket(connection, parked_id)
    if row is None:
        raise UserError("parked_unknown", "No basket is parked here under that name.", parked=str(parked_id or ""))
    if not row.is_free:
        raise UserError("parked_taken", "That basket was taken up already.", parked=str(row.id))
    return row


def _basket_record(basket: Basket) -> Record:
    return {"head": basket_head_record(basket), "lines": [line_record(line) for line in basket.lines]}


def _read_parked(station: Station, row: ParkedRow) -> Basket:
    """The basket with ids of its own: whoever else recalls the same basket offline seals another sale."""
    basket: Mapping[str, Any] = _as_mapping(row.basket)
    money = currency(row.currency)
    lines = tuple(read_line(station.ids.new(), record, money) for record in basket["lines"])
    return replace(read_basket(basket["head"], lines), id=station.ids.new())


def _pieces_text(row: ParkedRow) -> str:
    lines = [line for line in _as_mapping(row.basket)["lines"] if line["removed_at"] is None]
    return f"{len(lines)} line" + ("" if len(lines) == 1 else "s")


def _as_mapping(basket: object) -> Mapping[str, Any]:
    assert isinstance(basket, Mapping)
    return basket
