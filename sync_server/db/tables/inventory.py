"""Stock as the server keeps it: hot balances, what changed since the last projection, and open promises."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, Table, Text, Uuid, text

from sync_server.db.tables.base import server_metadata


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


stock_balance = Table(
    "stock_balance",
    server_metadata,
    Column("store_id", Uuid, primary_key=True),
    Column("variant_id", Uuid, primary_key=True),
    _count("on_hand"),
    _count("reserved"),
    _count("damaged"),
    _count("in_quality_control"),
    _count("incoming"),
    _count("ledger_position"),
    _count("rights_lease"),
    _count("rights_granted"),
    _count("rights_left"),
    # Half-empty pages keep the updates of a hot row on its own page, where they need no index entry.
    postgresql_with={"fillfactor": "50"},
)
"""What a store has of a variant, in the same transaction as the ledger; thousandths. ``ledger_position`` counts the
movements it includes. While a store is not heard the web promises from ``rights_left``, which began at
``rights_granted`` with the first promise of the lapse ``rights_lease`` (``store_lease.number``)."""

stock_dirty = Table(
    "stock_dirty",
    server_metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("variant_id", Uuid, nullable=False),
)
"""One row for each change of a balance; the projector takes them away."""

stock_projection = Table(
    "stock_projection",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""Up to which mutation of a device the replicated stock levels include its movements."""

reservation = Table(
    "reservation",
    server_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("variant_id", Uuid, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("state", Text, nullable=False),
    Column("lease", BigInteger, nullable=False, server_default="0"),
    Index(
        "ix_reservation_expires_at",
        "expires_at",
        postgresql_where=text("state = 'held' AND expires_at IS NOT NULL"),
    ),
    Index("ix_reservation_variant_id_held", "variant_id", postgresql_where=text("state = 'held'")),
)
"""What is promised to an order: ``held``, then ``fulfilled``, ``released`` or ``expired``. In thousandths.
``lease`` is the lapse whose rights it was taken from, 0 where the store was heard."""

store_lease = Table(
    "store_lease",
    server_metadata,
    Column("store_id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("web_share", BigInteger, nullable=False),
)
"""Until when each store counts as heard (UTC microseconds); a store without tills has none. ``number`` rises with each
renewal after a lapse, so that rights of an earlier lapse count for nothing; ``web_share`` in per cent."""

broken_promise = Table(
    "broken_promise",
    server_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("variant_id", Uuid, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Index("ix_broken_promise_store_id_variant_id", "store_id", "variant_id"),
)
"""Promises that can no longer be kept, each with its open inbox entry; thousandths. Gone once they can be again."""

stock_round = Table(
    "stock_round",
    server_metadata,
    Column("id", Integer, primary_key=True, server_default=text("1")),
    Column("store_id", Uuid),
    Column("variant_id", Uuid),
    Column("round", BigInteger, nullable=False, server_default="0"),
    Column("checked", BigInteger, nullable=False, server_default="0"),
    Column("repaired", BigInteger, nullable=False, server_default="0"),
    Column("finished_at", BigInteger),
    CheckConstraint("id = 1", name="single"),
)
"""How far the continuous comparison of the ledger with its projections is, in the order of (store, variant)."""
