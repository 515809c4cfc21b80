"""A till's window over a real encrypted replica, off-screen. Qt's warnings and widgets left behind fail the test."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from desktop.replica.engine import Replica
from desktop.ui.theme import Theme, apply_theme
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from tests.helpers.replica import KEY, NOON, clock, fill
from tests.helpers.till_window import Bench, open_bench

__all__ = ["clock"]

os.environ["QT_QPA_PLATFORM"] = "offscreen"

HARMLESS = (
    # Off-screen there is no window manager to tell a size to.
    ".*does not support propagateSizeHints.*",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(*HARMLESS))


@pytest.fixture(scope="session")
def _tiny_replica(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed replica with the tiny shop in it, to be copied."""
    path = tmp_path_factory.mktemp("tiny") / "replica.db"
    clock = SettableClock(NOON)
    made = Replica.open(path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    with made.write() as unit:
        fill(unit.connection)
    made.close()
    return path


@pytest.fixture
def replica(_tiny_replica: Path, tmp_path: Path, clock: SettableClock) -> Iterator[Replica]:
    """An open encrypted replica with the tiny shop, enrolled as till 2 of Harbour Street."""
    path = tmp_path / "replica.db"
    shutil.copyfile(_tiny_replica, path)
    opened = Replica.open(path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _theme(qapp: QApplication) -> None:
    apply_theme(qapp, Theme.named("light"))


@pytest.fixture(autouse=True)
def _no_widget_left_behind(qapp: QApplication) -> Iterator[None]:
    before = set(map(id, QApplication.topLevelWidgets()))
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = [widget for widget in QApplication.topLevelWidgets() if id(widget) not in before and widget.isVisible()]
    assert not left, f"left open: {left}"


@pytest.fixture
def bench(qapp: QApplication, replica: Replica, tmp_path: Path, clock: SettableClock) -> Iterator[Bench]:
    """The window at its log-in page."""
    with open_bench(replica, tmp_path, clock) as opened:
        opened.window.resize(1280, 800)
        opened.window.show()
        opened.window.activateWindow()
        yield opened


@pytest.fixture
def selling(bench: Bench) -> Bench:
    """The window with Mara logged in and a shift open."""
    bench.log_in()
    bench.open_shift()
    return bench
