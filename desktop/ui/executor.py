"""Work off the UI thread: one worker, one thing after the other, the answer delivered on the UI thread.

The till has one executor for everything that goes through its ``Till`` (which takes one caller at a time); a screen
that only reads may have one of its own, so that a long list never waits behind a sale.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QThread, Signal, Slot

from shared.errors import BugError, CounterfoilError

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finished:
    deliver: Callable[[], None]


class Executor(QObject):
    """One worker thread.

    Signals:
        busy_changed(bool): work began while idle, or the last piece of work was delivered.
    """

    busy_changed = Signal(bool)
    _finished = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        self._open = 0
        self._is_closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether anything was submitted that has not been delivered."""
        return self._open > 0

    def submit(
        self,
        work: Callable[[], T],
        on_done: Callable[[T], None] | None = None,
        on_failed: Callable[[CounterfoilError], None] | None = None,
    ) -> None:
        """Run ``work`` on the worker; then call one of the two on the UI thread.

        A failure that is none of ours arrives as ``BugError`` ``unexpected`` and is written to the log. Work submitted
        after ``close`` is dropped. Without ``on_failed`` a failure is raised on the UI thread, where nobody misses it.
        """
        if self._is_closed:
            return
        self._open += 1
        if self._open == 1:
            self.busy_changed.emit(True)
        future = self._pool.submit(work)
        future.add_done_callback(
            lambda done: self._finished.emit(_Finished(partial(_deliver, done, on_done, on_failed)))
        )

    def submit_newest(
        self,
        subject: str,
        work: Callable[[], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[CounterfoilError], None] | None = None,
    ) -> None:
        """Like ``submit``, but only the newest work of a subject matters: older ones are skipped, their answers too."""
        with self._lock:
            ticket = self._newest[subject] = self._newest.get(subject, 0) + 1

        def is_newest() -> bool:
            with self._lock:
                return self._newest[subject] == ticket

        def run_if_newest() -> T | None:
            return work() if is_newest() else None

        def deliver(answer: T | None) -> None:
            if answer is not None and is_newest():
                on_done(answer)

        self.submit(run_if_newest, deliver, on_failed)

    def wait_until_idle(self) -> None:
        """Let events run until all submitted work has been delivered; for closing, screenshots and tests."""
        while self._open:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            QThread.msleep(1)

    def close(self) -> None:
        """Finish the work that was begun, drop the rest and its answers. May be called twice."""
        self._is_closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    @Slot(object)
    def _deliver(self, finished: _Finished) -> None:
        self._open -= 1
        if not self._is_closed:
            finished.deliver()
        if not self._open:
            self.busy_changed.emit(False)


def _deliver(
    future: Future[T],
    on_done: Callable[[T], None] | None,
    on_failed: Callable[[CounterfoilError], None] | None,
) -> None:
    if future.cancelled():
        return
    failure = future.exception()
    if failure is None:
        if on_done is not None:
            on_done(future.result())
        return
    if not isinstance(failure, CounterfoilError):
        _log.error("work on the executor failed", exc_info=failure)
        failure = BugError("unexpected", "Something went wrong in the program. Nothing was lost.", cause=repr(failure))
    if on_failed is None:
        raise failure
    on_failed(failure)
