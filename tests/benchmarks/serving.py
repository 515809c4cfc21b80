"""A real server process with a shop of any size, and tills that join it, for the benchmarks that go over HTTP."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from desktop.demo.processes import DeskProcess, ServerProcess
from desktop.paths import Home
from desktop.settings import settings_from
from desktop.usecases.start import Device, opened_device
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.embedded import DATABASE_NAME, EmbeddedPostgres
from tests.benchmarks.big_shop import write_catalogue
from tests.benchmarks.figure import seconds_of


@dataclass(frozen=True, slots=True)
class ServedShop:
    """A server at work.

    Attributes:
        folder: for homes of tills and whatever else a benchmark keeps.
        import_seconds: how long the made-up catalogue took to import, the command's own start included.
    """

    server: ServerProcess
    folder: Path
    import_seconds: float

    @property
    def database_url(self) -> str:
        """The URL of the server's own PostgreSQL."""
        return EmbeddedPostgres(self.server.home).url(DATABASE_NAME)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the server's database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement in the server's database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement)

    def enrol_code(self) -> str:
        """A one-time code for one more till in Harbour Street."""
        return self.server.command("enrol-code", "--store", "HS")

    @contextlib.contextmanager
    def enrolled_till(self, name: str) -> Iterator[Device]:
        """A till that has joined and holds the whole shop, opened in this process."""
        home = Home(self.folder / name)
        DeskProcess.enrol(home.folder, self.server.url, self.enrol_code())
        clock = SystemClock()
        with opened_device(home, settings_from(), clock=clock, ids=TimeOrderedIds(clock)) as device:
            yield device


@contextlib.contextmanager
def served_shop(products: int = 0) -> Iterator[ServedShop]:
    """A server on its own PostgreSQL with the sample shop and so many made-up products more."""
    os.environ.setdefault("COUNTERFOIL_SECRETS", "file")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        server = ServerProcess.start(folder / "server", folder / "server.log", arguments=["--sample-shop"])
        try:
            catalogue = folder / "catalogue.csv"
            write_catalogue(catalogue, products)
            seconds = seconds_of(lambda: server.command("import-catalogue", str(catalogue))) if products else 0.0
            yield ServedShop(server, folder, seconds)
        finally:
            server.stop()
