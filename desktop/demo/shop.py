"""The chain the demo plays on: one server, two stores with two tills each, one office, and the web."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from desktop.demo.processes import DeskProcess, ServerProcess
from desktop.demo.web_shop import WebShop

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """One device of the demo: where it stands and who works at it."""

    key: str
    store: str
    kind: str
    number: int
    user: str
    pin: str

    @property
    def title(self) -> str:
        """``Harbour Street till 1``."""
        place = {"HS": "Harbour Street", "ML": "Mill Lane"}[self.store]
        return f"{place} {self.kind} {self.number}"

    @property
    def name(self) -> str:
        """``Till 1``, as it stands on the till itself."""
        return f"Till {self.number}" if self.kind == "till" else "Office"


DESKS = (
    Desk("hs1", "HS", "till", 1, "mara", "2580"),
    Desk("hs2", "HS", "till", 2, "priya", "3690"),
    Desk("ml1", "ML", "till", 1, "theo", "1470"),
    Desk("ml2", "ML", "till", 2, "ada", "9021"),
    Desk("office", "HS", "office", 1, "jonas", "4826"),
)


@dataclass(slots=True)
class Chain:
    """Everything that runs.

    Attributes:
        folder: where homes, logs and pictures of this run are.
        tills: the four tills, in the order of ``DESKS``.
    """

    folder: Path
    server: ServerProcess
    web: WebShop
    desks: dict[str, DeskProcess] = field(default_factory=dict)

    @property
    def tills(self) -> list[DeskProcess]:
        """The tills in the order of ``DESKS``."""
        return [self.desks[desk.key] for desk in DESKS if desk.kind == "till"]

    def home(self, key: str) -> Path:
        """The home of a device."""
        return self.folder / "homes" / key

    def log(self, key: str) -> Path:
        """Where a process writes its errors."""
        return self.folder / "logs" / f"{key}.log"

    def start_desk(self, desk: Desk, *, is_replay: bool = False) -> None:
        """Start the process of an enrolled device."""
        self.desks[desk.key] = DeskProcess(
            desk.title,
            self.home(desk.key),
            self.log(desk.key),
            is_replay=is_replay,
            has_window=desk.kind == "till" and not is_replay and has_display(),
        )

    def stop(self) -> None:
        """End every process, the server last."""
        for desk in self.desks.values():
            with contextlib.suppress(OSError):
                desk.stop()
        self.web.close()
        self.server.stop()


def has_display() -> bool:
    """Whether windows can be seen here; off-screen drawing is asked for by ``QT_QPA_PLATFORM``."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def open_chain(folder: Path, tell: Tell, *, desks: Sequence[Desk] = DESKS, is_replay: bool = False) -> Iterator[Chain]:
    """A fresh chain in ``folder`` (what an earlier run left there is removed), stopped at the end whatever happens."""
    for name in ("homes", "logs", "server"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    tell("Starting the server with its own PostgreSQL")
    server = ServerProcess.start(folder / "server", folder / "logs" / "server.log", arguments=["--sample-shop"])
    chain = Chain(folder, server, WebShop(server.url, server.command("api-key", "web-shop")))
    try:
        yield enrolled(chain, desks, tell, is_replay=is_replay)
    finally:
        chain.stop()


def enrolled(chain: Chain, desks: Sequence[Desk], tell: Tell, *, is_replay: bool) -> Chain:
    """Enrol and start every device, a few at a time."""
    tell(f"Enrolling {len(desks)} devices, each with its own encrypted replica")

    def enrol(desk: Desk) -> None:
        arguments = ["--store", desk.store, "--kind", desk.kind, "--number", str(desk.number), "--name", desk.name]
        code = chain.server.command("enrol-code", *arguments)
        DeskProcess.enrol(chain.home(desk.key), chain.server.url, code)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(enrol, desks))
    for desk in desks:
        chain.start_desk(desk, is_replay=is_replay)
    return chain
