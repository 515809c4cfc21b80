"""A table of any length: the ids of all rows, and the rows themselves in pages of 128, fetched when they are looked at.

Sorting and filtering belong to whoever makes the list of ids (in SQL); there are no proxy models.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.ui.theme import Tone

PAGE_ROWS = 128
_PAGES_KEPT = 64

Id = TypeVar("Id")
Row = TypeVar("Row")

SECONDARY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""A quieter text after the cell's own (a SKU after a name)."""
TONE_ROLE = int(Qt.ItemDataRole.UserRole) + 2
"""The ``Tone`` of the cell's text, or None."""
CHIP_ROLE = int(Qt.ItemDataRole.UserRole) + 3
"""Whether the cell is drawn as a chip in its tone."""
QUIET_ROLE = int(Qt.ItemDataRole.UserRole) + 4
"""Whether the cell's text is supporting (``ink_3``)."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column.

    Attributes:
        title: the header; empty for none.
        text: what a row shows here.
        sort_key: the name the list of ids can be sorted by; empty when it can't.
        is_figure: right-aligned.
        is_chip: drawn as a chip in the tone of ``tone``.
        is_quiet: supporting text.
        width: pixels at 100 %; 0 takes what is left.
        secondary: a quieter text after it.
        tone: the tone of the text, None for its ink.
    """

    title: str
    text: Callable[[Row], str]
    sort_key: str = ""
    is_figure: bool = False
    is_chip: bool = False
    is_quiet: bool = False
    width: int = 0
    secondary: Callable[[Row], str] | None = None
    tone: Callable[[Row], Tone | None] | None = None


Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class PagedTable(QAbstractTableModel, Generic[Id, Row]):
    """The model behind every long list.

    Args:
        columns: what is shown.
        fetch: rows for these ids, in the same order; None where one is gone meanwhile. Called on the UI thread, for
            at most 128 ids, and answered from an index.
    """

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        fetch: Callable[[Sequence[Id]], Sequence[Row | None]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._fetch = fetch
        self._ids: Sequence[Id] = ()
        self._pages: OrderedDict[int, Sequence[Row | None]] = OrderedDict()
        self._sorted: tuple[int, Qt.SortOrder] | None = None

    def set_ids(self, ids: Sequence[Id]) -> None:
        """Show these rows in this order."""
        self.beginResetModel()
        self._ids = ids
        self._pages.clear()
        self.endResetModel()

    def refresh(self) -> None:
        """The rows changed, their order did not: fetch again what is looked at."""
        self._pages.clear()
        if self._ids:
            last = self.index(len(self._ids) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def id_at(self, row: int) -> Id | None:
        """The id of a row, None beyond the end."""
        return self._ids[row] if 0 <= row < len(self._ids) else None

    def row_at(self, row: int) -> Row | None:
        """A row, None beyond the end or when it is gone."""
        if not 0 <= row < len(self._ids):
            return None
        page = row // PAGE_ROWS
        rows = self._pages.get(page)
        if rows is None:
            rows = self._fetch(self._ids[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
            self._pages[page] = rows
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(page)
        return rows[row % PAGE_ROWS]

    def row_of(self, wanted: Id) -> int:
        """Where an id stands; -1 when it is not shown."""
        try:
            return self._ids.index(wanted)
        except ValueError:
            return -1

    def set_sorted_by(self, column: int, order: Qt.SortOrder) -> None:
        """Say in the header how the ids are sorted; the ids come sorted already."""
        self._sorted = (column, order)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many ids there are."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """What a cell shows; a row that is gone shows nothing."""
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role in (CHIP_ROLE, QUIET_ROLE):
            return column.is_chip if role == CHIP_ROLE else column.is_quiet
        row = self.row_at(index.row())
        return None if row is None else _cell(column, row, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> object:
        """The title, with an arrow where it is sorted."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if self._sorted is not None and self._sorted[0] == section:
            arrow = "↑" if self._sorted[1] == Qt.SortOrder.AscendingOrder else "↓"
            return f"{column.title} {arrow}"
        return column.title


def _alignment(column: Column[Row]) -> int:
    across = Qt.AlignmentFlag.AlignRight if column.is_figure else Qt.AlignmentFlag.AlignLeft
    return (across | Qt.AlignmentFlag.AlignVCenter).value


def _cell(column: Column[Row], row: Row, role: int) -> object:
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        return column.text(row)
    if role == SECONDARY_ROLE and column.secondary is not None:
        return column.secondary(row)
    if role == TONE_ROLE and column.tone is not None:
        return column.tone(row)
    return None
