"""Forms of the side panel: a quiet label at the left, what it is about at the right, the error right under it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence

from PySide6.QtCore import QDate, QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCalendarWidget,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.theme.icons import toned_icon
from desktop.ui.widgets import ActionButton, ElidedLabel, ErrorLine, TextLabel
from desktop.usecases.office_words import day_text

LABEL_WIDTH = 94


class FieldRow(QWidget):
    """One row of a form.

    Attributes:
        error: a sentence under the field.
    """

    def __init__(self, label: str, field: QWidget, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(Space.HAIR))
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.S))
        self.label = TextLabel(label, TypeRole.OFFICE, Ink.THIRD)
        self.label.setFixedWidth(theme.px(LABEL_WIDTH))
        self.label.setWordWrap(True)
        row.addWidget(self.label)
        row.addWidget(field, 1)
        self.error = ErrorLine()
        column.addLayout(row)
        column.addWidget(self.error)
        if not field.accessibleName():
            field.setAccessibleName(label)


def text_field(placeholder: str = "", *, is_figure: bool = False) -> QLineEdit:
    """A line to type into, in the office's type."""
    field = QLineEdit()
    field.setFont(current_theme().font(TypeRole.OFFICE))
    field.setPlaceholderText(placeholder)
    if is_figure:
        field.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return field


class ChoiceField(QComboBox):
    """One of a list; the wheel scrolls the panel, not the choice.

    Signals:
        picked(object): the value that was chosen by hand.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(current_theme().font(TypeRole.OFFICE))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self._values: tuple[Hashable | None, ...] = ()
        self.activated.connect(lambda index: self.picked.emit(self._values[index]))
        self.installEventFilter(self)

    def set_options(self, options: Sequence[tuple[Hashable | None, str]]) -> None:
        """Offer these (value, words)."""
        values = tuple(value for value, _ in options)
        words = [text for _, text in options]
        if values == self._values and words == [self.itemText(index) for index in range(self.count())]:
            return
        self._values = values
        self.clear()
        self.addItems(words)

    def set_value(self, value: Hashable | None) -> None:
        """Choose a value without telling listeners; one that is not offered shows nothing."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)

    def value(self) -> Hashable | None:
        """What is chosen."""
        index = self.currentIndex()
        return self._values[index] if 0 <= index < len(self._values) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, what is chosen (elided), and the arrow."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        theme = current_theme()
        area = self.rect().adjusted(theme.px(Space.M), 0, -theme.px(28), 0)
        painter.setFont(self.font())
        painter.setPen(theme.ink() if self.isEnabled() else theme.ink(Ink.THIRD))
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
        side = theme.px(14)
        caret = toned_icon("down", 14, "ink_3")
        painter.drawPixmap(self.width() - theme.px(12) - side, (self.height() - side) // 2, side, side, caret)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel through to the panel unless the list has the focus."""
        if isinstance(event, QWheelEvent) and not self.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class DayField(ActionButton):
    """A day, chosen from a calendar that opens under it: ``from 1 Dec``.

    Signals:
        picked(dt.date): a day was chosen by hand.
    """

    picked = Signal(object)

    def __init__(self, prefix: str, name: str) -> None:
        super().__init__("", role=TypeRole.SUPPORT)
        self._prefix = prefix
        self._name = name
        self._day = dt.date.min
        self._first = dt.date.min
        self.clicked.connect(self._open)

    def show_day(self, day: dt.date, today: dt.date) -> None:
        """Show a day; none before today can be chosen."""
        self._day, self._first = day, today
        words = "today" if day == today else day_text(day, today)
        self.set_words(f"{self._prefix} {words}")
        self.setAccessibleName(f"{self._name} {words}")

    def _open(self) -> None:
        menu = QMenu(self)
        calendar = QCalendarWidget()
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        calendar.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        calendar.setMinimumDate(_qdate(self._first))
        calendar.setSelectedDate(_qdate(self._day))
        calendar.clicked.connect(lambda day: self._take(menu, day))
        calendar.activated.connect(lambda day: self._take(menu, day))
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(calendar)
        menu.addAction(holder)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))
        calendar.setFocus()

    def _take(self, menu: QMenu, day: QDate) -> None:
        menu.close()
        self.picked.emit(dt.date(day.year(), day.month(), day.day()))


def _qdate(day: dt.date) -> QDate:
    return QDate(day.year, day.month, day.day)


class FactRow(QWidget):
    """A label with a fact that cannot be edited: strong words, then quiet ones."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(Space.S))
        self._label = TextLabel(label, TypeRole.OFFICE, Ink.THIRD)
        self._label.setFixedWidth(theme.px(LABEL_WIDTH))
        self.strong = TextLabel("", TypeRole.OFFICE_STRONG)
        self.quiet = ElidedLabel("", TypeRole.SUPPORT, Ink.THIRD)
        row.addWidget(self._label)
        row.addWidget(self.strong)
        row.addWidget(self.quiet, 1)

    def say(self, strong: str, quiet: str = "") -> None:
        """Show the fact; the row hides while there is none."""
        self.strong.setText(strong)
        self.quiet.setText(quiet)
        self.strong.setVisible(bool(strong))
        self.setVisible(bool(strong or quiet))
