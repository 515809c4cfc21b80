"""What each store has of one variant, in a panel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.side_panel import section_head
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, ElidedLabel, TextLabel, rule
from desktop.usecases.browse_products import ProductPanel

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class StockGrid(QWidget):
    """Store, figure, and what is to be known about it.

    Signals:
        move_wanted: stock is to be moved.
    """

    move_wanted = Signal()

    def __init__(self, *, can_move: bool = True) -> None:
        super().__init__()
        theme = current_theme()
        self._shown: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(section_head("Stock"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(Space.M))
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(2, 1)
        column.addLayout(self._grid)
        if can_move:
            move = ActionButton("Move stock", key="M")
            move.clicked.connect(self.move_wanted)
            row = QHBoxLayout()
            row.setContentsMargins(0, theme.px(Space.S), 0, 0)
            row.addWidget(move)
            row.addStretch(1)
            column.addLayout(row)

    def show_stock(self, panel: ProductPanel | None) -> None:
        """Show the stores, or nothing for a service or a new product."""
        stock = panel.stock if panel is not None else ()
        self.setVisible(bool(stock))
        if stock == self._shown:
            return
        self._shown = stock
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, line in enumerate(stock):
            store = TextLabel(line.store_name, TypeRole.SUPPORT)
            store.setFixedHeight(current_theme().px(31))
            figure = TextLabel(line.on_hand, TypeRole.SUPPORT_STRONG)
            figure.set_tone(Tone.WRONG if line.is_low else None)
            figure.setAlignment(_RIGHT)
            note = ElidedLabel(line.note, TypeRole.SUPPORT, Ink.THIRD)
            note.setAlignment(_RIGHT)
            for place, label in enumerate((store, figure, note)):
                self._grid.addWidget(label, number * 2, place)
            self._grid.addWidget(rule(), number * 2 + 1, 0, 1, 3)
