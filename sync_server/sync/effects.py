"""What else happens on the server when an aggregate arrives: the place where a noun hooks into the push.

An effect runs set-based, in the transaction of the push, after the aggregates were written: what it needs of them it
reads back by their ids. If it raises, the batch is tried again one mutation at a time, and only the mutation whose
effect fails is refused; so an effect raises for what may never be stored, and leaves an inbox entry for what is odd.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Protocol

from sync_server.catalogue import price_service
from sync_server.customers import known_store_service as known_stores
from sync_server.customers import same_person_service as same_person
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.inbox import decision_service as decisions
from sync_server.inventory import service as inventory
from sync_server.repricing import service as repricing
from sync_server.sales import receipt_service as receipts

__all__ = ["AFTER_EDIT", "AFTER_RECORD", "Effect", "PushContext"]


class Effect(Protocol):
    """What follows changed aggregates of one entity."""

    def __call__(self, connection: Connection, context: PushContext, ids: Sequence[uuid.UUID], /) -> object:
        """Do it for the aggregates with these ids, each named once."""
        ...


def _follow_sales(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    inventory.apply_sales(connection, ids, now=context.now)
    repricing.note_sales(connection, ids, now=context.now, clock_ahead_us=context.clock_ahead_us)
    known_stores.remember_buyers(connection, ids, now=context.now)
    receipts.report_shared_numbers(connection, ids, now=context.now)


def _follow_movements(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    inventory.apply_movements(connection, ids, now=context.now)


def _review_prices(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    price_service.review_slots(connection, ids, now=context.now)


def _fill_price_slots(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    price_service.fill_slots(connection, ids, now=context.now)


def _carry_out_decisions(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    decisions.apply_decisions(connection, ids, now=context.now)


def _look_for_same_person(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    same_person.propose(connection, ids, now=context.now)


def _settle_pairs(connection: Connection, context: PushContext, ids: Sequence[uuid.UUID]) -> None:
    same_person.settle_entries(connection, ids, now=context.now)


AFTER_RECORD: Mapping[str, Effect] = {
    "customer": _look_for_same_person,
    "price": _review_prices,
    "sale": _follow_sales,
    "stock_movement": _follow_movements,
}
"""Entity → what follows ``record`` and ``create``: the aggregates were inserted just now and never before."""

AFTER_EDIT: Mapping[str, Effect] = {
    "customer": _look_for_same_person,
    "customer_alias": _settle_pairs,
    "inbox_entry": _carry_out_decisions,
    "price": _fill_price_slots,
}
"""Entity → what follows ``edit``, ``close`` and ``remove``."""
