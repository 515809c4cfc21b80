"""What every page of the till is: it shows its presenter, and says where the keyboard starts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class PageWidget(QWidget):
    """One page.

    Signals:
        left: the person wants a step back.
    """

    left = Signal()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Bring the keyboard to where work on this page starts."""
        raise NotImplementedError

    def text_target(self) -> QWidget | None:
        """Where characters go that were typed while the focus takes none; None: nowhere."""
        return None
