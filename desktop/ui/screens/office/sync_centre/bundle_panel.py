"""The panel of the support bundle: what would go in, and only then the file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget

from desktop.ui.executor import Executor
from desktop.ui.screens.office.frame.side_panel import SidePanel, section_head
from desktop.ui.screens.office.session import OfficeSession
from desktop.ui.theme import Ink, Tone, TypeRole
from desktop.ui.widgets import ActionButton, Emphasis, NoticeLine, TextLabel
from desktop.usecases.support_bundle import Bundle, Part, save
from shared.errors import CounterfoilError

_PROMISE = (
    "For whoever helps you from afar. Names of people and goods, addresses, amounts, texts, PINs and keys are masked "
    "before anything is written."
)


class BundlePanel(SidePanel):
    """The panel.

    Attributes:
        is_open: whether it stands in the place of the others.

    Signals:
        closed: it was put away.
    """

    closed = Signal()

    def __init__(self, session: OfficeSession, *, width: int) -> None:
        super().__init__(width=width)
        self.is_open = False
        self._session = session
        self._worker = Executor("support-bundle", self)
        self._bundle: Bundle | None = None
        self._path: Path | None = None
        self.notice = NoticeLine()
        self._promise = TextLabel(_PROMISE, TypeRole.OFFICE, Ink.SECOND, wraps=True)
        self._head = section_head("What goes in")
        for widget in (self.notice, self._promise, self._head):
            self.form.addWidget(widget)
        self._rows: list[_PartRow] = []
        self.form.addStretch(1)
        self.close_button = ActionButton("Close", key="Esc")
        self.close_button.clicked.connect(self.close_panel)
        self.copy = ActionButton("Copy its place")
        self.copy.clicked.connect(self._copy)
        self.save = ActionButton("Save the bundle", emphasis=Emphasis.PRIMARY)
        self.save.clicked.connect(self._choose)
        self.foot.addStretch(1)
        for button in (self.close_button, self.copy, self.save):
            self.foot.addWidget(button)

    def open_panel(self) -> None:
        """Gather, and show what would go in."""
        self.is_open, self._bundle, self._path = True, None, None
        self._show()
        gather = self._session.office.gather_support
        self._worker.submit(gather, self._take, self._fail)
        self.show()

    def close_panel(self) -> None:
        """Put it away."""
        self.is_open = False
        self.hide()
        self.closed.emit()

    def write_to(self, path: Path) -> None:
        """Write the file."""
        bundle = self._bundle
        if bundle is not None:
            self._worker.submit(lambda: save(bundle, path), self._written, self._fail)

    def wait_until_idle(self) -> None:
        """Let events run until nothing is gathered or written; for tests and pictures."""
        self._worker.wait_until_idle()

    def stop(self) -> None:
        """The window closes."""
        self._worker.close()

    def _choose(self) -> None:
        if self._bundle is None:
            return
        place = str(Path.home() / self._bundle.file_name)
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the support bundle", place, "Zip files (*.zip)")
        if chosen:
            self.write_to(Path(chosen))

    def _copy(self) -> None:
        QApplication.clipboard().setText(str(self._path))

    def _take(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._show()

    def _written(self, path: Path) -> None:
        self._path = path
        self.notice.say(f"Saved: {path}", Tone.GOOD)
        self._show()

    def _fail(self, failure: CounterfoilError) -> None:
        self.notice.say(failure.message, Tone.WRONG)

    def _show(self) -> None:
        bundle = self._bundle
        self.set_head("Support bundle", "Gathering…" if bundle is None else bundle.file_name)
        self.save.setEnabled(bundle is not None)
        self.copy.setVisible(self._path is not None)
        if self._path is None:
            self.notice.say("")
        for row in self._rows:
            self.form.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [] if bundle is None else [_PartRow(part) for part in bundle.parts]
        self._head.setVisible(bool(self._rows))
        for place, row in enumerate(self._rows, start=3):
            self.form.insertWidget(place, row)


class _PartRow(QWidget):
    def __init__(self, part: Part) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(TextLabel(part.name, TypeRole.OFFICE_STRONG))
        column.addWidget(TextLabel(part.about, TypeRole.SUPPORT, Ink.THIRD, wraps=True))
