"""Running the workers, and saying when they are ready."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import threading
from http import HTTPStatus

import uvicorn

from shared.errors import EnvironmentFailure
from sync_server.main import create_app
from sync_server.settings import ServerSettings

_READY_POLL_SECONDS = 0.05
_SHUTDOWN_SECONDS = 3


def leave_on_sigterm() -> None:
    """Let SIGTERM unwind the process as an exit does, so that its own PostgreSQL is stopped too.

    uvicorn passes a signal on once it has shut down; without this the process would end in that very moment.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def run_server(settings: ServerSettings, *, host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it; prints ``Counterfoil server ready on http://…`` once it answers.

    Args:
        settings: with the URL of a database that is up to date.
        host: address to listen on.
        port: TCP port.
        workers: one runs in this process, more in processes of their own.

    Raises:
        EnvironmentFailure: ``port_taken``.
    """
    ended = threading.Event()
    announcer = threading.Thread(target=_announce, args=(host, port, ended), daemon=True)
    announcer.start()
    try:
        if workers == 1:
            _run_here(settings, host, port)
        else:
            _run_many(settings, host, port, workers)
    finally:
        ended.set()


def _run_here(settings: ServerSettings, host: str, port: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )
    try:
        server.run()
    except SystemExit as leaving:
        if not server.started:
            raise _port_taken(host, port) from leaving
        raise
    if not server.started:
        raise _port_taken(host, port)


def _run_many(settings: ServerSettings, host: str, port: int, workers: int) -> None:
    os.environ["COUNTERFOIL_DATABASE_URL"] = settings.database_url
    os.environ["COUNTERFOIL_HOME"] = str(settings.home)
    uvicorn.run(
        "sync_server.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


def _port_taken(host: str, port: int) -> EnvironmentFailure:
    return EnvironmentFailure(
        "port_taken",
        f"The server could not listen on {host}:{port}. Stop what runs there, or choose another with --port.",
        host=host,
        port=port,
    )


def _announce(host: str, port: int, ended: threading.Event) -> None:
    """Wait until the server answers, then say so on standard output."""
    # 0.0.0.0 and :: mean every address of this machine, so any of them will do for a look.
    listens_everywhere = not host.strip("0.:")
    shown = "127.0.0.1" if listens_everywhere else host
    while not ended.wait(_READY_POLL_SECONDS):
        if _answers(shown, port):
            sys.stdout.write(f"Counterfoil server ready on http://{shown}:{port}\n")
            sys.stdout.flush()
            return


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
