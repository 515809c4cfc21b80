"""Two PostgreSQL servers of their own: a primary and an asynchronous standby, to fail over from one to the other."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sync_server.db.embedded import give_to_server_user, programs_for, run_program
from tests.helpers.server import free_port

_ROLE = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One server with its data folder; it runs as whoever the embedded one runs as."""

    data: Path
    port: int

    @property
    def url(self) -> str:
        """Of its maintenance database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{_ROLE}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Initialise an empty cluster that trusts this machine."""
        self._own_folder()
        access = ("--auth-local=trust", "--auth-host=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.run("initdb", "-D", str(self.data), "-U", _ROLE, *access)

    def make_standby_of(self, primary: PostgresServer) -> None:
        """Copy a running primary, to follow it from then on."""
        self._own_folder()
        where = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", _ROLE)
        self.run("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "--no-sync", *where)

    def start(self) -> None:
        """Run it."""
        options = " ".join(f"-c {name}='{value}'" for name, value in {**_SETTINGS, "port": str(self.port)}.items())
        self.run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """End it; an immediate end is a crash."""
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-w", "-m", how, "-D", str(self.data), "stop")

    def promote(self) -> None:
        """Make a standby the primary: a new timeline begins."""
        self.run("pg_ctl", "-w", "-D", str(self.data), "promote")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs."""
        run_program(programs_for(self.data) / program, *arguments)

    def ask(self, statement: str, database: str = "postgres") -> object:
        """The first value of a statement's first row, or nothing."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return None if row is None else row[0]

    def _own_folder(self) -> None:
        self.data.mkdir(mode=0o700, parents=True)
        give_to_server_user(self.data)


def server_at(folder: Path) -> PostgresServer:
    """A server that is not made yet, on a free port."""
    return PostgresServer(folder, free_port())


@contextmanager
def running_primary(folder: Path, database: str) -> Iterator[PostgresServer]:
    """A running server with one empty database, while the block lasts."""
    server = server_at(folder)
    server.make()
    server.start()
    try:
        server.ask(f"CREATE DATABASE {database}")
        yield server
    finally:
        server.stop()


@contextmanager
def running_standby(folder: Path, primary: PostgresServer) -> Iterator[PostgresServer]:
    """A server that follows a running one, a moment behind, while the block lasts."""
    server = server_at(folder)
    server.make_standby_of(primary)
    server.start()
    try:
        yield server
    finally:
        server.stop()
