"""The first page of a new device: two fields and one green button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from desktop.ui.screens.first_run.presenter import FirstRunPresenter
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, ButtonLayout, Card, Emphasis, NoticeLine, TextLabel


class FirstRunScreen(QWidget):
    """The page."""

    def __init__(self, presenter: FirstRunPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._build_card())
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        outer.setContentsMargins(theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL))
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        is_busy = bool(presenter.step)
        for field in (self.url, self.code):
            field.setEnabled(not is_busy and not presenter.is_resumed)
        if self.url.text() != presenter.url:
            self.url.setText(presenter.url)
        self.problem.say(presenter.problem)
        self._step.setText(presenter.step)
        self._step.setVisible(is_busy)
        self._bar.setVisible(is_busy)
        self._bar.setRange(0, 0 if presenter.per_mille is None else 1_000)
        self._bar.setValue(presenter.per_mille or 0)
        self._join.set_words("Go on" if presenter.is_resumed else "Join the shop")
        self._join.setEnabled(presenter.is_ready)

    def focus_first(self) -> None:
        """The keyboard starts in the first empty field."""
        (self.code if self._presenter.url else self.url).setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_card(self) -> Card:
        theme = current_theme()
        presenter = self._presenter
        card = Card(padding=Space.HUGE, spacing=Space.S)
        card.setFixedWidth(theme.px(520))
        card.body.addWidget(TextLabel("Join a shop", TypeRole.TITLE))
        card.body.addWidget(
            TextLabel(
                "This device does not belong to a shop yet. Ask the office for a one-time code.",
                TypeRole.BODY,
                Ink.THIRD,
                wraps=True,
            )
        )
        card.body.addSpacing(theme.px(Space.M))
        self.url = self._field(card, "Server address", "https://shop.example", presenter.type_url)
        self.code = self._field(card, "One-time code", "K7QF2-9XWTM", presenter.type_code)
        self.problem = NoticeLine()
        self._step = TextLabel("", TypeRole.SUPPORT_STRONG, Ink.SECOND)
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Joining")
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.px(Space.S))
        self._join = ActionButton(
            "Join the shop",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._join.clicked.connect(presenter.submit)
        card.body.addSpacing(theme.px(Space.S))
        for widget in (self.problem, self._step, self._bar, self._join):
            card.body.addWidget(widget)
        return card

    def _field(self, card: Card, label: str, example: str, typed: object) -> QLineEdit:
        theme = current_theme()
        name = TextLabel(label, TypeRole.OFFICE_STRONG, Ink.SECOND)
        field = QLineEdit()
        field.setPlaceholderText(example)
        field.setAccessibleName(label)
        field.setFont(theme.font(TypeRole.BODY))
        field.setMinimumHeight(theme.px(Target.TILL))
        field.textEdited.connect(typed)
        field.returnPressed.connect(self._presenter.submit)
        name.setBuddy(field)
        card.body.addWidget(name)
        card.body.addWidget(field)
        return field
