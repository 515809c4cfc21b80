"""Placing, handing out and cancelling orders. Quantities are thousandths, amounts minor units, instants UTC µs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import MICROSECONDS_PER_SECOND, local_date
from shared.errors import CounterfoilError, UserError
from shared.ids import derived_id
from shared.money import Currency, UnitPrice, currency
from shared.orders import OrderLine, OrderState, OrderTotals, next_state, price_order
from shared.quantity import Quantity
from shared.stock import MovementReason
from shared.tax import TaxRounding
from sync_server.auth.service import Channel
from sync_server.catalogue import service as catalogue
from sync_server.catalogue.service import Offer, OfferCache, Reading, SellingStore
from sync_server.customers import service as customers
from sync_server.db.sessions import Connection, Database
from sync_server.errors import Conflicting, NotFound, Unprocessable
from sync_server.inventory import service as inventory
from sync_server.orders import repository
from sync_server.orders.transactions import in_transaction

SWEEP_MAX_ORDERS = 200
REFUSALS_KEPT_US = 24 * 3600 * MICROSECONDS_PER_SECOND
"""For so long a call that was refused is refused again; who wants to try anew takes a new key."""
PLACING_AT_ONCE = 4
"""Orders that one worker writes at the same time. Buyers of a hot product wait for each other in any case: here they
wait without a connection, and the database need not wake sixteen sessions for each piece (a quarter of its work)."""

_placing = threading.BoundedSemaphore(PLACING_AT_ONCE)


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One line as a channel asks for it; decimal strings, the price empty for the shop's own."""

    sku: str
    quantity: str
    unit_price: str = ""


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order as a channel asks for it.

    Attributes:
        store: code of the store that hands it out.
        placed_at: UTC microseconds; prices and taxes are those of this instant. None for now.
        hold_seconds: after which the promise lapses unless the order was handed out; None for never.
    """

    store: str
    lines: tuple[WantedLine, ...]
    reference: str = ""
    customer_name: str = ""
    customer_email: str = ""
    placed_at: int | None = None
    hold_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands: the columns of ``customer_order``, the store's code and time zone, and its lines."""

    values: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Priced:
    """A line with what it is offered as."""

    line: OrderLine
    offer: Offer

    @property
    def is_goods(self) -> bool:
        """Whether it is kept in stock and so has to be promised."""
        return self.offer.item.kind != "service"


def order_id_of(channel: Channel, key: str) -> uuid.UUID:
    """The id of the order that a channel places with an Idempotency-Key; the same key is the same order."""
    return derived_id("order", channel.name, key)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that places an order; ``now`` is the server's clock, UTC microseconds."""

    channel: Channel
    order_id: uuid.UUID
    request_hash: bytes
    wanted: WantedOrder
    now: int

    @property
    def placed_at(self) -> int:
        """The instant whose prices and taxes hold."""
        return self.now if self.wanted.placed_at is None else self.wanted.placed_at


def place(
    database: Database, channel: Channel, key: str, request_hash: bytes, wanted: WantedOrder, *, offers: OfferCache
) -> Order:
    """Place an order and promise its stock, all of it or nothing.

    A key that was used before with the same request gives the order it made, or the refusal: a second copy of a request
    that comes late must not order what the buyer was told there is none of. Refusals are forgotten after a day.

    Args:
        database: where.
        channel: who asks.
        key: the channel's own name for the order.
        request_hash: of the whole request.
        wanted: what is ordered.
        offers: what this worker read of the catalogue before; used only while the catalogue is still the same.

    Raises:
        Conflicting: ``out_of_stock`` with each short line (nothing was promised), or ``idempotency_key_reused`` for
            the key of another request.
        NotFound: ``store_unknown``.
        Unprocessable: ``sku_unknown``, ``product_not_for_sale``, ``price_missing``.
        UserError: whatever quantity, price or total cannot be.
    """
    call = _Call(channel, order_id_of(channel, key), request_hash, wanted, database.clock.now())
    try:
        return _place_once(database, offers, call)
    except inventory.OutOfStock as error:
        # Lapsed holds that no sweeper has freed yet may stand in the way: they are freed, and it is tried once more.
        if not _free_lapsed(database, wanted.store, error):
            return _refused(database, call, error)
        try:
            return _place_once(database, offers, call)
        except inventory.OutOfStock as again:
            return _refused(database, call, again)


def _refused(database: Database, call: _Call, error: inventory.OutOfStock) -> Order:
    """Refuse an order for good; gives the order where another call with the same key has placed it meanwhile.

    Raises:
        Conflicting: ``out_of_stock``, as whoever asked first was told.
    """
    refusal = _short_lines(database, call.wanted, error)

    def work(connection: Connection) -> Order | None:
        if repository.refuse(connection, call.order_id, call.request_hash, call.now, refusal.as_dict()):
            return None
        return _as_before(connection, call)

    found = in_transaction(database, work)
    if found is None:
        raise refusal from error
    return found


def _free_lapsed(database: Database, store_code: str, error: inventory.OutOfStock) -> bool:
    with database.writing() as connection:
        store = catalogue.store_by_code(connection, store_code)
        variants = [shortage.variant_id for shortage in error.shortages]
        return inventory.free_lapsed(connection, store.id, variants, now=database.clock.now())


def _short_lines(database: Database, wanted: WantedOrder, error: inventory.OutOfStock) -> Conflicting:
    """The refusal in the channel's words: SKUs and decimal strings."""
    with database.reading() as connection:
        store = catalogue.store_by_code(connection, wanted.store)
        offers = catalogue.offers(connection, store, [line.sku for line in wanted.lines], at=database.clock.now())
    by_variant = {offer.item.variant_id: offer for offer in offers.values()}
    short = [
        {
            "sku": by_variant[shortage.variant_id].item.sku,
            "wanted": str(Quantity(shortage.wanted)),
            "available": str(Quantity(max(shortage.available, 0))),
        }
        for shortage in error.shortages
        if shortage.variant_id in by_variant
    ]
    return Conflicting("out_of_stock", error.message, lines=short)


def _place_once(database: Database, offers: OfferCache, call: _Call) -> Order:
    skus = [line.sku for line in call.wanted.lines]

    def work(connection: Connection) -> Order:
        placed = _write_as_known(connection, call, offers.find(call.wanted.store, skus))
        if placed is not None:
            return placed
        try:
            reading = catalogue.read_offers(connection, call.wanted.store, skus)
            offers.remember(reading)
            placed = _write(connection, call, reading, mark=None)
        except inventory.OutOfStock:
            raise
        except CounterfoilError:
            # What cannot be ordered any more may have been ordered before by the same call.
            if repository.earlier_call(connection, call.order_id) is None:
                raise
        return placed or _as_before(connection, call)

    with _placing:
        return in_transaction(database, work)


def _write_as_known(connection: Connection, call: _Call, known: Reading | None) -> Order | None:
    """Write the order by what was read before; None where the catalogue moved on since, or it does not fit."""
    if known is None:
        return None
    try:
        return _write(connection, call, known, mark=known.mark)
    except inventory.OutOfStock:
        raise
    except CounterfoilError:
        # Perhaps only by what was read before: it is read again.
        return None


def _write(connection: Connection, call: _Call, reading: Reading, *, mark: bytes | None) -> Order | None:
    """Price an order, write it, and promise its stock.

    None where an earlier call with the same key did, or where the catalogue no longer has this ``mark``.
    """
    store, wanted, now = reading.store, call.wanted, call.now
    priced = _priced_lines(store, catalogue.offers_of(reading, at=call.placed_at), wanted.lines)
    lines = [each.line for each in priced]
    totals = price_order(lines, currency(store.currency), TaxRounding(store.tax_rounding))
    expires_at = None if wanted.hold_seconds is None else now + wanted.hold_seconds * MICROSECONDS_PER_SECOND
    order = {
        "id": call.order_id,
        "store_id": store.id,
        "channel": call.channel.name,
        "reference": wanted.reference,
        "customer_id": customers.id_by_email(connection, wanted.customer_email),
        "customer_name": wanted.customer_name,
        "state": OrderState.PLACED.value,
        "currency": store.currency,
        "net_total": totals.net.amount,
        "tax_total": totals.tax.amount,
        "total": totals.total.amount,
        "placed_at": call.placed_at,
        "expires_at": expires_at,
        "changed_at": now,
    }
    rows = _line_rows(call.order_id, lines, totals)
    number = repository.place(connection, call.request_hash, order, rows, mark=mark)
    if number is None:
        return None
    goods = [(each.line.variant_id, each.line.quantity.thousandths) for each in priced if each.is_goods]
    # The promise comes last: the hot row is locked for as short a time as can be.
    inventory.promise(connection, store.id, call.order_id, goods, now=now, expires_at=expires_at)
    return Order({**order, "number": number, "store": store.code, "time_zone": store.time_zone}, tuple(rows))


def _as_before(connection: Connection, call: _Call) -> Order:
    """What an earlier call with the same key came to.

    Raises:
        Conflicting: ``out_of_stock`` or ``idempotency_key_reused``.
    """
    earlier = repository.earlier_call(connection, call.order_id)
    if earlier is not None and earlier.request_hash not in (b"", call.request_hash):
        raise Conflicting(
            "idempotency_key_reused",
            "This Idempotency-Key belongs to another order. Use a new key for each new order.",
        )
    if earlier is not None and earlier.refusal is not None:
        told = earlier.refusal
        raise Conflicting(told["error"], told["message"], **told.get("data", {}))
    return order_by_id(connection, call.order_id)


def _priced_lines(store: SellingStore, offers: Mapping[str, Offer], wanted: Sequence[WantedLine]) -> list[_Priced]:
    unknown = sorted({line.sku for line in wanted if line.sku not in offers})
    if unknown:
        raise Unprocessable("sku_unknown", f"There is no product with the SKU “{unknown[0]}”.", skus=unknown)
    money = currency(store.currency)
    return [_priced(number, line, offers[line.sku], money) for number, line in enumerate(wanted, start=1)]


def _priced(number: int, wanted: WantedLine, offer: Offer, money: Currency) -> _Priced:
    item = offer.item
    if item.state == "draft":
        raise Unprocessable("product_not_for_sale", f"{item.name} is not for sale yet.", sku=item.sku)
    quantity = Quantity.parse(wanted.quantity, offer.unit)
    if wanted.unit_price:
        price = UnitPrice.parse(wanted.unit_price, money)
        if price.micro < 0:
            raise UserError("amount_invalid", "A price cannot be below zero.", sku=item.sku)
    else:
        row = offer.price_for(quantity)
        if row is None:
            raise Unprocessable("price_missing", f"{item.name} has no price on that day. Send one.", sku=item.sku)
        price = UnitPrice(row.micro, money)
    line = OrderLine(number, item.variant_id, item.sku, item.name, quantity, price, offer.taxes)
    return _Priced(line, offer)


def _line_rows(order_id: uuid.UUID, lines: Sequence[OrderLine], totals: OrderTotals) -> list[dict[str, object]]:
    return [
        {
            "id": derived_id("order_line", order_id, str(line.number)),
            "order_id": order_id,
            "number": line.number,
            "variant_id": line.variant_id,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity.thousandths,
            "unit_price_micro": line.unit_price.micro,
            "net": amounts.net.amount,
            "tax": amounts.tax.amount,
            "total": amounts.total.amount,
        }
        for line, amounts in zip(lines, totals.lines, strict=True)
    ]


def order_by_id(connection: Connection, order_id: uuid.UUID, *, is_held: bool = False) -> Order:
    """An order with its lines; ``is_held`` keeps others from changing it until the transaction's end.

    Raises:
        NotFound: ``order_unknown``.
    """
    found = repository.order_by_id(connection, order_id, is_held=is_held)
    if found is None:
        raise NotFound("order_unknown", "There is no order with this id.", id=str(order_id))
    values, lines = found
    return Order(values, tuple(lines))


def fulfil(connection: Connection, order_id: uuid.UUID, *, now: int) -> None:
    """Hand an order out: its stock leaves the store. An order that was handed out stays so, without an error.

    Raises:
        NotFound: ``order_unknown``.
        Conflicting: ``order_state_not_allowed`` for a cancelled one.
    """
    order = order_by_id(connection, order_id, is_held=True)
    if not _move_on(connection, order, OrderState.FULFILLED, now):
        return
    kinds = catalogue.kinds_of(connection, [line["variant_id"] for line in order.lines])
    rows = [
        inventory.LedgerRow(
            id=line["id"],
            store_id=order.values["store_id"],
            variant_id=line["variant_id"],
            quantity=-line["quantity"],
            reason=MovementReason.WEB_ORDER.value,
            at=now,
            business_date=local_date(now, order.values["time_zone"]),
            source_id=order_id,
        )
        for line in order.lines
        if kinds.get(line["variant_id"]) != "service"
    ]
    inventory.fulfil(connection, order_id, rows, now=now)


def cancel(connection: Connection, order_id: uuid.UUID, *, now: int) -> None:
    """Cancel an order and give its promised stock back. A cancelled order stays so, without an error.

    Raises:
        NotFound: ``order_unknown``.
        Conflicting: ``order_state_not_allowed`` for one that was handed out.
    """
    order = order_by_id(connection, order_id, is_held=True)
    if _move_on(connection, order, OrderState.CANCELLED, now):
        inventory.release(connection, order_id, now=now)


def _move_on(connection: Connection, order: Order, wanted: OrderState, now: int) -> bool:
    """Bring an order into a state, if it may go there; whether that changed anything."""
    standing = OrderState(order.values["state"])
    try:
        next_state(standing, wanted)
    except UserError as error:
        raise Conflicting(error.code, error.message, **error.data) from error
    if standing is wanted:
        return False
    repository.set_state(connection, order.values["id"], wanted.value, now)
    return True


def sweep(connection: Connection, *, now: int) -> int:
    """Cancel the orders whose promise has lapsed and free what lapsed holds keep; gives how many were cancelled.

    Refusals of more than a day ago are forgotten.
    """
    lapsed = repository.lapsed(connection, now, SWEEP_MAX_ORDERS)
    for order_id in lapsed:
        cancel(connection, order_id, now=now)
    inventory.sweep(connection, now=now)
    repository.forget_refused(connection, now - REFUSALS_KEPT_US)
    return len(lapsed)
