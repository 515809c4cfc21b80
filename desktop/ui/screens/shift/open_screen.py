"""The page without a shift: how much lies in the drawer, and the way on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.shift.presenter import ShiftPresenter
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.widgets import ActionButton, ButtonLayout, Card, Emphasis, NoticeLine, NumericPad, TextLabel
from desktop.ui.widgets.figure_field import FigureField


class OpenShiftScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: ShiftPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._build_card())
        middle.addStretch(1)
        outer.addStretch(1)
        outer.addLayout(middle, 8)
        outer.addStretch(1)
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        self.notice.say(presenter.session.problem)
        self.field.set_buffer(presenter.float_text)
        self._open.set_words(presenter.open_text)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.field

    def focus_first(self) -> None:
        """The keyboard types the float."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_card(self) -> Card:
        theme = current_theme()
        presenter = self._presenter
        card = Card(padding=Space.XXL, spacing=Space.M)
        card.setFixedWidth(theme.px(460))
        card.body.addWidget(TextLabel("Open a shift", TypeRole.TITLE))
        card.body.addWidget(TextLabel("How much change lies in the drawer?", TypeRole.BODY, Ink.THIRD))
        self.notice = NoticeLine()
        self.field = FigureField("Float", shown=presenter.shown_figure)
        self.field.set_suggestion(presenter.shown_figure("0"))
        self.field.edited.connect(presenter.type_float)
        self.field.submitted.connect(presenter.open_shift)
        pad = NumericPad("00" if presenter.has_implied_decimals else ".")
        pad.pressed.connect(self.field.press)
        self._open = ActionButton(
            "",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._open.clicked.connect(presenter.open_shift)
        card.body.addWidget(self.notice)
        card.body.addWidget(self.field)
        card.body.addWidget(pad, 1)
        card.body.addWidget(self._open)
        return card
