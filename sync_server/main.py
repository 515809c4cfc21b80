"""Putting the server together: the application that workers run, and the program's entry."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from types import FrameType
from typing import Protocol

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from shared.clock import Clock, SystemClock
from shared.errors import BugError, CounterfoilError, EnvironmentFailure
from shared.ids import IdMaker, TimeOrderedIds
from sync_server.auth.channel_cache import ChannelCache
from sync_server.auth.token_service import TokenCache
from sync_server.catalogue.endpoints import router as catalogue
from sync_server.catalogue.service import OfferCache
from sync_server.customers.endpoints import router as customers
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.migrate import migrate
from sync_server.db.pokes import Listener, Poker
from sync_server.db.sessions import Database, DBAPIError, PoolTimeout, is_unwell
from sync_server.devices.endpoints import router as devices
from sync_server.devices.revocation_service import RevocationKeeper
from sync_server.devices.seen_service import SeenBoard
from sync_server.epochs.watch import EpochWatch
from sync_server.errors import http_status_of
from sync_server.health.endpoints import router as health
from sync_server.inventory.endpoints import router as stock
from sync_server.inventory.keeper import StockKeeper
from sync_server.inventory.projector import StockProjector
from sync_server.orders.endpoints import place_shortly
from sync_server.orders.endpoints import router as orders
from sync_server.orders.sweeper import OrderSweeper
from sync_server.repricing.repricer import Repricer
from sync_server.sales.endpoints import router as reports
from sync_server.settings import ServerSettings
from sync_server.short_way import ShortWay
from sync_server.snapshots.builder import SnapshotBuilder
from sync_server.snapshots.endpoints import router as snapshots
from sync_server.snapshots.service import shelf_of
from sync_server.sync import short_calls
from sync_server.sync.encoding import CONTENT_TYPE, packed
from sync_server.sync.endpoints import router as sync
from sync_server.sync.event_endpoints import router as events
from sync_server.sync.heads import HeadsBoard
from sync_server.sync.housekeeping import Housekeeper
from sync_server.sync.idle_desk import IdleDesk
from sync_server.sync.idle_service import answer_idle
from sync_server.sync.known_scopes import KnownScopes
from sync_server.sync.load_gate import GateBounds, LoadGate, spread_pause
from sync_server.sync.quarantine_endpoints import router as quarantine
from sync_server.sync.reconciler import Reconciler
from sync_server.sync.reference_watch import ReferenceWatch
from sync_server.sync.repair_endpoints import router as repair
from sync_server.sync.verify_endpoints import router as digests

ROUTERS = (
    health,
    devices,
    sync,
    repair,
    snapshots,
    events,
    catalogue,
    orders,
    reports,
    stock,
    digests,
    quarantine,
    customers,
)
"""Every noun's router."""

SHORT_CALLS = {"/sync/push": short_calls.push, "/sync/pull": short_calls.pull, "/orders": place_shortly}
"""The calls that have a short way beside their endpoint."""

_DESCRIPTION = """The central server of Counterfoil: it syncs tills and offices and takes the orders of channels.

Channels send their API key as a bearer token; money is in decimal strings. Devices speak the binary protocol under
`/sync`, described in docs/protocol.md."""
_log = structlog.get_logger(__name__)
_chance = random.SystemRandom().random


class _Background(Protocol):
    """What works behind the requests: the followers, and the builder of snapshot files."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End after what is under way."""
        ...


def create_app(
    settings: ServerSettings, *, clock: Clock | None = None, ids: IdMaker | None = None, has_background: bool = True
) -> FastAPI:
    """The application of one worker.

    Args:
        settings: without a ``database_url`` the worker starts the embedded PostgreSQL of ``settings.home``.
        clock: the server's time, else the system's.
        ids: the server's identifiers.
        has_background: whether the threads that follow the data run too (stock levels, lapsed promises, old marks).
    """
    used_clock = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            url = settings.database_url or stack.enter_context(EmbeddedPostgres(settings.home))
            engine = make_engine(settings, url)
            stack.callback(engine.dispose)
            migrate(engine, used_clock)
            used_ids = ids or TimeOrderedIds(used_clock)
            keeper = RevocationKeeper(settings.home, used_clock)
            watch = EpochWatch(engine, settings.home, used_clock, used_ids, keeper.follow)
            watch.start()
            stack.callback(watch.stop)
            app.state.look_at_history = watch.look
            database = Database(engine, used_clock, used_ids)
            board = HeadsBoard()
            app.state.database = database
            app.state.board = board
            app.state.seen = SeenBoard(database)
            app.state.channels = ChannelCache()
            app.state.tokens = TokenCache()
            app.state.offers = OfferCache()
            app.state.heartbeat_seconds = settings.heartbeat_seconds
            bounds = GateBounds(settings.sync_at_work, settings.sync_waiting, settings.sync_wait_seconds)
            app.state.push_gate = LoadGate("push", bounds, _chance)
            app.state.known_scopes = KnownScopes()
            app.state.idle_desk = IdleDesk(
                partial(answer_idle, database, app.state.known_scopes), bounds.waiting, bounds.wait_seconds
            )
            app.state.pull_gate = LoadGate("pull", bounds, _chance)
            app.state.snapshots = shelf_of(settings)
            app.state.snapshot_rows_min = settings.snapshot_rows_min
            app.state.snapshot_builder = None
            _prepare_routes(app)
            stack.enter_context(_pokes(settings, url, database, board))
            stack.enter_context(_streams_ended_first(board))
            if has_background:
                builder = SnapshotBuilder(settings.model_copy(update={"database_url": url}))
                app.state.snapshot_builder = builder
                followers: list[_Background] = [
                    StockProjector(database),
                    StockKeeper(database),
                    Repricer(database, lambda: app.state.push_gate.at_work > 0),
                    OrderSweeper(database),
                    app.state.seen,
                    builder,
                    Housekeeper(database),
                    Reconciler(database),
                    ReferenceWatch(database),
                ]
                for follower in followers:
                    follower.start()
                    stack.callback(follower.stop)
            yield

    app = FastAPI(title="Counterfoil", version="0.1.0", description=_DESCRIPTION, lifespan=lifespan)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(ShortWay, calls=SHORT_CALLS, refusal=_refusal)
    app.add_exception_handler(CounterfoilError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_exception_handler(DBAPIError, _answer_database_failure)
    app.add_exception_handler(PoolTimeout, _answer_database_failure)
    return app


def _prepare_routes(app: FastAPI) -> None:
    """Let every router work out its endpoints now; otherwise the first request waits for that."""
    nowhere = {"type": "http", "method": "GET", "path": "/nowhere", "root_path": "", "headers": [], "query_string": b""}
    for route in app.routes:
        route.matches(nowhere)


@contextmanager
def _pokes(settings: ServerSettings, url: str, database: Database, board: HeadsBoard) -> Iterator[None]:
    """Notices after commits, and the look at the heads while somebody listens."""
    plain_url = connection_text(url)
    poker = Poker(plain_url, settings.poke_interval_ms / 1_000)
    listener = Listener(plain_url, settings.heads_interval_ms / 1_000, board.has_listeners, board.show)
    poker.start()
    listener.start()
    database.after_commit = poker.poke
    yield
    board.close()
    listener.stop()
    poker.stop()


@contextmanager
def _streams_ended_first(board: HeadsBoard) -> Iterator[None]:
    """End the event streams as soon as the worker is told to stop; it waits for open answers, and they have no end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        board.close()
        following = previous[signal.Signals(number)]
        if callable(following):
            following(number, frame)

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CounterfoilError)
    return _refusal(request.url.path, error)


def _refusal(path: str, error: CounterfoilError) -> Response:
    if isinstance(error, BugError):
        _log.error("bug", path=path, exc_info=error)
    body, status = error.as_dict(), http_status_of(error)
    pause = error.data.get("retry_after_seconds")
    headers = None if pause is None else {"Retry-After": str(pause)}
    if path.startswith("/sync/"):
        return Response(packed(body), status, headers, media_type=CONTENT_TYPE)
    return JSONResponse(body, status, headers)


async def _answer_database_failure(request: Request, error: Exception) -> Response:
    """The database is away or overloaded: the caller tries again later, nothing is lost. The rest are bugs of ours."""
    if isinstance(error, DBAPIError) and not is_unwell(error):
        bug = BugError("database_refused", "The server made a mistake with the database. Report it with this time.")
        bug.__cause__ = error
        return await _answer_error(request, bug)
    _log.error("database failure", path=request.url.path, reason=str(error))
    failure = EnvironmentFailure(
        "database_unavailable",
        "The server's database does not answer. Try again in a moment.",
        retry_after_seconds=spread_pause(_chance),
    )
    return await _answer_error(request, failure)


async def _answer_malformed(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    fields = [{"where": ".".join(str(part) for part in e["loc"]), "why": e["msg"]} for e in error.errors()]
    body = {"error": "request_malformed", "message": "The request is not as documented.", "data": {"fields": fields}}
    return JSONResponse(body, 422)


def app_from_environment() -> FastAPI:
    """What each worker process builds when there are several; the parent put the settings into the environment."""
    return create_app(ServerSettings())
