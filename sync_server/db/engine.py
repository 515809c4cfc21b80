"""How the server connects: one pool per worker, every session with the same time limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import Connection as RawConnection
from sqlalchemy import URL, Engine, create_engine, event, make_url

from shared.errors import EnvironmentFailure
from sync_server.settings import ServerSettings

__all__ = ["Engine", "RawConnection"]

APPLICATION_NAME = "counterfoil"


def database_url(text: str) -> URL:
    """An operator's URL (``postgresql://…`` or ``postgres://…``) as one for our driver.

    Raises:
        EnvironmentFailure: ``database_url_invalid`` if it is not a PostgreSQL URL.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise EnvironmentFailure(
            "database_url_invalid",
            "The database URL must start with postgresql:// — correct COUNTERFOIL_DATABASE_URL.",
        )
    return make_url(f"postgresql+psycopg://{rest}")


def connection_text(text: str) -> str:
    """The same URL for psycopg itself."""
    return database_url(text).set(drivername="postgresql").render_as_string(hide_password=False)


def session_options(settings: ServerSettings) -> str:
    """What every session is opened with."""
    options = {
        "timezone": "UTC",
        "statement_timeout": settings.statement_timeout_ms,
        "idle_in_transaction_session_timeout": settings.idle_transaction_timeout_ms,
        "jit": "off",
    }
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def make_engine(settings: ServerSettings, url: str = "") -> Engine:
    """The pool of one process on ``url`` (else the settings' one). Connections are opened on first use."""
    return create_engine(
        database_url(url or settings.database_url),
        pool_size=settings.pool_size,
        max_overflow=4,
        pool_timeout=settings.pool_wait_seconds,
        pool_pre_ping=False,
        pool_use_lifo=True,
        connect_args={
            "options": session_options(settings),
            "application_name": APPLICATION_NAME,
            "connect_timeout": 10,
        },
    )


def side_engine(engine: Engine) -> Engine:
    """A connection or two to the same database beside the pool, for what must go on while the pool makes one."""
    return create_engine(
        engine.url,
        pool_size=1,
        max_overflow=1,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": f"{APPLICATION_NAME} aside", "options": "-c jit=off"},
    )


def call_for_new_connections(engine: Engine, look: Callable[[RawConnection], None]) -> Callable[[], None]:
    """Let ``look`` see each new connection of a pool before anybody uses it; what it raises keeps it from being used.

    Gives what ends this.
    """

    def see(raw: Any, record: object) -> None:
        del record
        look(raw)
        raw.rollback()

    event.listen(engine, "connect", see)
    return lambda: event.remove(engine, "connect", see)
