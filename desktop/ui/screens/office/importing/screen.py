"""The import page: choose a file, see what would change and which rows are refused, then bring it in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar, QWidget

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.screens.office.importing.presenter import ImportPresenter, ImportState, ImportStep
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, DataTable, Emphasis, NoticeLine, TextLabel
from desktop.usecases.import_catalogue import RowProblem
from desktop.usecases.office_words import span_text

_TICK_MS = 500
_FILES = "Tables (*.csv *.xlsx *.tsv *.txt)"
_HINT = (
    "CSV or XLSX with headings such as SKU, name, price, barcode, category, tax, cost and stock. You see first what "
    "would change; nothing is written before you say so. Importing the same file again changes nothing."
)
PROBLEMS: tuple[Column[RowProblem], ...] = (
    Column("Row", lambda problem: f"{problem.row:,}", is_figure=True, is_quiet=True, width=80),
    Column("Column", lambda problem: problem.column, is_quiet=True, width=130),
    Column("Why", lambda problem: problem.message),
)


class ImportPage(OfficePage):
    """The page.

    Signals:
        left: back to the products.
    """

    left = Signal()

    def __init__(self, presenter: ImportPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Import products", parent)
        self.presenter = presenter
        theme = current_theme()
        self.setAcceptDrops(True)
        self.head.addStretch(1)
        back = ActionButton("Back to the products", key="Esc")
        back.clicked.connect(self.left)
        self._choose = ActionButton("Choose a file", key="N", emphasis=Emphasis.PRIMARY)
        self._choose.clicked.connect(self.make_new)
        self._bring = ActionButton("Bring it in", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self._bring.clicked.connect(presenter.bring_in)
        for button in (back, self._choose, self._bring):
            self.head.addWidget(button)
        card = Card(padding=Space.XL, spacing=Space.S)
        self._title = TextLabel("", TypeRole.HEADING)
        self._text = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        self._detail = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("The server is at work")
        self._progress.setFixedHeight(theme.px(8))
        for widget in (self._title, self._text, self._detail, self._progress):
            card.body.addWidget(widget)
        self.done = NoticeLine(Tone.GOOD)
        self._model: PagedTable[RowProblem, RowProblem] = PagedTable(PROBLEMS, lambda rows: rows, self)
        table = DataTable("Rows that were refused, and remarks")
        table.show_table(self._model)
        self._problems = TableCard(table, empty_icon="check")
        self.body.addWidget(self.done)
        self.body.addWidget(card)
        self.body.addWidget(self._problems, 1)
        self._rest = QHBoxLayout()
        self.body.addLayout(self._rest)
        self.body.addStretch(0)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Begin."""
        self.presenter.open()
        self._show()
        self._choose.setFocus()

    def make_new(self) -> None:
        """Choose a file."""
        if self.presenter.state.is_busy:
            return
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose a file of products", "", "Tables (*.csv *.xlsx *.tsv *.txt)"
        )
        if name:
            self.presenter.choose(Path(name))

    def save(self) -> None:
        """Do it."""
        self.presenter.bring_in()

    def go_back(self) -> None:
        """Back to the products."""
        self.left.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file may be dropped here."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at the file that was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.presenter.choose(Path(paths[0]))

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self._progress.setVisible(state.is_busy)
        if state.is_busy:
            self._timer.start()
        else:
            self._timer.stop()
        report = state.report
        self._choose.setVisible(not state.is_busy)
        can_bring = state.step is ImportStep.LOOKED and report is not None and report.changes_something
        self._bring.setVisible(can_bring)
        self._choose.set_emphasis(Emphasis.PLAIN if can_bring else Emphasis.PRIMARY)
        self._choose.set_words("Choose a file" if state.path is None else "Choose another file")
        self.done.say(f"Brought in: {report.headline()}." if report and state.step is ImportStep.DONE else "")
        self._say(state)
        problems = report.problems if report is not None else ()
        self._model.set_ids(problems)
        self._problems.setVisible(report is not None)
        if problems:
            self._problems.show_rows()
        else:
            self._problems.show_empty("Every row is fine", "Nothing has to be put right in the file.")

    def _say(self, state: ImportState) -> None:
        name = state.path.name if state.path is not None else ""
        report = state.report
        words = {
            ImportStep.CHOOSE: ("A table with one product per row", _HINT),
            ImportStep.LOOKING: (f"Looking at {name}", "The server reads every row. Nothing is written."),
            ImportStep.RUNNING: (f"Bringing in {name}", "You can go on working; tills go on selling."),
            ImportStep.LOOKED: (name, f"It would be: {report.headline()}" if report else ""),
            ImportStep.DONE: (name, f"It was: {report.headline()}" if report else ""),
        }
        title, text = words[state.step]
        self._title.setText(title)
        self._text.setText(text)
        details = []
        if report is not None:
            details = [report.changes_in_words()]
            if report.problem_count > len(report.problems):
                details.append(f"The first {len(report.problems):,} of {report.problem_count:,} remarks are listed")
            if report.ignored_headings:
                details.append(f"Columns that mean nothing here: {', '.join(report.ignored_headings)}")
            if report.price_conflicts:
                details.append(f"{report.price_conflicts:,} prices wait for a decision in Conflicts")
        self._detail.setText(". ".join(filter(None, details)))
        self._detail.setVisible(bool(self._detail.text()))

    def _tick(self) -> None:
        self._detail.setText(f"{span_text(self.presenter.elapsed_us())} so far")
        self._detail.setVisible(True)
