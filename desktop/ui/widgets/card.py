"""A raised sheet that holds a group: with a line around it, and in light a soft shadow where it is asked for."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.theme import Radius, Space, Tone, current_theme
from desktop.ui.widgets.painting import paint_sheet


class Card(QWidget):
    """A group on its own sheet; ``body`` is the vertical layout to fill.

    Attributes:
        body: where children go.
        edge: a tone for a two-pixel edge (GOOD: chosen, HERE: selected, WRONG: refused), or None.
    """

    def __init__(
        self,
        *,
        padding: int = Space.L,
        spacing: int = Space.M,
        ground: str = "raised",
        edge: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._ground = ground
        self.edge = edge
        self.body = QVBoxLayout(self)
        side = theme.px(padding)
        self.body.setContentsMargins(side, side, side, side)
        self.body.setSpacing(theme.px(spacing))

    def set_edge(self, edge: Tone | None) -> None:
        """Draw the edge in a tone, or as a quiet line."""
        self.edge = edge
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sheet."""
        theme = current_theme()
        line = theme.tone(self.edge) if self.edge else theme.colour("line")
        paint_sheet(
            QPainter(self),
            QRectF(self.rect()),
            theme.colour(self._ground),
            line,
            radius=Radius.LARGE,
            line_width=2.0 if self.edge else 1.0,
        )
