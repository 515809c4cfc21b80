"""Which stores a customer reaches besides the home store: where they bought of late, and where they were looked up."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from shared.clock import MICROSECONDS_PER_SECOND
from sync_server.chain import service as chain
from sync_server.customers import known_store_repository
from sync_server.db.sessions import Connection

DAY_US = 86_400 * MICROSECONDS_PER_SECOND
MONTH_DAYS = 31
RENEWED_AFTER_US = 30 * DAY_US
"""A store's knowledge of a customer is prolonged when a visit adds at least this to it."""
ENDED_AT_ONCE = 1_000


def remember_buyers(connection: Connection, sale_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """After sales arrived: their stores know the customers for as long as the chain has set.

    A customer that the server does not know (yet) is left out: the sale stands, and the home store has the person.
    """
    if not known_store_repository.has_visitors(connection, sale_ids):
        return 0
    until = _until(connection, now)
    return known_store_repository.add_buyers(connection, sale_ids, until=until, slack=RENEWED_AFTER_US)


def pin(connection: Connection, customer_id: uuid.UUID, store_id: uuid.UUID, *, now: int) -> bool:
    """A store looked a customer up: its devices know them from now on, for as long as the chain has set."""
    until = _until(connection, now)
    return known_store_repository.pin(connection, customer_id, store_id, until=until, slack=RENEWED_AFTER_US) > 0


def end_lapsed(connection: Connection, *, now: int) -> int:
    """Let stores forget customers that were not seen there for too long, some at a time; gives how many."""
    return known_store_repository.end(connection, now=now, limit=ENDED_AT_ONCE)


def _until(connection: Connection, now: int) -> int:
    return now + chain.customer_months_known(connection) * MONTH_DAYS * DAY_US
