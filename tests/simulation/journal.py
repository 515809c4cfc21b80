"""Reading a till's journal after the fact, straight from its replica."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.replica.queries.shop import standing
from desktop.replica.queries.sold import sale_by_id
from desktop.secrets import REPLICA_KEY, FileStore
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.sales import SealedSale, first_altered, first_seal
from shared.schema.sales import Sale


@dataclass(frozen=True, slots=True)
class Journal:
    """What a till's journal holds.

    Attributes:
        totals: receipt number → (kind, total, rounding), in minor units.
        numbers: the running numbers of its series.
        sales_in_outbox: distinct sales among the outbox's mutations; -1 if one stands there twice.
    """

    sales: int
    totals: dict[str, tuple[str, int, int]]
    numbers: list[int]
    is_chain_intact: bool
    sales_in_outbox: int


def open_replica(home: Path) -> Replica:
    """The replica of a home that no program holds."""
    key = FileStore(Home(home).secrets).get(REPLICA_KEY)
    assert key is not None
    clock = SystemClock()
    return Replica.open(Home(home).replica, key, clock=clock, ids=TimeOrderedIds(clock))


def read_journal(home: Path) -> Journal:
    """Everything this till has sealed."""
    replica = open_replica(home)
    try:
        with replica.read() as connection:
            me = standing(connection)
            assert me is not None
            ids = connection.execute(
                select(Sale.id).where(Sale.device_id == me.identity.device_id).order_by(Sale.number)
            ).scalars()
            sales: list[SealedSale] = [sale for sale_id in ids.all() if (sale := sale_by_id(connection, sale_id))]
            rows = connection.exec_driver_sql("SELECT entity_id FROM outbox WHERE entity = 'sale'").all()
    finally:
        replica.close()
    seal = first_seal(me.identity.device_id, me.identity.receipt_series)
    sent = [row[0] for row in rows]
    return Journal(
        sales=len(sales),
        totals={sale.receipt_number: (str(sale.kind), sale.total, sale.rounding_total) for sale in sales},
        numbers=[sale.number for sale in sales],
        is_chain_intact=first_altered(sales, seal) is None,
        sales_in_outbox=len(sent) if len(set(sent)) == len(sent) else -1,
    )
