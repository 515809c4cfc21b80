"""The disks of simulated devices, and death at any moment between two writes.

A *moment* is a place where a process may end: before a statement that writes, before and after a commit, before a file
is opened for writing, renamed or removed. When a device dies at one, its folder is copied as it lies there at that very
moment; whatever the unwinding program still does to the folder is undone when that image is put back. So a death here
leaves exactly what ``kill -9`` leaves; a power cut moreover takes the background commits that were not yet synced.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Engine, event

from desktop.replica.checkpoints import Checkpointer

_READS = ("SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE")
Moment = Callable[[str], None]
_watcher: list[tuple[int, Moment]] = []
_hooked: list[bool] = []
_durable: list[bool] = []
_FULL = 2


class DeviceDied(BaseException):
    """The device's process ended. Nothing of the product may catch it."""


@contextmanager
def watched() -> Iterator[None]:
    """Let moments be seen in this process."""
    event.listen(Engine, "before_cursor_execute", _before_statement)
    event.listen(Engine, "commit", _before_commit)
    real_wake = Checkpointer.wake

    def wake(self: Checkpointer) -> None:
        _seen("committed")
        real_wake(self)

    _hook_files()
    try:
        with mock.patch.object(Checkpointer, "wake", wake):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", _before_statement)
        event.remove(Engine, "commit", _before_commit)


@contextmanager
def told(moment: Moment) -> Iterator[None]:
    """For the length of a block every moment of the acting device is told."""
    _watcher.append((threading.get_ident(), moment))
    try:
        yield
    finally:
        _watcher.pop()


def _seen(what: str) -> None:
    if _watcher and _watcher[-1][0] == threading.get_ident():
        _watcher[-1][1](what)


def _before_statement(conn: object, cursor: object, statement: str, *_: object) -> None:
    if _watcher and _is_replica(conn) and not statement.lstrip().startswith(_READS):
        _seen(statement.lstrip()[:40].split("(")[0].strip())


def _before_commit(conn: Any) -> None:
    if _watcher and _is_replica(conn):
        _durable[:] = [conn.connection.driver_connection.execute("PRAGMA synchronous").fetchone()[0] >= _FULL]
        _seen("COMMIT")


def was_durable() -> bool:
    """Whether the last commit was on the disk for good before it returned."""
    return bool(_durable and _durable[-1])


def _is_replica(conn: Any) -> bool:
    return str(conn.dialect.name) == "sqlite"


def _hook_files() -> None:
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_audit)


def _audit(what: str, arguments: tuple[object, ...]) -> None:
    if not _watcher:
        return
    if what in ("os.rename", "os.remove", "os.truncate", "os.link"):
        _seen(f"{what} {Path(str(arguments[0])).name}")
    elif what == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _seen(f"open {Path(str(arguments[0])).name}")


Image = dict[str, bytes]


def image_of(folder: Path) -> Image:
    """Every file of a folder, as it lies there."""
    with unseen():
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.endswith("-shm")
        }


def put_back(folder: Path, image: Image) -> None:
    """Make a folder be what an image says."""
    with unseen():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and str(path.relative_to(folder)) not in image:
                path.unlink()
        for name, content in image.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                with path.open("r+b") as file:  # The file stays the same one on the disk.
                    file.write(content)
                    file.truncate()
            else:
                path.write_bytes(content)


@contextmanager
def unseen() -> Iterator[None]:
    """For the length of a block nobody is told of moments."""
    seen = _watcher[:]
    _watcher.clear()
    try:
        yield
    finally:
        _watcher[:] = seen
