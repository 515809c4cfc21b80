"""Office work in scripts: the same intentions as the office's screens, with the same permissions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from desktop.replica.queries.customer_list import profiles_numbered
from desktop.replica.queries.goods import Goods, goods_by_sku
from desktop.ui.script_answers import Answer
from desktop.ui.script_arguments import Arguments
from desktop.ui.script_stage import Stage
from desktop.usecases.add_price import NewPrice, add_price
from desktop.usecases.desk import Desk
from desktop.usecases.edit_product import edit_product
from desktop.usecases.move_stock import SIGN_BY_REASON, NewMovement, move_stock
from desktop.usecases.review_inbox import list_inbox
from desktop.usecases.same_person import join_by_hand, undo_merge
from shared.customers.same_person import alias_id
from shared.errors import UserError
from shared.quantity import Quantity
from shared.stock import MovementReason

_IDS = frozenset({"category_id", "tax_category_id"})


def _stock_move(stage: Stage, given: Arguments) -> Answer:
    desk, goods = _desk(stage), _goods(stage, given)
    reason = _reason(given.needed("reason"))
    quantity = Quantity.parse(given.needed("quantity"), goods.unit).thousandths
    if SIGN_BY_REASON.get(reason) == -1:
        # "Write off -3" says the same as "write off 3".
        quantity = abs(quantity)
    move_stock(desk, NewMovement(goods.variant_id, quantity, reason, note=given.text("note") or ""))
    return {"sku": goods.sku, "on_hand": stage.till.stock(goods.sku).on_hand}


def _edit_product(stage: Stage, given: Arguments) -> Answer:
    desk, goods = _desk(stage), _goods(stage, given)
    changes = {name: _value(name, value) for name, value in (given.mapping("changes") or {}).items()}
    edit_product(desk, goods.product_id, changes)
    return {"sku": goods.sku}


def _add_price(stage: Stage, given: Arguments) -> Answer:
    desk, goods = _desk(stage), _goods(stage, given)
    price = stage.till.unit_price(given.needed("price"))
    day = given.text("from")
    add_price(desk, NewPrice(goods.variant_id, price, None if day is None else _day(day)))
    return {"sku": goods.sku, "price": str(price), "from": day or desk.today().isoformat()}


def _join_customers(stage: Stage, given: Arguments) -> Answer:
    """Two profiles by their numbers are one person from now on, or no longer."""
    desk = _desk(stage)
    first, second = _profile(stage, given.needed("number")), _profile(stage, given.needed("other"))
    is_undone = given.flag("undo")
    if is_undone:
        undo_merge(desk, alias_id(first, second))
    else:
        join_by_hand(desk, first, second)
    return {"joined": not is_undone}


def _conflicts(stage: Stage, given: Arguments) -> Answer:
    del given
    inbox = list_inbox(_desk(stage))
    entries = [
        {"id": str(line.id), "title": line.title, "subtitle": line.subtitle, "state": str(line.state)}
        for line in inbox.lines
    ]
    return {"count": len(entries), "needing": inbox.needing, "entries": entries}


HANDLERS: Mapping[str, Callable[[Stage, Arguments], Answer]] = {
    "stock_move": _stock_move,
    "edit_product": _edit_product,
    "add_price": _add_price,
    "join_customers": _join_customers,
    "conflicts": _conflicts,
}


def _desk(stage: Stage) -> Desk:
    """Who is logged in, as the office's intentions take them."""
    station = stage.till.station
    station.refresh()
    return Desk(station.replica, station.clock, station.known, station.person())


def _goods(stage: Stage, given: Arguments) -> Goods:
    sku = given.needed("sku").strip()
    with stage.till.station.replica.read() as connection:
        goods = goods_by_sku(connection, sku)
    if goods is None:
        raise UserError("product_unknown", f"There is no product {sku[:40]}. Find it by name instead.", sku=sku)
    return goods


def _profile(stage: Stage, number: str) -> uuid.UUID:
    """The one profile with this number."""
    with stage.till.station.replica.read() as connection:
        found = profiles_numbered(connection, number.strip())
    if not found:
        raise UserError("customer_unknown", f"No customer has the number “{number[:40]}”.", number=number)
    if len(found) > 1:
        raise UserError("customer_ambiguous", f"{len(found)} profiles have the number “{number[:40]}”.", number=number)
    return found[0]


def _reason(text: str) -> MovementReason:
    known = ", ".join(SIGN_BY_REASON)
    if text not in set(MovementReason):
        raise UserError("reason_unknown", f"“{text[:40]}” is no reason. Use one of: {known}.", reason=text)
    return MovementReason(text)


def _value(name: str, value: Any) -> object:
    """A field's value as the intention takes it: ids come as text."""
    if name not in _IDS or not isinstance(value, str):
        return value
    try:
        return uuid.UUID(value)
    except ValueError as error:
        raise UserError("field_invalid", f"“{value[:40]}” is no id for {name}.", field=name) from error


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UserError("date_invalid", f"“{text[:40]}” is not a date. Write it as 2026-11-21.") from error
