"""The look of every list of rows: hairlines between rows, one selected row, chips and quiet second texts in cells."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.ui.models.paged_table import (
    CHIP_ROLE,
    QUIET_ROLE,
    SECONDARY_ROLE,
    TONE_ROLE,
    Column,
    Id,
    PagedTable,
    Row,
)
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_sheet

ROW_HEIGHT = 37
HEADER_HEIGHT = 34


class CellDelegate(QStyledItemDelegate):
    """Draws one cell: ground, text with its second text, or a chip."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the cell; the selected row is blue and says where the keyboard is by a bar at its left."""
        theme = current_theme()
        painter.save()
        area = QRectF(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(area, theme.colour("blue_soft"))
            view = self.parent()
            if index.column() == 0 and isinstance(view, QWidget) and view.hasFocus():
                painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), theme.colour("blue"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.colour("surface"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        text = str(index.data() or "")
        inner = area.adjusted(theme.px(Space.M), 0, -theme.px(Space.M), -1)
        if index.data(CHIP_ROLE) and text:
            _paint_chip(painter, inner, text, index.data(TONE_ROLE) or Tone.PLAIN)
        else:
            _paint_text(painter, inner, text, index)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Rows are all of one height."""
        return QSize(super().sizeHint(option, index).width(), current_theme().px(ROW_HEIGHT))


def _paint_text(painter: QPainter, area: QRectF, text: str, index: QModelIndex | QPersistentModelIndex) -> None:
    theme = current_theme()
    font = theme.font(TypeRole.OFFICE)
    tone = index.data(TONE_ROLE)
    if tone is not None:
        font = theme.font(TypeRole.OFFICE_STRONG)
        painter.setPen(theme.tone(tone))
    else:
        painter.setPen(theme.ink(Ink.THIRD if index.data(QUIET_ROLE) else Ink.STRONG))
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.setFont(font)
    flags = index.data(Qt.ItemDataRole.TextAlignmentRole)
    painter.drawText(area, int(flags), shown)
    secondary = index.data(SECONDARY_ROLE)
    if secondary and shown == text:
        left = metrics.horizontalAdvance(text) + theme.px(Space.XS) + 1
        rest = area.adjusted(left, 1, 0, 1)
        small = theme.font(TypeRole.SUPPORT)
        painter.setFont(small)
        painter.setPen(theme.ink(Ink.THIRD))
        elided = QFontMetricsF(small).elidedText(str(secondary), Qt.TextElideMode.ElideRight, max(0.0, rest.width()))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter), elided if len(elided) > 1 else "")


def _paint_chip(painter: QPainter, area: QRectF, text: str, tone: Tone) -> None:
    theme = current_theme()
    font = theme.font(TypeRole.SUPPORT_STRONG)
    width = min(QFontMetricsF(font).horizontalAdvance(text) + theme.px(20), area.width() + theme.px(Space.S))
    height = theme.px(22)
    chip = QRectF(area.left() - theme.px(2), area.center().y() - height / 2, width, height)
    is_plain = tone is Tone.PLAIN
    fill = theme.colour("raised") if is_plain else theme.soft(tone)
    paint_sheet(painter, chip, fill, theme.colour("line") if is_plain else None, radius=11)
    painter.setFont(font)
    painter.setPen(theme.tone(tone))
    elided = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width - theme.px(12))
    painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), elided)


class DataTable(QTableView):
    """A list of rows over a ``PagedTable``.

    Signals:
        row_chosen(int): another row became current.
        row_opened(int): Enter or a double click.
        sort_wanted(int): a header that can be sorted by was pressed.
    """

    row_chosen = Signal(int)
    row_opened = Signal(int)
    sort_wanted = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self.setAccessibleName(name)
        self.setItemDelegate(CellDelegate(self))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        # Fixed heights: with any other mode Qt asks every row of a hundred thousand for its height.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.px(ROW_HEIGHT))
        header = self.horizontalHeader()
        header.setFont(theme.font(TypeRole.LABEL))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setFixedHeight(theme.px(HEADER_HEIGHT))
        header.setMinimumSectionSize(theme.px(40))
        header.sectionClicked.connect(self.sort_wanted)
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index.row()))

    def show_table(self, model: PagedTable[Id, Row]) -> None:
        """Show a model and set the columns' widths."""
        self.setModel(model)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self.row_chosen.emit(now.row()))
        for number, column in enumerate(model.columns):
            self._set_width(number, column)

    def choose_row(self, row: int) -> None:
        """Make a row current and bring it into sight."""
        model = self.model()
        if 0 <= row < model.rowCount():
            self.selectRow(row)
            self.scrollTo(model.index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_opened.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def _set_width(self, number: int, column: Column[Row]) -> None:
        header = self.horizontalHeader()
        if column.width:
            header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(number, current_theme().px(column.width))
        else:
            header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
