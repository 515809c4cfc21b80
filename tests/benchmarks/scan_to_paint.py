"""Scan → line painted: from the scanner's last key to the end of the paint that shows the line, in the real window.

The window is drawn off-screen by Qt's own raster engine; every key goes through the application's event filter as a
keyboard-wedge scanner sends it. Beside it, how long the same window takes to paint everything anew.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop.ui.theme import Theme, apply_theme
from tests.benchmarks.big_shop import big_shop
from tests.benchmarks.figure import Figure, at_most, median, milliseconds_of_each, percentile
from tests.helpers.replica import PINS
from tests.helpers.till_window import Bench, open_bench

LINES_PER_SALE = 12
REACH_MS = 10.0
PATIENCE_SECONDS = 5.0
KEY_TIMES_MS = itertools.count(1_000, 2)
"""When a scanner's keys come, by the system's clock; how slow this machine is at the moment does not matter to it."""


class PaintWatch(QObject):
    """Says when a widget was last painted."""

    painted_at = 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QCoreApplication.sendEvent(watched, event)
            watched.installEventFilter(self)
            self.painted_at = time.perf_counter()
            return True
        return super().eventFilter(watched, event)


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products (quick: 1,000 and 5,000)."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, Theme.named("light"))
    scans = 120 if is_quick else 600
    return [
        figure for products in ((1_000, 5_000) if is_quick else (1_000, 100_000)) for figure in _at(products, scans)
    ]


def _at(products: int, scans: int) -> list[Figure]:
    with (
        big_shop(products) as (replica, _shop, codes),
        TemporaryDirectory() as folder,
        open_bench(replica, Path(folder), replica.clock) as bench,
    ):
        bench.window.resize(1280, 800)
        bench.window.show()
        bench.log_in("theo", PINS["theo"])
        bench.open_shift()
        _scan_all(bench, codes, LINES_PER_SALE)
        times = _scan_all(bench, codes, scans)
        whole = milliseconds_of_each([bench.window.grab] * 30)
    return [
        Figure(f"{products:,} products: scan → painted, median", median(times), "ms"),
        at_most(f"{products:,} products: scan → painted, p95", percentile(times, 0.95), "ms", REACH_MS),
        Figure(f"{products:,} products: scan → painted, worst of {len(times)}", max(times), "ms"),
        Figure("the whole window painted anew, median", median(whole), "ms"),
    ]


def _scan_all(bench: Bench, codes: Sequence[str], scans: int) -> list[float]:
    """Milliseconds of each scan; the basket is paid after so many lines."""
    dice = random.Random(11)
    times: list[float] = []
    while len(times) < scans:
        times.extend(_scan(bench, code) for code in dice.sample(codes, LINES_PER_SALE))
        bench.do("exact_cash")
    return times[:scans]


def _scan(bench: Bench, code: str) -> float:
    viewport = bench.window.basket.list.viewport()
    lines = len(bench.window.session.state.lines) if bench.window.session.state.receipt is None else 0
    _send_keys(bench.window, code)
    watch = PaintWatch()
    viewport.installEventFilter(watch)
    began = time.perf_counter()
    _send(bench.window, Qt.Key.Key_Return, "\r")
    while len(bench.window.session.state.lines) <= lines or watch.painted_at == 0.0:
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise AssertionError(f"{code} was not painted: {bench.window.session.state.refusal}")
        before = len(bench.window.session.state.lines)
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if before <= lines < len(bench.window.session.state.lines):
            watch.painted_at = 0.0 if watch.painted_at < began else watch.painted_at
    viewport.removeEventFilter(watch)
    return (watch.painted_at - began) * 1000


def _send_keys(window: QWidget, code: str) -> None:
    for character in code:
        _send(window, Qt.Key(ord(character)), character)


def _send(window: QWidget, key: Qt.Key, text: str) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
    event.setTimestamp(next(KEY_TIMES_MS))
    QCoreApplication.sendEvent(window.focusWidget() or window, event)
