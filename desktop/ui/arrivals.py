"""Carries what came down by sync from the sync thread to the UI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes


class Arrivals(QObject):
    """Signals: arrived(Changes): rows came down; delivered on the thread this object lives on."""

    arrived = Signal(object)

    def tell(self, changes: Changes) -> None:
        """Called on the sync thread."""
        self.arrived.emit(changes)
