"""The small text under a line: the price of one, what was changed or given, how many are left."""

from __future__ import annotations

from desktop.usecases.new_line import BY_HAND
from desktop.usecases.station import Station
from desktop.usecases.till_state import Note, NoteTone
from shared.pricing import DiscountKind
from shared.quantity import THOUSAND, Quantity, Unit
from shared.sales import PricedLine
from shared.stock import Level

_FEW_THOUSANDTHS = 5 * THOUSAND


def line_notes(station: Station, priced: PricedLine, level: Level | None) -> tuple[Note, ...]:
    """The notes of one line, the plainest first.

    Args:
        station: the till, for the store's clock.
        priced: the line.
        level: what the store has of it, this basket not counted; None where nothing is known.
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
    stock = None if level is None else _stock_note(level, line.quantity)
    return (*notes, *([] if stock is None else [stock]))


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


def _stock_note(level: Level, wanted: Quantity) -> Note | None:
    """How many are left, once there are few; a physical sale is never refused."""
    if level.available >= _FEW_THOUSANDTHS and level.available >= wanted.thousandths:
        return None
    left = Quantity(level.available, wanted.unit)
    said = f"{left} left here" if level.available > 0 else "none left by the books"
    if level.reserved > 0:
        said += f" · {Quantity(level.reserved, wanted.unit)} held for web"
    return Note(said, NoteTone.LOOK if level.available < wanted.thousandths else NoteTone.PLAIN)
