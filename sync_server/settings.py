"""What an operator may set: the home folder, the database, and the limits of one server process."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServerSettings(BaseSettings):
    """Settings of one server, from the environment (``COUNTERFOIL_…``) or from the command line.

    Attributes:
        home: folder of everything the server keeps on this machine (embedded database, secret, logs).
        database_url: a PostgreSQL ≥ 15 of the operator's own; without it the server starts its own under ``home``.
        pool_size: database connections of one worker.
        statement_timeout_ms: after which the database gives up on one statement.
        idle_transaction_timeout_ms: after which the database ends a transaction that does nothing.
        poke_interval_ms: at most one notice to other workers in this time.
        heads_interval_ms: how often a worker with listeners looks at the heads for itself.
        heartbeat_seconds: between two comments on an event stream.
        pull_target_bytes: about how large one answer to a pull may grow.
        snapshot_rows_min: scopes with fewer rows come by pages only.
        snapshot_cache_mib: how much room finished snapshot files may take.
        sync_at_work: pushes that one worker takes at once, and as many pulls; together less than the pool.
        sync_waiting: pushes, and pulls, that may wait for a place in one worker.
        sync_wait_seconds: after which one that waits is asked to come again.
        pool_wait_seconds: after which whatever waits for a database connection is asked to come again.
    """

    model_config = SettingsConfigDict(env_prefix="COUNTERFOIL_", extra="ignore", frozen=True)

    home: Path = platformdirs.user_data_path("counterfoil", appauthor=False)
    database_url: str = ""
    pool_size: int = 16
    statement_timeout_ms: int = 60_000
    idle_transaction_timeout_ms: int = 10_000
    poke_interval_ms: int = 5
    heads_interval_ms: int = 200
    heartbeat_seconds: int = 15
    pull_target_bytes: int = 1024 * 1024
    snapshot_rows_min: int = 5_000
    snapshot_cache_mib: int = 4_096
    sync_at_work: int = 6
    sync_waiting: int = 256
    sync_wait_seconds: float = 10.0
    pool_wait_seconds: float = 10.0
    log_level: str = "INFO"
