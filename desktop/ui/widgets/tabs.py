"""Segmented tabs: a few names in a row, one of them raised."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from desktop.ui.theme import Radius, Space, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_focus_ring, paint_shadow, paint_sheet


class _Tab(QAbstractButton):
    def __init__(self, text: str, height: int, ground: str) -> None:
        super().__init__()
        self._ground = ground
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._height = height

    def sizeHint(self) -> QSize:
        theme = current_theme()
        width = QFontMetricsF(theme.font(TypeRole.BODY_STRONG)).horizontalAdvance(self.text())
        return QSize(round(width) + theme.px(Space.L) * 2 - 2, theme.px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(current_theme().px(56), self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -3)
        if self.isChecked():
            self._paint_chosen(painter, area)
        elif self.underMouse():
            paint_sheet(painter, area, theme.mixed(self._ground, "ink", 5), radius=Radius.MEDIUM)
        font = theme.font(TypeRole.BODY_STRONG)
        painter.setFont(font)
        painter.setPen(theme.colour("ink" if self.isChecked() else "ink_2"))
        text = QFontMetricsF(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width() - 8)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text)
        if self.hasFocus():
            paint_focus_ring(painter, area, radius=Radius.MEDIUM)

    def _paint_chosen(self, painter: QPainter, area: QRectF) -> None:
        """Raised from the bench; on a card, which is raised itself, outlined in blue."""
        theme = current_theme()
        if self._ground == "bench":
            paint_shadow(painter, area, radius=Radius.MEDIUM)
            line = theme.colour("line") if theme.tokens.is_dark else None
            paint_sheet(painter, area, theme.colour("raised"), line, radius=Radius.MEDIUM)
        else:
            paint_sheet(painter, area, theme.colour("blue_soft"), theme.colour("blue"), radius=Radius.MEDIUM)


class SegmentedTabs(QWidget):
    """A row of names of which one is chosen; ``ground`` is what it stands on, ``bench`` or ``raised``.

    Signals:
        chosen(int): the index of the tab that was chosen by hand.
    """

    chosen = Signal(int)

    def __init__(
        self,
        names: Sequence[str] = (),
        *,
        height: int = 42,
        ground: str = "bench",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._height = height
        self._ground = ground
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self.chosen)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(current_theme().px(Space.XS))
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_names(names)

    def set_names(self, names: Sequence[str]) -> None:
        """Show these tabs, the first chosen."""
        for old in self._group.buttons():
            self._group.removeButton(old)
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        for index, name in enumerate(names):
            tab = _Tab(name, self._height, self._ground)
            self._group.addButton(tab, index)
            self._row.insertWidget(index, tab)
        self.choose(0)

    def set_words(self, names: Sequence[str]) -> None:
        """Call the tabs otherwise; as many as there are, the chosen one stays chosen."""
        for index, name in enumerate(names):
            button = self._group.button(index)
            button.setText(name)
            button.setAccessibleName(name)
            button.updateGeometry()

    def index(self) -> int:
        """Which tab is chosen; -1 when there are none."""
        return self._group.checkedId()

    def choose(self, index: int) -> None:
        """Choose a tab without telling listeners; an index there is no tab for is ignored."""
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose the neighbour."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        target = self._group.button(self.index() + step) if step else None
        if target is None:
            super().keyPressEvent(event)
            return
        target.setFocus(Qt.FocusReason.TabFocusReason)
        target.click()
