"""What the office sees of stock: goods with what one store, or all together, have."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.replica.queries.stock_list import (
    StockFilter,
    StockRow,
    StockSort,
    count_negative,
    stock_positions,
    stock_rows,
)
from desktop.replica.queries.stores import store_names
from desktop.replica.search import is_ready
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import quantity_text
from shared.permissions import Permission
from shared.quantity import Unit


@dataclass(frozen=True, slots=True)
class StockLine:
    """One row, ready for the screen; ``on_hand_thousandths`` is for its tone; ``unit`` is empty for pieces."""

    position: int
    variant_id: uuid.UUID
    name: str
    sku: str
    on_hand: str
    held: str
    blocked: str
    available: str
    incoming: str
    on_hand_thousandths: int
    unit: str


@dataclass(frozen=True, slots=True)
class StockList:
    """The rows to show by position; ``negative`` counts all below nothing in the asked stores."""

    positions: Sequence[int]
    negative: int
    is_ready: bool = True


def list_stock(
    desk: Desk, wanted: StockFilter, sort: StockSort = StockSort.NAME, *, is_descending: bool = False
) -> StockList:
    """The rows that fit, in order. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        if not is_ready(connection):
            return StockList((), 0, is_ready=False)
        positions = stock_positions(connection, wanted, sort, is_descending=is_descending)
        return StockList(positions, count_negative(connection, wanted.store_id))


def stock_lines(desk: Desk, positions: Sequence[int], store_id: uuid.UUID | None) -> list[StockLine | None]:
    """The cells of some rows in the order asked for; None where a row's text changed meanwhile."""
    with desk.replica.read() as connection:
        rows = stock_rows(connection, positions, store_id)
    return [None if row is None else _line(row) for row in rows]


def list_stores(desk: Desk) -> tuple[tuple[uuid.UUID, str], ...]:
    """(id, name) of every store there is, the own one first."""
    with desk.replica.read() as connection:
        found = store_names(connection)
    own = desk.facts.store.id
    return tuple(sorted(found.items(), key=lambda item: (item[0] != own, item[1])))


def _line(row: StockRow) -> StockLine:
    stock = row.stock
    blocked = stock.damaged + stock.in_quality_control
    return StockLine(
        position=row.position,
        variant_id=row.variant_id,
        name=row.name,
        sku=row.sku,
        on_hand=quantity_text(stock.on_hand),
        held=quantity_text(stock.reserved or None),
        blocked=quantity_text(blocked or None),
        available=quantity_text(stock.available),
        incoming=quantity_text(stock.incoming or None),
        on_hand_thousandths=stock.on_hand,
        unit="" if row.unit == Unit.PIECE else row.unit,
    )
