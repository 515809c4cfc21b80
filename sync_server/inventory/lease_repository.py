"""Leases of stores, and the last words of their tills that they are made from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.stock import TillWord


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when a store counts as heard (UTC microseconds), which lapse its rights are counted by, and their share."""

    store_id: uuid.UUID
    number: int
    expires_at: int
    web_share: int


@dataclass(frozen=True, slots=True)
class StoreLease:
    """A store's lease as people see it; ``expires_at`` is None for a store without tills."""

    store: str
    name: str
    expires_at: int | None
    web_share: int | None


# A till that was heard keeps what it holds back in mutations; whether it rests, its newest shift tells.
_WORDS = text("""
SELECT device.store_id, seen.seen_at, seen.waiting,
       NOT EXISTS (
           SELECT FROM shift
           WHERE shift.device_id = device.id AND shift.store_id = device.store_id AND shift.closed_at IS NULL
       ) AS is_at_rest
FROM device JOIN device_seen AS seen ON seen.device_id = device.id
WHERE device.kind = 'till' AND device.revoked_at IS NULL
ORDER BY device.store_id, device.id
""")
_LEASES = text("SELECT store_id, number, expires_at, web_share FROM store_lease ORDER BY store_id FOR UPDATE")
_PUT = text("""
INSERT INTO store_lease AS known (store_id, number, expires_at, web_share)
VALUES (:store, :number, :expires_at, :web_share)
ON CONFLICT (store_id) DO UPDATE
SET number = EXCLUDED.number, expires_at = EXCLUDED.expires_at, web_share = EXCLUDED.web_share
""")
_DROP = text("DELETE FROM store_lease WHERE store_id = ANY(:stores)")
_LISTED = text("""
SELECT store.code, store.name, lease.expires_at, lease.web_share
FROM store LEFT JOIN store_lease AS lease ON lease.store_id = store.id
WHERE NOT store.is_archived ORDER BY store.code
""")


def till_words(connection: Connection) -> dict[uuid.UUID, list[TillWord]]:
    """The last word of every till that was ever heard and may still sync, by store."""
    found: dict[uuid.UUID, list[TillWord]] = {}
    for row in connection.execute(_WORDS):
        found.setdefault(row.store_id, []).append(TillWord(row.seen_at, row.waiting, row.is_at_rest))
    return found


def held_leases(connection: Connection) -> list[Lease]:
    """Every lease, held until the transaction ends."""
    return [Lease(*row) for row in connection.execute(_LEASES)]


def put(connection: Connection, leases: Sequence[Lease]) -> None:
    """Write leases, in the order of their stores."""
    connection.execute(
        _PUT,
        [
            {
                "store": lease.store_id,
                "number": lease.number,
                "expires_at": lease.expires_at,
                "web_share": lease.web_share,
            }
            for lease in leases
        ],
    )


def drop(connection: Connection, store_ids: Sequence[uuid.UUID]) -> None:
    """These stores have no tills any more."""
    connection.execute(_DROP, {"stores": list(store_ids)})


def listed(connection: Connection) -> list[StoreLease]:
    """Every store with its lease, by code."""
    return [StoreLease(*row) for row in connection.execute(_LISTED)]
