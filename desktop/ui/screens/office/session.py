"""The office as its screens see it: the newest state of the frame, and one way to do or ask something on a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.ui.executor import Executor
from desktop.usecases.desk import Desk
from desktop.usecases.office import Office, OfficeState
from shared.errors import CounterfoilError

T = TypeVar("T")


class OfficeSession(QObject):
    """One desk at work.

    Two workers: what changes something waits only for other changes, what is looked up only for other look-ups, so that
    a long list never holds up a save.

    Attributes:
        state: the frame as last read.
        office: the desk itself; its methods run on the workers, except for quick reads of one page of rows.

    Signals:
        changed: ``state`` is another one.
        data_changed(Changes): rows changed, here or by sync.
    """

    changed = Signal()
    data_changed = Signal(object)

    def __init__(self, office: Office, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.office = office
        self.state: OfficeState = office.state()
        self._writer = Executor("office-write", self)
        self._reader = Executor("office-read", self)

    def desk(self) -> Desk:
        """The desk of whoever is logged in. Raises ``UserError`` ``not_logged_in``."""
        return self.office.desk()

    def act(
        self,
        intention: Callable[[Desk], T],
        on_done: Callable[[T], None] | None = None,
        on_failed: Callable[[CounterfoilError], None] | None = None,
    ) -> None:
        """Do something on the writing worker; the frame is read again afterwards."""

        def deliver(answer: T) -> None:
            if isinstance(answer, Changes):
                self.data_changed.emit(answer)
            self.refresh()
            if on_done is not None:
                on_done(answer)

        self._writer.submit(lambda: intention(self.desk()), deliver, on_failed)

    def ask(
        self,
        subject: str,
        question: Callable[[Desk], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[CounterfoilError], None],
    ) -> None:
        """Ask something that changes nothing; of one subject only the newest question is answered."""
        self._reader.submit_newest(subject, lambda: question(self.desk()), on_done, on_failed)

    def log_in(
        self, username: str, pin: str, on_done: Callable[[], None], on_failed: Callable[[CounterfoilError], None]
    ) -> None:
        """Log a person in."""

        def deliver(_answer: None) -> None:
            self.read_state()
            on_done()

        self._writer.submit(lambda: self.office.log_in(username, pin), deliver, on_failed)

    def log_out(self) -> None:
        """Lock the desk."""
        self.office.log_out()
        self.read_state()

    def refresh(self) -> None:
        """Read the frame again, off the UI thread."""
        self._reader.submit_newest("frame", self.office.state, self._take_state)

    def read_state(self) -> None:
        """Read the frame again, now."""
        self._take_state(self.office.state())

    def wait_until_idle(self) -> None:
        """Let events run until both workers have delivered; for closing, screenshots and tests."""
        while self._writer.is_busy or self._reader.is_busy:
            self._writer.wait_until_idle()
            self._reader.wait_until_idle()

    def close(self) -> None:
        """Finish what was begun and stop both workers."""
        self._writer.close()
        self._reader.close()

    def _take_state(self, state: OfficeState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()
