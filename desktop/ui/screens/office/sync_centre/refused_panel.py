"""The panel of one refused change: why, what to do; send it again, write it otherwise, or set it aside."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from desktop.ui.screens.office.frame.form import FieldRow, text_field
from desktop.ui.screens.office.frame.side_panel import SidePanel, section_head
from desktop.ui.screens.office.sync_centre.presenter import SyncPresenter
from desktop.ui.theme import Ink, Tone, TypeRole
from desktop.ui.widgets import ActionButton, Emphasis, EmptyState, TextLabel


class RefusedPanel(SidePanel):
    """The panel."""

    def __init__(self, presenter: SyncPresenter, *, width: int) -> None:
        super().__init__(width=width)
        self._presenter = presenter
        self._reason = TextLabel("", TypeRole.BODY_STRONG, wraps=True)
        self._reason.set_tone(Tone.WRONG)
        self._remedy = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        self._head_fields = section_head("Write it otherwise")
        self._rows: dict[str, QLineEdit] = {}
        self._field_rows: list[FieldRow] = []
        self._head_aside = section_head("Set it aside, because")
        self.why = text_field("Why it is not wanted any more")
        self.why.setAccessibleName("Why it is set aside")
        self.aside = ActionButton("Set aside")
        self.aside.clicked.connect(lambda: presenter.set_aside(self.why.text()))
        self.why.returnPressed.connect(lambda: presenter.set_aside(self.why.text()))
        self._nothing = EmptyState("Choose a change", "Here it says why the server did not take it, and what to do.")
        for widget in (self._reason, self._remedy, self._head_fields):
            self.form.addWidget(widget)
        self._at = self.form.count()
        self.form.addWidget(self._head_aside)
        self.form.addWidget(self.why)
        self.form.addWidget(self.aside)
        self.form.addWidget(self._nothing, 1)
        self.form.addStretch(1)
        self.send = ActionButton("Send again", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self.send.clicked.connect(self.send_again)
        self.edit = ActionButton("Edit first", key="E")
        self.edit.clicked.connect(presenter.edit)
        self.foot.addStretch(1)
        self.foot.addWidget(self.edit)
        self.foot.addWidget(self.send)
        self._shown: object = None

    def send_again(self) -> None:
        """Send it, with what was typed."""
        self._presenter.send_again({name: field.text() for name, field in self._rows.items()})

    def show_state(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        chosen = state.chosen
        self.show_foot(is_shown=chosen is not None)
        self._nothing.setVisible(chosen is None)
        for widget in (self._reason, self._remedy, self._head_aside, self.why, self.aside):
            widget.setVisible(chosen is not None)
        if (chosen, state.fields) == self._shown:
            return
        is_other = not isinstance(self._shown, tuple) or self._shown[0] != chosen
        self._shown = (chosen, state.fields)
        self.set_head(
            "Not taken" if chosen is None else chosen.what, "" if chosen is None else f"made {chosen.age} ago"
        )
        if is_other:
            self.why.clear()
        if chosen is not None:
            self._reason.setText(chosen.reason)
            self._remedy.setText(chosen.remedy)
            self.edit.setVisible(not chosen.is_fact)
        self._show_fields()

    def _show_fields(self) -> None:
        for row in self._field_rows:
            self.form.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._field_rows, self._rows = [], {}
        fields = self._presenter.state.fields
        self._head_fields.setVisible(bool(fields))
        for place, field in enumerate(fields):
            line = text_field()
            line.setText(field.text)
            line.returnPressed.connect(self.send_again)
            row = FieldRow(field.title, line)
            self.form.insertWidget(self._at + place, row)
            self._rows[field.name] = line
            self._field_rows.append(row)
        if self._rows:
            next(iter(self._rows.values())).setFocus()
