"""Scanning: what the scanner sent becomes a line, or a refusal that stays in sight until it is dealt with."""

from __future__ import annotations

from dataclasses import replace

from desktop.replica.queries.goods import Goods, goods_by_codes, goods_by_sku
from desktop.usecases.new_line import ON_PACKET, OwnPrice, enter_line, line_for
from desktop.usecases.show_till import level_in, line_view
from desktop.usecases.station import Station, Step
from desktop.usecases.till_state import LineView
from shared.catalogue.embedded import quantity_for_price
from shared.catalogue.gs1 import Price
from shared.catalogue.scan import Candidate, Scan, read_scan
from shared.errors import UserError
from shared.money import UnitPrice
from shared.quantity import Quantity
from shared.sales import BasketLine

_STAYS_IN_SIGHT = frozenset({"barcode_unknown", "price_missing", "item_expired", "packet_currency_foreign"})


def scan_item(station: Station, code: str) -> LineView:
    """Put what was scanned or typed into the basket.

    Raises:
        UserError: ``barcode_unknown``, ``price_missing``, ``item_expired`` (these stay in sight and block payment),
            ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``basket_full``, ``quantity_too_large``.
    """
    scan = read_scan(code)
    try:
        with station.step() as step:
            station.require_selling()
            line = _enter(step, scan, code)
            levels = level_in(step, line)
    except UserError as error:
        if error.code in _STAYS_IN_SIGHT:
            _keep_in_sight(station, error)
        raise
    station.finished = None
    return line_view(station, line, levels)


def _enter(step: Step, scan: Scan, typed: str) -> BasketLine:
    """The line that a scan puts into the basket."""
    hits = goods_by_codes(step.work.connection, scan.codes) if scan.candidates else {}
    for candidate in scan.candidates:
        hit = hits.get(candidate.code)
        if hit is not None:
            _check_expiry(step.station, scan, hit.goods)
            return _enter_candidate(step, candidate, hit.goods, hit.quantity)
    goods = goods_by_sku(step.work.connection, typed.strip())
    if goods is None:
        shown = scan.text[:40] or typed.strip()[:40]
        raise UserError(
            "barcode_unknown",
            f"{shown} is not in the catalogue. Nothing was added: find the item by name, or put it aside.",
            barcode=shown,
        )
    return enter_line(step, goods, line_for(step, goods, Quantity.of(1, goods.unit)), joins=True)


def _enter_candidate(step: Step, candidate: Candidate, goods: Goods, pack: int) -> BasketLine:
    """A code that was found: by the piece or pack, with the weight on the label, or at the price on the packet."""
    if candidate.price is not None:
        return _enter_packet(step, candidate, candidate.price, goods)
    if candidate.quantity is not None:
        quantity = Quantity(candidate.quantity.thousandths, goods.unit)
        return enter_line(step, goods, line_for(step, goods, quantity), joins=False)
    quantity = Quantity(pack, goods.unit)
    return enter_line(step, goods, line_for(step, goods, quantity), joins=True)


def _enter_packet(step: Step, candidate: Candidate, packet: Price, goods: Goods) -> BasketLine:
    """A packet that carries its price; sold by weight, the weight follows from it so that stock is right."""
    currency = step.station.store.currency
    if packet.currency not in (None, currency.code):
        raise UserError(
            "packet_currency_foreign",
            f"The price on this packet is in {packet.currency}. Sell it at a price of this store.",
            currency=packet.currency,
        )
    price, quantity = packet.micro, candidate.quantity or Quantity.of(1, goods.unit)
    if candidate.by_weight:
        listed = line_for(step, goods, Quantity.of(1, goods.unit))
        quantity = Quantity(quantity_for_price(packet.micro, listed.unit_price.micro), goods.unit)
    if quantity.thousandths:
        # The unit price that makes the whole packet cost exactly what is printed on it.
        price = (2 * packet.micro * 1_000 + quantity.thousandths) // (2 * quantity.thousandths)
    own = OwnPrice(UnitPrice(price, currency), ON_PACKET)
    return enter_line(step, goods, line_for(step, goods, quantity, own), joins=False)


def _check_expiry(station: Station, scan: Scan, goods: Goods) -> None:
    """Refuse what the label says may no longer be used."""
    today = station.today()
    expiry = scan.expiry(today.year)
    if expiry is not None and expiry < today:
        raise UserError(
            "item_expired",
            f"{goods.name} was to be used by {expiry:%d %b %Y}. Do not sell it: put it aside.",
            sku=goods.sku,
            expiry=expiry.isoformat(),
        )


def _keep_in_sight(station: Station, error: UserError) -> None:
    """The refusal stays until the next successful scan or until it is dismissed."""
    with station.step() as step:
        step.sale = replace(step.sale, refusal=error.message, blocks_payment=True)
