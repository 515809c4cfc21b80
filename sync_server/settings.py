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
    log_level: str = "INFO"
