"""Forms of the side panel: a quiet label at the left, what it is about at the right, the error right under it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import ErrorLine, TextLabel

LABEL_WIDTH = 96


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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel through to the panel unless the list has the focus."""
        if isinstance(event, QWheelEvent) and not self.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


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
        self.quiet = TextLabel("", TypeRole.OFFICE, Ink.THIRD)
        row.addWidget(self._label)
        row.addWidget(self.strong)
        row.addWidget(self.quiet, 1)

    def say(self, strong: str, quiet: str = "") -> None:
        """Show the fact; the row hides while there is none."""
        self.strong.setText(strong)
        self.quiet.setText(quiet)
        self.strong.setVisible(bool(strong))
        self.setVisible(bool(strong or quiet))
