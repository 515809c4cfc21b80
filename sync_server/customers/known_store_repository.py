"""Which stores know a customer besides the home store: rows that the feed turns into memberships."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, text

# A visit prolongs only what would end noticeably earlier: each change sends the customer to the store's devices anew.
_BOUGHT = text("""
INSERT INTO customer_store AS known (customer_id, store_id, reason, until)
SELECT DISTINCT s.customer_id, s.store_id, 'bought', CAST(:until AS bigint)
FROM sale AS s JOIN customer AS c ON c.id = s.customer_id
WHERE s.id = ANY(:sales) AND c.store_id <> s.store_id
ORDER BY 1, 2
ON CONFLICT (customer_id, store_id) DO UPDATE SET until = EXCLUDED.until
WHERE known.until < EXCLUDED.until - :slack
""")
_VISITORS = text("""
SELECT EXISTS (
    SELECT FROM sale AS s JOIN customer AS c ON c.id = s.customer_id
    WHERE s.id = ANY(:sales) AND c.store_id <> s.store_id
)
""")
_PIN = text("""
INSERT INTO customer_store AS known (customer_id, store_id, reason, until)
SELECT c.id, :store, 'pinned', CAST(:until AS bigint) FROM customer AS c WHERE c.id = :customer AND c.store_id <> :store
ON CONFLICT (customer_id, store_id) DO UPDATE SET until = EXCLUDED.until
WHERE known.until < EXCLUDED.until - :slack
""")
_END = text("""
DELETE FROM customer_store WHERE (customer_id, store_id) IN (
    SELECT customer_id, store_id FROM customer_store WHERE until < :now ORDER BY until LIMIT :limit
)
""")


def has_visitors(connection: Connection, sale_ids: Sequence[uuid.UUID]) -> bool:
    """Whether any of these sales was to a customer of another store."""
    return bool(connection.execute(_VISITORS, {"sales": list(sale_ids)}).scalar_one())


def add_buyers(connection: Connection, sale_ids: Sequence[uuid.UUID], *, until: int, slack: int) -> int:
    """The stores of these sales know their customers until then (UTC microseconds); gives how many rows changed."""
    return connection.execute(_BOUGHT, {"sales": list(sale_ids), "until": until, "slack": slack}).rowcount


def pin(connection: Connection, customer_id: uuid.UUID, store_id: uuid.UUID, *, until: int, slack: int) -> int:
    """A store knows a customer until then; gives whether anything changed."""
    given = {"customer": customer_id, "store": store_id, "until": until, "slack": slack}
    return connection.execute(_PIN, given).rowcount


def end(connection: Connection, *, now: int, limit: int) -> int:
    """Forget what has run out, at most ``limit`` rows; gives how many."""
    return connection.execute(_END, {"now": now, "limit": limit}).rowcount
