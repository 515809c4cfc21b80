"""What the server's books hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_server.db.sessions import Connection
from sync_server.sales import repository

FIRST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts, and sums in minor units of one currency; refunds are negative. Orders count once handed out."""

    sale_count: int
    sale_total: int
    sale_tax: int
    return_count: int
    return_total: int
    return_tax: int
    rounding_total: int
    order_count: int
    fulfilled_count: int
    fulfilled_total: int
    cancelled_count: int
    open_count: int

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Sums:
        """The sums of several rows of stores."""
        return cls(**{name: sum(int(row[name]) for row in rows) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class StoreBooks:
    """The books of one store."""

    store: str
    name: str
    currency: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Books:
    """The books of the chain, in the currency of its first store, and of each store."""

    currency: str
    sums: Sums
    stores: tuple[StoreBooks, ...]


def books(connection: Connection) -> Books:
    """The sums of everything the server holds, in one snapshot. Stores of another currency are not in the chain's."""
    rows = repository.books(connection)
    currency = str(rows[0]["currency"]) if rows else ""
    return Books(
        currency=currency,
        sums=Sums.of([row for row in rows if row["currency"] == currency]),
        stores=tuple(StoreBooks(row["store"], row["name"], row["currency"], Sums.of([row])) for row in rows),
    )


def receipts(connection: Connection, *, after: uuid.UUID, limit: int) -> list[Mapping[str, Any]]:
    """A page of sales and returns in the order of their ids: id, number, kind, total (minor units), currency, store."""
    return repository.receipts(connection, after, limit)


def pieces(connection: Connection) -> list[Mapping[str, Any]]:
    """What the ledger moved per product over all stores, in thousandths, by kind of movement."""
    return repository.pieces(connection)
