"""Joining a shop: where the server is, the one-time code, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from desktop.ui.executor import Executor
from desktop.ui.joining import Report
from shared.errors import CounterfoilError, EnvironmentFailure

Enrol = Callable[[str, str, Report], None]
"""(server URL, code, report a step in words): joins the shop and fetches what is needed to sell."""


class FirstRunPresenter(QObject):
    """The first page of a new device.

    Attributes:
        is_resumed: the code was spent already and only the first load is to be taken up again.
        url: the server's address as typed.
        code: the one-time code as typed.
        step: what is being done, in words; empty while nothing is.
        per_mille: how far the step is; None where nobody can tell.
        problem: why it did not work, in words.

    Signals:
        changed: something above is another one.
        joined: the device belongs to a shop now.
    """

    changed = Signal()
    joined = Signal()
    _stepped = Signal(str, object)

    def __init__(
        self, enrol: Enrol, executor: Executor, *, is_resumed: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._enrol = enrol
        self._executor = executor
        self.is_resumed = is_resumed
        self.url = ""
        self.code = ""
        self.step = ""
        self.per_mille: int | None = None
        self.problem = ""
        self._is_left = False
        # Steps are reported from the worker's thread.
        self._stepped.connect(self._take_step, Qt.ConnectionType.QueuedConnection)

    @property
    def is_ready(self) -> bool:
        """Whether there is enough to try."""
        return not self.step and (self.is_resumed or bool(self.url.strip() and self.code.strip()))

    def type_url(self, text: str) -> None:
        """The address changed."""
        self.url = text
        self.changed.emit()

    def type_code(self, text: str) -> None:
        """The code changed."""
        self.code = text
        self.changed.emit()

    def submit(self) -> None:
        """Join."""
        if not self.is_ready:
            return
        url, code = self.url.strip(), self.code.strip().upper()
        self.step, self.per_mille, self.problem = "Asking the server …", None, ""
        self.changed.emit()
        self._executor.submit(lambda: self._enrol(url, code, self._report), self._succeed, self._fail)

    def leave(self) -> None:
        """The window closes: what is under way ends at its next step, and is taken up when the program starts again."""
        self._is_left = True

    def _report(self, step: str, per_mille: int | None = None, /) -> None:
        if self._is_left:
            raise EnvironmentFailure("offline", "The window was closed. What has come is kept.")
        self._stepped.emit(step, per_mille)

    def _take_step(self, step: str, per_mille: int | None) -> None:
        if self.step:
            self.step, self.per_mille = step, per_mille
            self.changed.emit()

    def _succeed(self, _answer: None) -> None:
        self.step = ""
        self.changed.emit()
        self.joined.emit()

    def _fail(self, error: CounterfoilError) -> None:
        self.step, self.problem = "", error.message
        self.changed.emit()
