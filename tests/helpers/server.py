"""A real server process for tests: ``counterfoil-server serve`` over its own PostgreSQL, and devices that join it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from desktop.paths import Home
from desktop.settings import SecretsPlace, Settings
from desktop.sync.connect import engine_of
from desktop.sync.device_key import public_key_text
from desktop.sync.engine import SyncEngine
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import enrol
from desktop.usecases.start import Device, opened_device
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds

SETTINGS = Settings(secrets=SecretsPlace.FILE)
READY = "Counterfoil server ready on "


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ServerProcess:
    """A server that runs, with what it printed."""

    home: Path
    port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ("--sample-shop",)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        log = (self.home.parent / f"{self.home.name}.log").open("a", encoding="utf-8")
        where = ("--home", str(self.home), "--port", str(self.port))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync_server", "serve", *where, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        log.close()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(READY):
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        log_text = (self.home.parent / f"{self.home.name}.log").read_text(encoding="utf-8")
        raise AssertionError(f"the server did not start:\n{log_text}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def run(self, *arguments: str) -> str:
        """Run an operator's command beside it; gives what it prints."""
        command = [sys.executable, "-m", "sync_server", *arguments, "--home", str(self.home)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def code(self, *, store: str = "HS", kind: str = "till") -> str:
        """A fresh enrolment code."""
        return self.run("enrol-code", "--store", store, "--kind", kind)


@contextmanager
def running_server(home: Path, *arguments: str) -> Iterator[ServerProcess]:
    """A server for the length of a block."""
    home.mkdir(parents=True, exist_ok=True)
    server = ServerProcess(home, arguments=arguments or ("--sample-shop",))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def join(server: ServerProcess, folder: Path, *, store: str = "HS", kind: str = "till") -> Home:
    """Enrol a new home."""
    home = Home(folder)
    with closing(HttpEnrolmentDesk(server.url)) as desk:
        enrol(
            home,
            SETTINGS,
            desk,
            server.code(store=store, kind=kind),
            public_key_text=public_key_text,
            clock=SystemClock(),
            ids=TimeOrderedIds(),
        )
    return home


@contextmanager
def open_home(home: Home) -> Iterator[tuple[Device, SyncEngine]]:
    """An enrolled home with its engine, threads not started."""
    with opened_device(home, SETTINGS, clock=SystemClock(), ids=TimeOrderedIds()) as device:
        engine = engine_of(device)
        try:
            yield device, engine
        finally:
            engine.stop()
