"""After a sale: on the right the change and the way on, on the paper at the left the receipt as it was printed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.screens.receipt.presenter import ReceiptPresenter
from desktop.ui.theme import Ink, Space, Target, Tone, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    Emphasis,
    MoneyLabel,
    NoticeLine,
    TextLabel,
    fitting_font,
)
from desktop.ui.widgets.paper import PaperStrip

COLUMNS = 48
"""The width of receipts and reports in characters."""


class ReceiptPaper(PaperStrip):
    """The receipt's text on the paper strip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._text = TextLabel("", TypeRole.MONO)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._text.setContentsMargins(theme.px(Space.S), theme.px(Space.XL), theme.px(Space.L), theme.px(Space.XL))
        self._text.setAccessibleName("Receipt")
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("ground", "clear")
        column = QHBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(self._text)
        column.addStretch(1)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, theme.px(Space.M), 0)
        whole.addWidget(area)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrow paper gets smaller letters, so that no column is cut off."""
        super().resizeEvent(event)
        theme = current_theme()
        room = self.width() - theme.px(Space.XXL) - theme.px(Space.XL)
        self._text.setFont(fitting_font("0" * COLUMNS, TypeRole.MONO, room, smallest_percent=60))

    def show_text(self, text: str) -> None:
        """Show a receipt or a report of at most 48 columns."""
        width = max((len(line) for line in text.splitlines()), default=0)
        # Left-aligned text in a block that is centred as a whole keeps its columns.
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._text.setText("\n".join(line.ljust(width) for line in text.splitlines()))


class ReceiptScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: ReceiptPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        self.notice = NoticeLine(dismiss_text="Noted", dismiss_key="Esc")
        self.notice.dismissed.connect(presenter.session.dismiss)
        self._saved = NoticeLine(Tone.GOOD)
        column.addWidget(self.notice)
        column.addWidget(self._saved)
        column.addWidget(self._build_card(), 1)
        column.addLayout(self._build_foot())
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        state = presenter.session.state
        self.notice.say(state.refusal or presenter.session.problem)
        self._saved.say(presenter.saved)
        self._headline.setText(presenter.headline)
        self._number.setText("" if presenter.receipt is None else f"Receipt {presenter.receipt.number}")
        self._change_label.setText(presenter.change_label)
        self._change.set_text(presenter.change_text)

    def focus_first(self) -> None:
        """The keyboard waits on the way to the next sale."""
        self._next.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """P prints a copy, S saves the PDF, Escape goes on."""
        keys = {
            Qt.Key.Key_P: self._presenter.print_copy,
            Qt.Key.Key_S: self._presenter.save_pdf,
            Qt.Key.Key_Escape: self._presenter.next_sale,
        }
        doing = keys.get(Qt.Key(event.key()))
        if doing is None:
            super().keyPressEvent(event)
            return
        doing()

    def _build_card(self) -> Card:
        theme = current_theme()
        card = Card(padding=Space.HUGE, spacing=Space.S)
        self._headline = TextLabel("", TypeRole.TITLE)
        self._number = TextLabel("", TypeRole.BODY, Ink.THIRD)
        self._change_label = TextLabel("Change", TypeRole.TITLE, Ink.SECOND)
        self._change = MoneyLabel(TypeRole.HUGE, align=Qt.AlignmentFlag.AlignLeft)
        card.body.addWidget(self._headline)
        card.body.addWidget(self._number)
        card.body.addStretch(1)
        card.body.addWidget(self._change_label)
        card.body.addWidget(self._change)
        card.body.addStretch(2)
        hint = TextLabel("The next scan starts a new sale.", TypeRole.BODY, Ink.THIRD)
        card.body.addWidget(hint)
        card.body.setSpacing(theme.px(Space.S))
        return card

    def _build_foot(self) -> QHBoxLayout:
        theme = current_theme()
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.S + 2))
        presenter = self._presenter
        self._next = ActionButton(
            "Next sale",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._next.clicked.connect(presenter.next_sale)
        for text, key, do in (("Print copy", "P", presenter.print_copy), ("Save PDF", "S", presenter.save_pdf)):
            button = ActionButton(
                text, key=key, layout=ButtonLayout.SPREAD, role=TypeRole.OFFICE_STRONG, least_height=Target.GO
            )
            button.clicked.connect(do)
            row.addWidget(button, 3)
        row.addWidget(self._next, 4)
        return row
