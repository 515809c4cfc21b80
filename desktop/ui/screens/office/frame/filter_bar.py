"""Filters as chips: those that are set in blue, each a menu of its values; *+ Filter* offers the rest."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from desktop.ui.theme import Space, Tone, current_theme
from desktop.ui.widgets import Chip


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One filter.

    Attributes:
        key: what ``FilterBar.chosen`` names it by.
        label: ``Store``.
        options: (value, words) of what may be chosen.
        value: what is chosen; None while the filter is not set.
        words: what the chip says behind the label; empty: the words of the chosen option.
        is_fixed: always set, cannot be taken away.
    """

    key: str
    label: str
    options: tuple[tuple[Hashable, str], ...] = ()
    value: Hashable | None = None
    words: str = ""
    is_fixed: bool = False

    @property
    def text(self) -> str:
        """``Store: Harbour Street``."""
        words = self.words or dict(self.options).get(self.value, "")
        return f"{self.label}: {words}" if words else self.label


class FilterBar(QWidget):
    """The row of chips over a list.

    Signals:
        chosen(str, object): a filter got this value; None took it away.
    """

    chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(current_theme().px(Space.S))
        self._row.addStretch(1)
        self._shown: tuple[FilterChoice, ...] = ()
        self._chips: list[Chip] = []

    def show_filters(self, filters: Sequence[FilterChoice]) -> None:
        """Show these filters; unchanged ones leave the chips alone."""
        if tuple(filters) == self._shown:
            return
        self._shown = tuple(filters)
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip_of(each) for each in self._shown if each.value is not None]
        if any(each.value is None for each in self._shown):
            more = Chip("+ Filter", is_pressable=True)
            more.clicked.connect(lambda _checked=False, chip=more: self._offer(chip))
            self._chips.append(more)
        for place, chip in enumerate(self._chips):
            self._row.insertWidget(place, chip)

    def _chip_of(self, each: FilterChoice) -> Chip:
        chip = Chip(each.text, Tone.HERE, is_pressable=True)
        chip.clicked.connect(lambda _checked=False: self._open(chip, each))
        return chip

    def _open(self, chip: Chip, each: FilterChoice) -> None:
        menu = QMenu(self)
        self._fill(menu, each)
        if not each.is_fixed:
            if each.options:
                menu.addSeparator()
            menu.addAction("Take the filter away").triggered.connect(lambda: self.chosen.emit(each.key, None))
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height())))

    def _offer(self, chip: Chip) -> None:
        menu = QMenu(self)
        for each in self._shown:
            if each.value is None and each.options:
                self._fill(menu.addMenu(each.label), each)
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height())))

    def _fill(self, menu: QMenu, each: FilterChoice) -> None:
        for value, words in each.options:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == each.value)
            action.triggered.connect(lambda _checked=False, value=value: self.chosen.emit(each.key, value))
