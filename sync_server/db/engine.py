"""How the server connects: one pool per worker, every session with the same time limits."""

from __future__ import annotations

from sqlalchemy import URL, Engine, create_engine, make_url

from shared.errors import EnvironmentFailure
from sync_server.settings import ServerSettings

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
