"""What one process keeps from seed to seed: the cluster, the template of the shop, enrolled homes, the application.

A seed gets a fresh copy of the template database under one fixed name, and fresh copies of the homes; so that it costs
a tenth of a second to begin and nothing of an earlier seed is left.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from structlog.testing import capture_logs

import sync_server.main
from desktop.paths import Home
from desktop.replica.driver import connect
from desktop.replica.fingerprint import fingerprint_of
from desktop.secrets import REPLICA_KEY, FileStore
from desktop.settings import SecretsPlace, Settings
from desktop.sync.device_key import public_key_text
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import enrol
from desktop.usecases.start import opened_device
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from shared.schema.registry import SCHEMA_VERSION
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_enrol_code
from sync_server.epochs.watch import EpochWatch
from sync_server.main import create_app
from sync_server.settings import ServerSettings
from tests.helpers.older_schema import OLDER
from tests.helpers.postgres import PostgresCluster, running_cluster
from tests.simulation import devices_disk, older_program
from tests.simulation.bridge import Bridge
from tests.simulation.line import Lines
from tests.simulation.small_shop import BEGIN, Channel, RootValues, fill, first_rows

SERVER_URL = "http://server.sim"
SETTINGS = Settings(secrets=SecretsPlace.FILE)
ROSTER = (("till-1", "HS", "till"), ("till-2", "HS", "till"), ("till-3", "ML", "till"), ("office", "HS", "office"))
"""Name, store and kind of the devices of every seed."""


class SeededIds:
    """Identifiers that are the same in every run of a seed."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock
        self.begin("nothing")

    def begin(self, seed: str) -> None:
        """Begin again from a seed."""
        self._maker = TimeOrderedIds(self._clock, random.Random(seed).randbytes)

    def new(self) -> object:
        """A fresh UUIDv7."""
        return self._maker.new()


class Stage:
    """One process's stage; made by ``open_stage``."""

    def __init__(self, cluster: PostgresCluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.database_name = f"simulated_{os.getpid()}"
        self.database_url = cluster.url_of(self.database_name)
        self.clock = SettableClock(BEGIN)
        self.ids = SeededIds(self.clock)
        self.lines = Lines()
        self.server_home = folder / "server"
        self.watches: list[EpochWatch] = []
        settings = ServerSettings(
            home=self.server_home, database_url=self.database_url, pool_size=4, snapshot_rows_min=1
        )
        app = create_app(settings, clock=self.clock, ids=self.ids, has_background=False)
        self.app = app
        self.bridge = Bridge(app)
        self.template = f"stage_{os.getpid()}"
        self.channel = Channel("")
        self.first_rows: RootValues = {}

    def watch(self, *arguments: Any) -> EpochWatch:
        """The worker's watch over the database's history; its look is a step of the seed, not of a thread."""
        made = EpochWatch(*arguments, interval_seconds=3_600.0)
        self.watches[:] = [made]
        return made

    @property
    def database(self) -> Database:
        """The running worker's database."""
        found = self.app.state.database
        assert isinstance(found, Database)
        return found

    def admin(self, *statements: str) -> None:
        """Run statements that concern whole databases."""
        with psycopg.connect(connection_text(self.cluster.url), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def copy_database(self, source: str, target: str) -> None:
        """Replace one database by a copy of another; nobody may be connected to the source."""
        self.admin(
            f"DROP DATABASE IF EXISTS {target} WITH (FORCE)",
            f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY",
        )

    def home_of(self, name: str) -> Home:
        """Where a device of the seed at hand lives."""
        return Home(self.folder / "homes" / name)

    def begin(self, seed: int, older: Collection[str] = ()) -> None:
        """Fresh database, fresh homes (these of an older program), the clock at the beginning."""
        self.clock.set(BEGIN)
        self.ids.begin(f"server {seed}")
        self.copy_database(self.template, self.database_name)
        for place in (self.folder / "homes", self.server_home):
            shutil.rmtree(place, ignore_errors=True)
        for name, *_ in ROSTER:
            shutil.copytree(self._prepared(is_older=name in older) / name, self.home_of(name).folder)
            restamp(self.home_of(name))
        self.server_home.mkdir(parents=True)

    def prepare(self) -> None:
        """Fill the template: the shop, its devices enrolled and in step."""
        self.admin(f"CREATE DATABASE {self.database_name} TEMPLATE {self.cluster._template}")
        self.server_home.mkdir(parents=True, exist_ok=True)
        self.ids.begin("preparation")
        self.bridge.start_app()
        self.channel = fill(self.database)
        with self.database.reading() as connection:
            self.first_rows = first_rows(connection)
        for name, store, kind in ROSTER:
            self._prepare_device(name, store, kind)
        for is_older in (False, True):
            for name, *_ in ROSTER:
                shutil.copytree(self.home_of(name).folder, self._prepared(is_older=is_older) / name)
                self._bring_in_step(Home(self._prepared(is_older=is_older) / name), is_older=is_older)
        self.bridge.stop_app()
        self.copy_database(self.database_name, self.template)

    def _prepared(self, *, is_older: bool) -> Path:
        return self.folder / ("prepared-older" if is_older else "prepared")

    def _prepare_device(self, name: str, store: str, kind: str) -> None:
        home = self.home_of(name)
        with self.database.writing() as connection:
            code = make_enrol_code(connection, self.clock, store_code=store, kind=kind)
        with self.lines.speaking(name, self.bridge.call), closing(HttpEnrolmentDesk(SERVER_URL)) as desk:
            enrol(
                home,
                SETTINGS,
                desk,
                code,
                public_key_text=public_key_text,
                clock=self.clock,
                ids=self.ids,
            )

    def _bring_in_step(self, home: Home, *, is_older: bool) -> None:
        restamp(home)
        if is_older:
            older_program.begin_older(home)
        schema = OLDER if is_older else SCHEMA_VERSION
        with (
            older_program.speaking(schema),
            self.lines.speaking(home.folder.name, self.bridge.call),
            opened_device(home, SETTINGS, clock=self.clock, ids=self.ids) as device,
        ):
            engine = older_program.engine_for(device, schema)
            engine.cycle()
            engine.stop()


def restamp(home: Home) -> None:
    """Let the replica of a home that the stage made by copying take the file it lies in for its own."""
    key = FileStore(home.secrets).get(REPLICA_KEY)
    assert key is not None
    connection = connect(home.replica, key)
    connection.execute("UPDATE identity SET fingerprint = ?", (fingerprint_of(home.replica),))
    connection.close()


@contextmanager
def open_stage() -> Iterator[Stage]:
    """A stage for as long as the block lasts. Everything lies in memory where the machine has such a place."""
    memory = Path("/dev/shm")
    place = str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(tempfile, "tempdir", place))
        stack.enter_context(capture_logs())
        cluster = stack.enter_context(running_cluster())
        folder = Path(tempfile.mkdtemp(prefix="counterfoil-simulation-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(mock.patch.object(sync_server.main, "_pokes", side_effect=lambda *_: nullcontext()))
        stack.enter_context(devices_disk.watched())
        stack.enter_context(older_program.installed())
        stage = Stage(cluster, folder)
        stack.enter_context(mock.patch.object(sync_server.main, "EpochWatch", stage.watch))
        stack.callback(stage.admin, f"DROP DATABASE IF EXISTS {stage.database_name} WITH (FORCE)")
        stack.callback(stage.bridge.close)
        stack.enter_context(stage.lines.instead_of_sockets())
        stage.prepare()
        yield stage
