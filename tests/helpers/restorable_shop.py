"""A real server whose database can be backed up and put back, with real tills and offices that sync over HTTP."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from sqlalchemy import func, select, text

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, identity_of
from desktop.sync.connect import server_of
from desktop.sync.cycle import CycleReport, SyncCycle
from desktop.sync.device_key import public_key_text
from desktop.sync.server_port import SyncServer
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.ui.equipment import equipment_at
from desktop.usecases.enrol import enrol
from desktop.usecases.start import Device, opened_device
from desktop.usecases.till import Till
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.catalogue import Product, Variant
from shared.schema.inbox import InboxEntry
from shared.schema.registry import AGGREGATES
from shared.schema.sales import CashMovement, Sale
from shared.schema.stock import StockLevel
from sync_server.chain import service as chain
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.migrate import migrate
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_enrol_code
from sync_server.inventory.service import verify_stock
from sync_server.main import create_app
from sync_server.sample_shop.service import load_sample_shop
from sync_server.settings import ServerSettings
from tests.helpers.replica import PINS
from tests.helpers.server import SETTINGS, free_port

CANDLE, LOAF = "CND-CEDAR", "SOU-SEED-800"
DATABASE = "counterfoil"
"""What the database of a real server is called in these stories."""
_numbers = count(1)


@dataclass
class ServedDatabase:
    """One server on one port; its database may be exchanged while it is stopped.

    Attributes:
        database_url: what it serves.
        home: holds its marker.
    """

    database_url: str
    home: Path
    port: int = field(default_factory=free_port)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None
    _app: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Database:
        """The running worker's."""
        found = self._app.state.database
        assert isinstance(found, Database)
        return found

    def start(self) -> None:
        """Serve, on a thread."""
        settings = ServerSettings(home=self.home, database_url=self.database_url, pool_size=6)
        self._app = create_app(settings)
        config = uvicorn.Config(
            self._app, port=self.port, log_config=None, access_log=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.01)
        assert self._server.started

    def stop(self) -> None:
        """End it; its database stays."""
        if self._server is not None:
            assert self._thread is not None
            self._app.state.board.close()
            self._server.should_exit = True
            self._thread.join(20)
            assert not self._thread.is_alive()
            self._server = None


def fill_shop(database_url: str, home: Path) -> None:
    """Put the sample shop into a database; its tills see each other's stock and receipts."""
    engine = make_engine(ServerSettings(home=home, database_url=database_url))
    try:
        migrate(engine)
        database = Database(engine, SystemClock(), TimeOrderedIds())
        load_sample_shop(database)
        with database.writing() as connection:
            chain.set_setting(connection, "share_across_stores", "true")
    finally:
        engine.dispose()


@contextmanager
def served(database_url: str, home: Path) -> Iterator[ServedDatabase]:
    """A server on a database."""
    server = ServedDatabase(database_url, home)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def copy_database(cluster_url: str, source: str, target: str) -> None:
    """Replace a database by a copy of another's files; nobody may be connected to either."""
    with psycopg.connect(connection_text(cluster_url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY".encode())


def name_in(url: str) -> str:
    """The database's name in a URL."""
    return url.rpartition("/")[2].partition("?")[0]


@contextmanager
def backed_up(server: ServedDatabase, cluster_url: str) -> Iterator[str]:
    """A copy of the database as it stands now; the server is stopped for the copy."""
    backup = f"backup_{uuid.uuid4().hex[:12]}"
    server.stop()
    copy_database(cluster_url, name_in(server.database_url), backup)
    server.start()
    try:
        yield backup
    finally:
        with psycopg.connect(connection_text(cluster_url), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {backup} WITH (FORCE)".encode())


def restore(server: ServedDatabase, cluster_url: str, backup: str) -> None:
    """Put a backup in the database's place, and serve it."""
    server.stop()
    copy_database(cluster_url, backup, name_in(server.database_url))
    server.start()


@dataclass
class Desk:
    """One device and its sync."""

    device: Device
    server: SyncServer
    cycle: SyncCycle

    @property
    def replica(self) -> Replica:
        return self.device.replica

    @property
    def me(self) -> DeviceIdentity:
        with self.replica.read() as connection:
            return identity_of(connection)

    def sync(self) -> CycleReport:
        """One cycle that must reach a consistent point."""
        report = self.cycle.run()
        assert report.is_consistent
        assert report.failure is None, report.failure
        return report

    def till(self) -> Till:
        """Its till, Priya logged in, a shift open."""
        equipment = equipment_at(self.device.home.folder, self.device.clock)
        till = Till(self.replica, clock=self.device.clock, ids=self.device.ids, equipment=equipment)
        till.login("priya", PINS["priya"])
        if till.state().shift is None:
            till.open_shift(till.money("100.00"))
        return till

    def put_cash(self, amount: int = 100) -> uuid.UUID:
        """Record a cash movement; gives its id."""
        with self.replica.write() as unit:
            me, made = identity_of(unit.connection), unit.ids.new()
            row = {"id": made, "store_id": me.store_id, "device_id": me.device_id, "shift_id": me.device_id}
            row |= {"user_id": me.device_id, "kind": "paid_in", "amount": amount, "reason": "change"}
            unit.record("cash_movement", {**row, "at": unit.clock.now()})
        return made

    def rename(self, sku: str, name: str) -> None:
        """Edit a product's name."""
        product_id = self.product_id(sku)
        with self.replica.write() as unit:
            unit.edit("product", product_id, {"name": name}, edited_by=name)

    def describe(self, sku: str, words: str) -> None:
        """Edit a product's description."""
        product_id = self.product_id(sku)
        with self.replica.write() as unit:
            unit.edit("product", product_id, {"description": words}, edited_by=words)

    def product_id(self, sku: str) -> uuid.UUID:
        with self.replica.read() as connection:
            return connection.execute(select(Variant.product_id).where(Variant.sku == sku)).scalar_one()

    def variant_id(self, sku: str) -> uuid.UUID:
        with self.replica.read() as connection:
            return connection.execute(select(Variant.id).where(Variant.sku == sku)).scalar_one()

    def product(self, sku: str) -> tuple[str, str]:
        """Its name and description."""
        with self.replica.read() as connection:
            found = connection.execute(
                select(Product.name, Product.description).where(Product.id == self.product_id(sku))
            ).one()
            return found[0], found[1]

    def cash(self) -> set[uuid.UUID]:
        with self.replica.read() as connection:
            return set(connection.execute(select(CashMovement.id)).scalars())

    def sales(self) -> set[uuid.UUID]:
        with self.replica.read() as connection:
            return set(connection.execute(select(Sale.id)).scalars())

    def shown_stock(self, sku: str) -> int:
        """On hand in the own store: the pulled level and what is expected on top, thousandths."""
        variant_id = self.variant_id(sku)
        with self.replica.read() as connection:
            store_id = identity_of(connection).store_id
            level = connection.execute(
                select(func.sum(StockLevel.on_hand)).where(
                    StockLevel.variant_id == variant_id, StockLevel.store_id == store_id
                )
            ).scalar()
            own = "SELECT coalesce(sum(quantity), 0) FROM expected_stock WHERE variant_id = ? AND store_id = ?"
            expected = connection.exec_driver_sql(own, (variant_id.bytes, store_id.bytes)).scalar_one()
        return int(level or 0) + int(expected)

    def inbox(self, kind: str = "") -> Sequence[Any]:
        """The entries on this device, of one kind."""
        query = select(InboxEntry.kind, InboxEntry.field, InboxEntry.entity_id, InboxEntry.reason)
        with self.replica.read() as connection:
            return connection.execute(query.where(InboxEntry.kind == kind) if kind else query).all()

    def agrees(self) -> bool:
        """Whether every scope here is what the server holds, byte for byte."""
        from desktop.replica.digests import replica_digests

        with self.replica.read() as connection:
            here = {each.scope: (each.rows, each.digest) for each in replica_digests(connection)}
        there = {each.scope: (each.rows, each.digest) for each in self.server.digest(sorted(here)).digests}
        return here == there


@contextmanager
def joined(server: ServedDatabase, folder: Path, *, store: str = "HS", kind: str = "till") -> Iterator[Desk]:
    """A device that joins and fetches the shop."""
    home = Home(folder / f"{kind}-{next(_numbers)}")
    with server.database.writing() as connection:
        code = make_enrol_code(connection, server.database.clock, store_code=store, kind=kind)
    with closing(HttpEnrolmentDesk(server.url)) as desk:
        enrol(
            home,
            SETTINGS,
            desk,
            code,
            public_key_text=public_key_text,
            clock=SystemClock(),
            ids=TimeOrderedIds(),
        )
    with reopened(home) as opened:
        opened.sync()
        yield opened


@contextmanager
def reopened(home: Home) -> Iterator[Desk]:
    """The same device, started again."""
    with ExitStack() as stack:
        device = stack.enter_context(opened_device(home, SETTINGS, clock=SystemClock(), ids=TimeOrderedIds()))
        server = stack.enter_context(closing(server_of(device)))
        yield Desk(device, server, SyncCycle(device.replica, server))


def settle(server: ServedDatabase, *desks: Desk) -> None:
    """Let everybody sync until nobody has anything to send and everybody agrees with the server and the ledger."""
    for _ in range(3):
        for desk in desks:
            desk.sync()
    verification = verify_stock(server.database)
    assert verification.differences == ()
    for desk in desks:
        desk.sync()
        desk.sync()
        with desk.replica.read() as connection:
            waiting = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE state = 'waiting'").scalar_one()
        assert waiting == 0
        assert desk.agrees()


def count_rows(server: ServedDatabase, table: str, where: str = "true") -> int:
    """Rows of a table of the server."""
    assert table in {each.name for aggregate in AGGREGATES.values() for each in aggregate.tables} | {
        "recovery_window",
        "epoch_log",
    }
    with server.database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())
