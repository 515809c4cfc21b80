"""A real server process with a shop of any size, and tills that join it, for the benchmarks that go over HTTP."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
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
class Work:
    """How long something took, and the processor seconds it cost the server's worker and its PostgreSQL."""

    seconds: float
    worker_seconds: float
    database_seconds: float

    def each(self, count: int) -> str:
        """The processor time per piece, in words."""
        worker, database = (1000 * spent / count for spent in (self.worker_seconds, self.database_seconds))
        return f"CPU each: server {worker:.2f} ms, PostgreSQL {database:.2f} ms"


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

    def work_of(self, action: Callable[[], object]) -> Work:
        """What the server worked for an action; tells more than the seconds where others use the machine too."""
        worker, database = self.server.process.pid, self._database_processes()
        before = _cpu_seconds([worker]), _cpu_seconds(database)
        seconds = seconds_of(action)
        after = _cpu_seconds([worker]), _cpu_seconds(self._database_processes())
        return Work(seconds, after[0] - before[0], after[1] - before[1])

    def _database_processes(self) -> list[int]:
        postmaster = (self.server.home / "postgres" / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [int(child) for child in children.split()]

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


def _cpu_seconds(process_ids: list[int]) -> float:
    """User and system time of processes so far, those that have ended left out."""
    ticks = 0
    for process_id in process_ids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def served_shop(
    products: int = 0, *, workers: int = 1, write: Callable[[Path, int], None] = write_catalogue
) -> Iterator[ServedShop]:
    """A server on its own PostgreSQL with the sample shop and so many products more, made up unless ``write`` is given."""
    os.environ.setdefault("COUNTERFOIL_SECRETS", "file")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        server = ServerProcess.start(
            folder / "server", folder / "server.log", arguments=["--sample-shop", "--workers", str(workers)]
        )
        try:
            catalogue = folder / "catalogue.csv"
            write(catalogue, products)
            seconds = seconds_of(lambda: server.command("import-catalogue", str(catalogue))) if products else 0.0
            yield ServedShop(server, folder, seconds)
        finally:
            server.stop()
