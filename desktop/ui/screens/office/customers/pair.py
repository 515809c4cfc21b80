"""Two profiles side by side: what agrees on a soft ground, and the keys that say whether they are one person."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Chip, ElidedLabel, Emphasis, TextLabel
from desktop.ui.widgets.painting import paint_sheet
from desktop.usecases.same_person import Compared, PairView
from shared.customers.same_person import AliasState

_LABEL_WIDTH = 78
_LINES_MAX = 9
_AGREEING = 4


class _Line(QWidget):
    """One kind of detail of both profiles."""

    def __init__(self) -> None:
        super().__init__()
        theme = current_theme()
        self._agrees = False
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(Space.S), theme.px(Space.XS), theme.px(Space.S), theme.px(Space.XS))
        row.setSpacing(theme.px(Space.M))
        self._label = TextLabel("", TypeRole.OFFICE, Ink.THIRD)
        self._label.setFixedWidth(theme.px(_LABEL_WIDTH))
        self._stays = ElidedLabel("", TypeRole.OFFICE)
        self._joins = ElidedLabel("", TypeRole.OFFICE)
        row.addWidget(self._label)
        row.addWidget(self._stays, 1)
        row.addWidget(self._joins, 1)

    def show_line(self, line: Compared) -> None:
        """Show it; what agrees stands on a soft ground."""
        self._agrees = line.agrees
        self._label.setText(line.label)
        for label, words in ((self._stays, line.stays), (self._joins, line.joins)):
            label.setText(words.replace("\n", " · ") or "–")
        agreeing = ", the same" if line.agrees else ""
        self.setAccessibleName(f"{line.label}: {line.stays or 'none'} and {line.joins or 'none'}{agreeing}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground."""
        if self._agrees:
            painter = QPainter(self)
            paint_sheet(painter, QRectF(self.rect()), current_theme().soft(Tone.GOOD), radius=_AGREEING)


class PairCard(Card):
    """The two profiles and what can be done.

    Signals:
        wanted(AliasState): somebody says what the pair is.
    """

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__(padding=Space.L, spacing=Space.XS)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        theme = current_theme()
        head = QHBoxLayout()
        head.setSpacing(theme.px(Space.M))
        head.setContentsMargins(theme.px(Space.S), 0, theme.px(Space.S), theme.px(Space.S))
        self._stays, self._joins = ElidedLabel("", TypeRole.BODY_STRONG), ElidedLabel("", TypeRole.BODY_STRONG)
        blank = QWidget()
        blank.setFixedWidth(theme.px(_LABEL_WIDTH))
        head.addWidget(blank)
        head.addLayout(_titled(self._stays, Chip("stands for both", Tone.GOOD)), 1)
        head.addLayout(_titled(self._joins, Chip("made later")), 1)
        self.body.addLayout(head)
        self._lines = [_Line() for _ in range(_LINES_MAX)]
        for line in self._lines:
            self.body.addWidget(line)
        self._foot = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self.merge = ActionButton("Merge", key="M", emphasis=Emphasis.PRIMARY)
        self.apart = ActionButton("Keep apart", key="K")
        self.undo = ActionButton("Undo the merge", key="U")
        states = (AliasState.MERGED, AliasState.KEPT_APART, AliasState.UNDONE)
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(Space.S), theme.px(Space.M), theme.px(Space.S), 0)
        row.setSpacing(theme.px(Space.S))
        row.addWidget(self._foot, 1)
        for button, state in zip((self.apart, self.undo, self.merge), (states[1], states[2], states[0]), strict=True):
            button.clicked.connect(lambda _checked=False, state=state: self.wanted.emit(state))
            row.addWidget(button)
        self.body.addLayout(row)

    def show_pair(self, pair: PairView, *, is_busy: bool = False) -> None:
        """Show two profiles."""
        self._stays.setText(pair.stays)
        self._joins.setText(pair.joins)
        for at, line in enumerate(self._lines):
            line.setVisible(at < len(pair.lines))
            if at < len(pair.lines):
                line.show_line(pair.lines[at])
        self._foot.setText(f"Decided: {pair.decided}" if pair.decided else "")
        is_merged = pair.state is AliasState.MERGED
        self.merge.setVisible(not is_merged)
        self.apart.setVisible(pair.state in (AliasState.PROPOSED, AliasState.UNDONE) and not pair.is_new)
        self.undo.setVisible(is_merged)
        for button in (self.merge, self.apart, self.undo):
            button.setEnabled(not is_busy)


def _titled(title: QWidget, chip: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(current_theme().px(Space.XS))
    column.addWidget(title)
    column.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeft)
    return column
