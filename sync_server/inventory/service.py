"""Stock: what moves it, what promises it, and whether ledger, balances and levels say the same.

Quantities are integer thousandths, instants UTC microseconds. Physical movements are facts and never refused; only a
promise can be.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.stock import Level, may_promise, rights_of
from sync_server.db.sessions import Connection, Database
from sync_server.errors import Conflicting
from sync_server.inbox import service as inbox
from sync_server.inventory import (
    compensation_service,
    count_service,
    ledger_repository,
    projection_repository,
    promise_repository,
    reconciliation_repository,
)
from sync_server.inventory.ledger_repository import LedgerRow, Moved
from sync_server.inventory.promise_repository import Promisable
from sync_server.inventory.reconciliation_repository import StockDifference

__all__ = ["LedgerRow", "Shortage", "StockDifference", "StoreStock", "Verification"]

SWEEP_MAX_HOLDS = 500
PROJECT_MAX_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Shortage:
    """What a promise asked for and what there was, in thousandths."""

    variant_id: uuid.UUID
    wanted: int
    available: int


class OutOfStock(Conflicting):
    """A promise that cannot be kept (409); the transaction must be rolled back, so that nothing is promised.

    Attributes:
        shortages: each variant that is short.
    """

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__("out_of_stock", "There is not enough in stock. Nothing was promised.")
        self.shortages = tuple(shortages)


@dataclass(frozen=True, slots=True)
class StoreStock:
    """What a store has of a variant; thousandths.

    Attributes:
        level: what is there and what of it is promised, lapsed holds counted as free.
        rights_left: what the web may still promise of a store that is not heard; None while it is.
    """

    level: Level = field(default_factory=Level)
    rights_left: int | None = None

    @property
    def available(self) -> int:
        """What may be ordered now."""
        available = self.level.available
        return available if self.rights_left is None else min(available, self.rights_left)

    def can_promise(self, quantity: int) -> bool:
        """Whether that much may be promised now."""
        return may_promise(quantity, self.level.available, self.rights_left)


@dataclass(frozen=True, slots=True)
class Verification:
    """How many (store, variant) were compared, and those that differ."""

    checked: int
    differences: tuple[StockDifference, ...]


def apply_sales(connection: Connection, sale_ids: Sequence[uuid.UUID], *, now: int) -> None:
    """Move the stock of sealed sales; a sale that was applied before moves nothing."""
    _after_move(connection, ledger_repository.move_for_sales(connection, sale_ids), now)


def apply_movements(connection: Connection, movement_ids: Sequence[uuid.UUID], *, now: int) -> None:
    """Bring the balances up to movements that this very transaction added to the ledger, each named once."""
    moved = ledger_repository.follow_ledger(connection, movement_ids)
    _after_move(connection, moved, now)
    _after_move(connection, count_service.settle(connection, movement_ids, moved), now)


def move(connection: Connection, rows: Sequence[LedgerRow], *, now: int) -> None:
    """Add movements made on the server to ledger and balances; an id that is there already moves nothing."""
    if rows:
        _after_move(connection, ledger_repository.move(connection, rows), now)


def _after_move(connection: Connection, moved: Sequence[Moved], now: int) -> None:
    touched = [(m.store_id, m.variant_id) for m in moved if m.touches_promises]
    fallen = [(m.store_id, m.variant_id, m.on_hand, m.ledger_position) for m in moved if m.fell_below_zero]
    inbox.report_discrepancies(connection, fallen, now=now)
    compensation_service.review_promises(connection, touched, now=now)


def promise(
    connection: Connection,
    store_id: uuid.UUID,
    order_id: uuid.UUID,
    lines: Iterable[tuple[uuid.UUID, int]],
    *,
    now: int,
    expires_at: int | None = None,
) -> None:
    """Hold stock for an order: all of it or nothing. Lines of the same variant are added up first.

    Of a store that is not heard only what is left of the web's rights can be held. An order that holds the same
    already holds it once. Holds that have lapsed but were not freed yet still count here; see ``free_lapsed``.

    Raises:
        OutOfStock: at least one variant is short. Roll the transaction back.
    """
    wanted = _added_up(lines)
    held = promise_repository.promise(connection, store_id, order_id, wanted, expires_at, now=now)
    short = sorted(wanted.keys() - held)
    if not short:
        return
    stock = stock_of(connection, short, now=now, store_id=store_id)
    raise OutOfStock([Shortage(v, wanted[v], stock.get((store_id, v), StoreStock()).available) for v in short])


def free_lapsed(connection: Connection, store_id: uuid.UUID, variant_ids: Sequence[uuid.UUID], *, now: int) -> bool:
    """Give back what lapsed holds keep of these variants; whether there was any.

    Called between a promise that failed and its second try, in a transaction of its own: holds are always locked
    before balances, so that a buyer and the sweeper cannot wait for each other.
    """
    freed = promise_repository.end_expired_of(connection, store_id, variant_ids, now)
    compensation_service.review_promises(connection, freed, now=now)
    return bool(freed)


def sweep(connection: Connection, *, now: int) -> int:
    """Give back what lapsed holds keep anywhere; gives how many (store, variant) were freed."""
    freed = promise_repository.end_expired(connection, now, SWEEP_MAX_HOLDS)
    compensation_service.review_promises(connection, freed, now=now)
    return len(freed)


def release(connection: Connection, order_id: uuid.UUID, *, now: int) -> None:
    """Give back what an order holds; an order that holds nothing any more changes nothing."""
    freed = promise_repository.end_order(connection, order_id, "released")
    compensation_service.review_promises(connection, freed, now=now)


def fulfil(connection: Connection, order_id: uuid.UUID, rows: Sequence[LedgerRow], *, now: int) -> None:
    """Turn an order's holds into movements out of the store, each with the id of its order line.

    An order whose hold has lapsed is handed out all the same: the goods have left.
    """
    freed = promise_repository.end_order(connection, order_id, "fulfilled")
    move(connection, rows, now=now)
    compensation_service.review_promises(connection, freed, now=now)


def stock_of(
    connection: Connection, variant_ids: Sequence[uuid.UUID], *, now: int, store_id: uuid.UUID | None = None
) -> dict[tuple[uuid.UUID, uuid.UUID], StoreStock]:
    """What each store has and may promise, by (store, variant)."""
    rows = promise_repository.promisable(connection, variant_ids, now, store_id)
    return {(row.store_id, row.variant_id): _store_stock(row) for row in rows}


def _store_stock(row: Promisable) -> StoreStock:
    level = Level(row.on_hand, row.reserved, row.damaged, row.in_quality_control)
    if row.lease is None or row.web_share is None:
        return StoreStock(level)
    unmeasured = rights_of(level.available, row.web_share)
    return StoreStock(level, unmeasured if row.rights_left is None else row.rights_left)


def bring_levels_up(database: Database) -> int:
    """Copy what changed to the replicated stock levels, unless nothing did or another projector is at it.

    What changes meanwhile is left for the next time: a level that is stamped again and again takes its scope from
    everybody else. Only a backlog is worked off in one go. Gives how many levels changed.
    """
    changed = 0
    for _ in range(PROJECT_MAX_ROUNDS):
        with database.reading() as connection:
            if not projection_repository.is_behind(connection):
                break
        with database.writing() as connection:
            if not projection_repository.is_projector(connection):
                break
            done = projection_repository.project(connection)
        changed += done.levels
        if not done.has_more:
            break
    return changed


def verify_stock(database: Database) -> Verification:
    """Rebuild every level from the ledger and the open promises and hold balances and levels against it.

    What waits for the projector is projected first, so that on a quiet server every level is compared.
    """
    for _ in range(PROJECT_MAX_ROUNDS):
        with database.writing() as connection:
            projection_repository.wait_to_project(connection)
            projection_repository.project(connection)
            if not projection_repository.is_behind(connection):
                break
    with database.reading() as connection:
        checked = reconciliation_repository.count(connection)
        differences = reconciliation_repository.compare(connection)
    return Verification(checked, tuple(differences))


def _added_up(lines: Iterable[tuple[uuid.UUID, int]]) -> Mapping[uuid.UUID, int]:
    wanted: dict[uuid.UUID, int] = {}
    for variant_id, quantity in lines:
        wanted[variant_id] = wanted.get(variant_id, 0) + quantity
    return dict(sorted(wanted.items()))
