"""Parked sales: the list and taking one up."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from desktop.ui.till.session import TillSession
from desktop.usecases.till_views import ParkedView


class ParkedPresenter(QObject):
    """The page of parked sales.

    Attributes:
        parked: the newest list; None until it was read.

    Signals:
        changed: ``parked`` is another one.
        recalled: a basket was taken up.
    """

    changed = Signal()
    recalled = Signal()

    def __init__(self, session: TillSession) -> None:
        super().__init__(session)
        self.session = session
        self.parked: tuple[ParkedView, ...] | None = None

    def load(self, then: Callable[[], None] | None = None) -> None:
        """Read the list."""

        def take(parked: tuple[ParkedView, ...]) -> None:
            self.parked = parked
            self.changed.emit()
            if then is not None:
                then()

        self.session.ask("parked", lambda till: till.parked(), take)

    def recall(self, parked_id: uuid.UUID) -> None:
        """Take a parked basket up."""
        self.session.act(lambda till: till.recall(parked_id), lambda _done: self.recalled.emit())
