"""Putting the server together: the application that workers run, and the program's entry."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from shared.clock import Clock, SystemClock
from shared.errors import BugError, CounterfoilError
from shared.ids import IdMaker, TimeOrderedIds
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import make_engine
from sync_server.db.migrate import migrate
from sync_server.db.sessions import Database
from sync_server.devices.endpoints import router as devices
from sync_server.errors import http_status_of
from sync_server.settings import ServerSettings

ROUTERS = (devices,)
"""Every noun's router."""

_DESCRIPTION = """The central server of Counterfoil: it syncs tills and offices and takes the orders of channels.

Channels send their API key as a bearer token; money is in decimal strings. Devices speak the binary protocol under
`/sync`, described in docs/protocol.md."""


def create_app(
    settings: ServerSettings, *, clock: Clock | None = None, ids: IdMaker | None = None, has_background: bool = True
) -> FastAPI:
    """The application of one worker.

    Args:
        settings: without a ``database_url`` the worker starts the embedded PostgreSQL of ``settings.home``.
        clock: the server's time, else the system's.
        ids: the server's identifiers.
        has_background: whether the threads that follow the data run too (the projector of stock levels).
    """
    used_clock = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            url = settings.database_url or stack.enter_context(EmbeddedPostgres(settings.home))
            engine = make_engine(settings, url)
            stack.callback(engine.dispose)
            migrate(engine, used_clock)
            app.state.database = Database(engine, used_clock, ids or TimeOrderedIds(used_clock))
            yield

    app = FastAPI(title="Counterfoil", version="0.1.0", description=_DESCRIPTION, lifespan=lifespan)
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(CounterfoilError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    return app


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CounterfoilError)
    if isinstance(error, BugError):
        structlog.get_logger().error("bug", path=request.url.path, exc_info=error)
    body, status = error.as_dict(), http_status_of(error)
    if request.url.path.startswith("/sync/"):
        return Response(msgspec.msgpack.encode(body), status, media_type="application/vnd.counterfoil.msgpack")
    return JSONResponse(body, status)


async def _answer_malformed(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    fields = [{"where": ".".join(str(part) for part in e["loc"]), "why": e["msg"]} for e in error.errors()]
    body = {"error": "request_malformed", "message": "The request is not as documented.", "data": {"fields": fields}}
    return JSONResponse(body, 422)


def app_from_environment() -> FastAPI:
    """What each uvicorn worker process builds; the parent put the settings into the environment."""
    return create_app(ServerSettings())


def main() -> None:
    """``counterfoil-server``."""
    from sync_server.cli import run

    raise SystemExit(run(os.sys.argv[1:]))  # type: ignore[attr-defined]
