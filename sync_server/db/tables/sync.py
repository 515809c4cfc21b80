"""The feed: every aggregate once per scope at its latest position, and who this server is."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from sync_server.db.tables.base import server_metadata

sync_scope = Table(
    "sync_scope",
    server_metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text(collation="C"), nullable=False, unique=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("mark", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("pruned_position", BigInteger, nullable=False, server_default=text("0")),
    Column("pruned_mark", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("stamped_at", BigInteger, nullable=False, server_default=text("0")),
)
"""A scope, its newest position, the random mark of the transaction that stamped it and when, as its stamp has it.

Up to ``pruned_position`` nothing is kept of what left or was deleted. A device that stands before it starts anew,
unless its cursor carries ``pruned_mark``: then it began to fill the scope after that pruning.
"""

sync_row = Table(
    "sync_row",
    server_metadata,
    Column("entity", Text(collation="C"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("scope_id", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    CheckConstraint("state IN ('live', 'left', 'deleted')", name="state"),
    Index("ix_sync_row_scope_id_position", "scope_id", "position", unique=True),
    postgresql_with={"fillfactor": "80"},
)
"""An aggregate in a scope at its latest position; rows of what left or was deleted stay and keep the version."""

sync_stamp = Table(
    "sync_stamp",
    server_metadata,
    Column("scope_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary, nullable=False),
    Column(
        "stamped_at",
        BigInteger,
        nullable=False,
        server_default=text("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
    ),
)
"""The last position of each stamping transaction, its mark and the database's time, UTC microseconds; pruned.

Within a scope the time never goes back, even if the database's clock does.
"""

sync_bucket = Table(
    "sync_bucket",
    server_metadata,
    Column("scope_id", Integer, primary_key=True, autoincrement=False),
    Column("entity", Text(collation="C"), primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("rows", BigInteger, nullable=False),
    Column("high", BigInteger, nullable=False),
    Column("low", BigInteger, nullable=False),
    postgresql_with={"fillfactor": "50"},
)
"""One of 256 buckets of an entity in a scope: how many live rows, and the sums of their leaves' upper and lower 32 bits
(``shared.sync.buckets``). Kept by the stamping; half-empty pages keep its updates on their own page."""

sync_touch = Table(
    "sync_touch",
    server_metadata,
    Column("xact", BigInteger, nullable=False),
    Column("entity", Text(collation="C"), nullable=False),
    Column("ids", ARRAY(Uuid), nullable=False),
    Index("ix_sync_touch_xact", "xact"),
    prefixes=["UNLOGGED"],
)
"""What the running transactions have touched: one row per statement, with the ids of the aggregates' roots."""

sync_marker = Table(
    "sync_marker",
    server_metadata,
    Column("xact", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["UNLOGGED"],
)
"""One row per running transaction that touched anything; carries the deferred trigger that stamps."""

server_state = Table(
    "server_state",
    server_metadata,
    Column("id", Integer, primary_key=True, server_default=text("1")),
    Column("server_id", Uuid, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("timeline", Text, nullable=False, server_default=text("''")),
    Column("system_identifier", Text, nullable=False, server_default=text("''")),
    CheckConstraint("id = 1", name="single"),
)
"""One row: who this server is, its epoch, and the secret that signs tokens.

``timeline`` and ``system_identifier`` are what PostgreSQL said of itself in this epoch; other ones begin a new epoch.
"""
