"""The small text under a line: the price of one, what was changed or given, how many are left."""

from __future__ import annotations

from desktop.replica.queries.goods import ShelfStock
from desktop.usecases.new_line import BY_HAND
from desktop.usecases.station import Station
from desktop.usecases.till_state import Note, NoteTone
from shared.pricing import DiscountKind
from shared.quantity import THOUSAND, Quantity, Unit
from shared.sales import PricedLine
from shared.stock import counter_stock

_FEW_THOUSANDTHS = 5 * THOUSAND


def line_notes(station: Station, priced: PricedLine, stock: ShelfStock | None) -> tuple[Note, ...]:
    """The notes of one line, the plainest first.

    Args:
        station: the till, for the store's clock.
        priced: the line.
        stock: what the store has of it, this basket not counted; None where nothing is known.
    """
    line = priced.line
    if line.removed_at is not None:
        return (Note(f"removed {station.local_time(line.removed_at)}"),)
    notes = [note for note in (_price_note(priced), _own_price_note(priced)) if note is not None]
    own = priced.discount - priced.basket_discount
    if own:
        given = ", ".join(f"{discount} off" for discount in line.discounts if discount.kind is DiscountKind.PERCENT)
        notes.append(Note(f"{given} · saves {own}" if given else f"saves {own}", NoteTone.SAVING))
    if priced.basket_discount:
        notes.append(Note(f"basket discount · saves {priced.basket_discount}", NoteTone.SAVING))
    if line.taxes and not priced.tax:
        notes.append(Note("zero-rated"))
    if stock is not None:
        said = (_stock_note(stock, line.quantity), _web_note(station, stock, line.quantity))
        notes.extend(note for note in said if note is not None)
    return tuple(notes)


def _price_note(priced: PricedLine) -> Note | None:
    """The price of one, wherever the line's amount is not just that."""
    line = priced.line
    if line.quantity.unit is not Unit.PIECE:
        return Note(f"{line.unit_price} / {line.quantity.unit}")
    return Note(f"{line.unit_price} each") if line.quantity != Quantity.of(1) else None


def _own_price_note(priced: PricedLine) -> Note | None:
    line = priced.line
    if not line.price_reason:
        return None
    if line.price_reason == BY_HAND and line.list_price is not None:
        return Note(f"price changed from {line.list_price}", NoteTone.LOOK)
    return Note(line.price_reason)


def _web_note(station: Station, stock: ShelfStock, wanted: Quantity) -> Note | None:
    """Whether the line takes what is held for the web: said quietly, never refused; the clerk decides."""
    is_heard = station.sync is None or station.sync.status().is_online
    share = station.known.web_share_percent
    known = counter_stock(stock.pulled, stock.own_movements, is_heard=is_heard, web_share_percent=share)
    taken = known.taken_from_web(wanted.thousandths)
    if wanted.unit is Unit.PIECE:
        taken -= taken % THOUSAND
    if taken <= 0:
        return None
    promised = taken - known.rights
    if promised > 0:
        return Note(f"takes {Quantity(promised, wanted.unit)} that the web was promised", NoteTone.LOOK)
    return Note(f"takes {Quantity(taken, wanted.unit)} that the web may promise while offline", NoteTone.LOOK)


def _stock_note(stock: ShelfStock, wanted: Quantity) -> Note | None:
    """How many are left, once there are few; a physical sale is never refused."""
    level = stock.level
    if level.available >= _FEW_THOUSANDTHS and level.available >= wanted.thousandths:
        return None
    left = Quantity(level.available, wanted.unit)
    said = f"{left} left here" if level.available > 0 else "none left by the books"
    if level.reserved > 0:
        said += f" · {Quantity(level.reserved, wanted.unit)} held for web"
    return Note(said, NoteTone.LOOK if level.available < wanted.thousandths else NoteTone.PLAIN)
