"""The list of pages at the left: sections, the open page raised, and counts that ask for a look in amber."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.screens.office.navigation import PageEntry, PageName
from desktop.ui.theme import Ink, Radius, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import TextLabel
from desktop.ui.widgets.painting import paint_focus_ring, paint_shadow, paint_sheet

WIDTH = 211


class _Entry(QAbstractButton):
    def __init__(self, entry: PageEntry) -> None:
        super().__init__()
        self.badge = ""
        self.setText(entry.text)
        self.setAccessibleName(entry.text)
        self.setToolTip(entry.key.replace("+", " "))
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_badge(self, badge: str) -> None:
        if badge != self.badge:
            self.badge = badge
            self.setAccessibleDescription(f"{badge} need a look" if badge else "")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(current_theme().px(180), current_theme().px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(theme.px(10), 1, -theme.px(10), -1)
        if self.isChecked():
            paint_shadow(painter, area, radius=Radius.SMALL)
            line = theme.colour("line") if theme.tokens.is_dark else None
            paint_sheet(painter, area, theme.colour("raised"), line, radius=Radius.SMALL)
        elif self.underMouse():
            paint_sheet(painter, area, theme.mixed("surface", "ink", 5), radius=Radius.SMALL)
        inner = area.adjusted(theme.px(10), 0, -theme.px(10), 0)
        font = theme.font(TypeRole.OFFICE)
        font.setWeight(font.Weight.Medium)
        painter.setFont(font)
        painter.setPen(theme.ink(Ink.STRONG if self.isChecked() else Ink.SECOND))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), self.text())
        if self.badge:
            painter.setFont(theme.font(TypeRole.LABEL))
            painter.setPen(theme.tone(Tone.LOOK))
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), self.badge)
        if self.hasFocus():
            paint_focus_ring(painter, area, radius=Radius.SMALL)


class Sidebar(QWidget):
    """Where one can go.

    Signals:
        chosen(PageName): a page was pressed.
    """

    chosen = Signal(object)

    def __init__(self, entries: Sequence[PageEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(theme.px(WIDTH))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme.px(Space.L), 0, theme.px(Space.L))
        self._column.setSpacing(0)
        self._buttons: dict[PageName, _Entry] = {}
        brand = TextLabel("Counterfoil", TypeRole.HEADING)
        brand.setContentsMargins(theme.px(Space.XL), 0, 0, theme.px(Space.L))
        self._column.addWidget(brand)
        self.set_entries(entries)

    def set_entries(self, entries: Sequence[PageEntry]) -> None:
        """Show these pages, by section."""
        theme = current_theme()
        while self._column.count() > 1:
            item = self._column.takeAt(1)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.deleteLater()
        self._buttons.clear()
        section = ""
        for entry in entries:
            if entry.section != section:
                section = entry.section
                head = TextLabel(section, TypeRole.LABEL, Ink.THIRD)
                head.setContentsMargins(theme.px(Space.XL), theme.px(Space.L), 0, theme.px(6))
                self._column.addWidget(head)
            button = _Entry(entry)
            button.clicked.connect(lambda _checked=False, name=entry.name: self.chosen.emit(name))
            self._buttons[entry.name] = button
            self._column.addWidget(button)
        self._column.addStretch(1)

    def choose(self, name: PageName) -> None:
        """Raise the open page."""
        button = self._buttons.get(name)
        if button is not None:
            button.setChecked(True)

    def set_badges(self, badges: Mapping[PageName, int]) -> None:
        """Counts beside the names; nothing for 0."""
        for name, button in self._buttons.items():
            count = badges.get(name, 0)
            button.set_badge(f"{count:,}" if count else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground and the line to the page."""
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.setPen(theme.colour("line"))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
