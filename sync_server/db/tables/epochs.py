"""Histories of the database: epochs, the runs that served them, and what came back from devices after a restore."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, Uuid, text

from sync_server.db.tables.base import server_metadata

epoch_log = Table(
    "epoch_log",
    server_metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("timeline", Text, nullable=False, server_default=text("''")),
    Column("system_identifier", Text, nullable=False, server_default=text("''")),
    Column("tide", BigInteger, nullable=False),
    Column("name", LargeBinary, nullable=False, server_default=text("uuid_send(gen_random_uuid())")),
    Column("overtaken_at", BigInteger),
)
"""Every epoch: since when (UTC microseconds), why in one sentence, and the tide (sum of all positions) it began at.

``name`` is random: two histories may both come to a third epoch, not to one of the same name. ``overtaken_at`` is when
a device that proved the database to be an older one had last seen the newer (the database's clock, UTC microseconds):
what was changed in the epoch since was changed on the older one.
"""

server_run = Table(
    "server_run",
    server_metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
"""Each start of a worker. A home whose last run is not here is on a database from before that run."""

version_before = Table(
    "version_before",
    server_metadata,
    Column("entity", Text(collation="C"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""The version an aggregate came into an epoch with, kept when that epoch first changes it: what a device knows above
it was lost, what it knows below was not. Empty in the first epoch."""

recovered_aggregate = Table(
    "recovered_aggregate",
    server_metadata,
    Column("entity", Text(collation="C"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("offered_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""A document that came back from a device: the version it was offered at and the version it stands at since. As long
as it still does, nobody has edited it, and an offer of a later lost version wins."""

recovery_window = Table(
    "recovery_window",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("first_number", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Numbers of a device that were lost with a restore and that the device no longer keeps: accepted as missing, once."""
