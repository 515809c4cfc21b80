"""The bar over every page: the find field with what it found, the connection, and who works here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.screens.office.navigation import PAGES
from desktop.ui.screens.office.session import OfficeSession
from desktop.ui.theme import Space, Tone, current_theme
from desktop.ui.widgets import Chip, SearchField
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.find_anything import Hit, HitKind, find_anything
from desktop.usecases.office import OfficeState
from shared.errors import CounterfoilError

HEIGHT = 52
_FIND_WIDTH = 500
_ROW_HEIGHT = 60
_ROWS_SHOWN = 8
_KIND_WORDS = {
    HitKind.PRODUCT: "Product",
    HitKind.CUSTOMER: "Customer",
    HitKind.RECEIPT: "Receipt",
    HitKind.PAGE: "Page",
}


class FindResults(FramedPane):
    """What the find field found, under it; it takes no focus, so that typing goes on.

    Signals:
        opened(Hit): one was chosen.
    """

    opened = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.list = RowList("Found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.opened.connect(self._open)
        self.body.addWidget(self.list)
        self._hits: tuple[Hit, ...] = ()
        self.hide()

    def show_hits(self, hits: Sequence[Hit], text: str) -> None:
        """Show what was found, or say that nothing was; hide for an empty text."""
        self._hits = tuple(hits)
        rows = [
            RowView(
                key=place,
                title=hit.title,
                subtitle=" · ".join(filter(None, (_KIND_WORDS[hit.kind], hit.detail))),
                figure=hit.figure,
            )
            for place, hit in enumerate(self._hits)
        ]
        if not rows and text.strip():
            rows = [
                RowView(key=-1, title=f"Nothing found for “{text.strip()}”", subtitle="Try fewer letters or a code")
            ]
        with QSignalBlocker(self.list):
            self.list.show_rows(rows)
        height = current_theme().px(_ROW_HEIGHT) * min(max(len(rows), 1), _ROWS_SHOWN) + 2
        self.setFixedHeight(height)
        self.setVisible(bool(text.strip()))
        self.raise_()

    def open_current(self) -> None:
        """Open what is marked."""
        self._open(self.list.current_key())

    def _open(self, key: object) -> None:
        if isinstance(key, int) and 0 <= key < len(self._hits):
            self.opened.emit(self._hits[key])


class TopBar(QWidget):
    """The bar.

    Signals:
        hit_opened(Hit): something found is to be shown.
        lock_wanted: the person's chip was pressed.
        sync_wanted: the connection chip was pressed.
    """

    hit_opened = Signal(object)
    lock_wanted = Signal()
    sync_wanted = Signal()

    def __init__(self, session: OfficeSession, results: FindResults, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._session = session
        self._results = results
        self.setFixedHeight(theme.px(HEIGHT))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(Space.L), 0, theme.px(Space.L), 0)
        row.setSpacing(theme.px(Space.M))
        self.find_field = SearchField("Find a product, customer, receipt or page", key="Ctrl K")
        self.find_field.setMaximumWidth(theme.px(_FIND_WIDTH))
        self.find_field.text_edited.connect(self._ask)
        self.find_field.submitted.connect(lambda _text: results.open_current())
        self.find_field.moved.connect(results.list.step)
        self.find_field.edit.installEventFilter(self)
        results.opened.connect(self._open)
        self._connection = Chip("", has_dot=True, is_pressable=True)
        self._connection.clicked.connect(self.sync_wanted)
        self._person = Chip("", is_pressable=True, key="Ctrl L")
        self._person.clicked.connect(self.lock_wanted)
        row.addWidget(self.find_field, 20)
        row.addStretch(1)
        row.addWidget(self._connection)
        row.addWidget(self._person)

    def show_state(self, state: OfficeState) -> None:
        """Say what is true of the connection, and who works here."""
        self._connection.set_words(state.connection, Tone.PLAIN if state.is_online else Tone.LOOK)
        self._person.set_words(state.person)

    def focus_find(self) -> None:
        """The keyboard goes to the find field."""
        self.find_field.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.find_field.edit.selectAll()
        self._ask(self.find_field.text())

    def close_results(self) -> bool:
        """Put the results away; whether there were any."""
        was_open = self._results.isVisible()
        self._results.hide()
        return was_open

    def place_results(self) -> None:
        """Put the results right under the field, wherever the window put it."""
        parent = self._results.parentWidget()
        if parent is None:
            return
        corner = self.find_field.mapTo(parent, QPoint(0, self.find_field.height() + current_theme().px(Space.XS)))
        self._results.move(corner)
        self._results.setFixedWidth(self.find_field.width())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Put the results away when the keyboard goes elsewhere."""
        if event.type() == QEvent.Type.FocusOut:
            self._results.hide()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground and the line to the page."""
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("raised" if not theme.tokens.is_dark else "surface"))
        painter.setPen(theme.colour("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)

    def _ask(self, text: str) -> None:
        if not text.strip():
            self._results.show_hits((), "")
            return
        self._session.ask(
            "find", lambda desk: find_anything(desk, text), lambda hits: self._take(text, hits), self._fail
        )

    def _take(self, text: str, hits: tuple[Hit, ...]) -> None:
        if text != self.find_field.text() or not self.find_field.edit.hasFocus():
            return
        folded = text.strip().casefold()
        pages = tuple(
            Hit(HitKind.PAGE, entry.text, entry.key.replace("+", " "), name=entry.name)
            for entry in PAGES
            if entry.text.casefold().startswith(folded)
        )
        self._results.show_hits((*hits, *pages), text)
        self.place_results()

    def _fail(self, failure: CounterfoilError) -> None:
        self._results.show_hits((Hit(HitKind.PAGE, failure.message, ""),), failure.message)

    def _open(self, hit: Hit) -> None:
        self._results.hide()
        self.find_field.clear()
        self.hit_opened.emit(hit)
