"""The selling page: find field, tiles or results or one open question, function keys, and the two ways to pay."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.screens.sell.entry_panel import EntryPanel
from desktop.ui.screens.sell.presenter import SellPresenter
from desktop.ui.screens.sell.tiles import TileGrid
from desktop.ui.theme import Ink, Space, Target, Tone, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    ElidedLabel,
    Emphasis,
    EmptyState,
    NoticeLine,
    SearchField,
    SegmentedTabs,
)
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.till_views import FoundView

FUNCTION_KEYS = ("customer", "park", "recall", "quantity", "discount", "return")
_TILES, _RESULTS, _ENTRY, _NO_TILES = range(4)


class SellScreen(PageWidget):
    """The page.

    Signals:
        action_pressed(str): a button that stands for an action of the action table.
        line_stepped(int): up (-1) or down (+1) in the basket.
    """

    action_pressed = Signal(str)
    line_stepped = Signal(int)

    def __init__(self, presenter: SellPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._presenter = presenter
        self.find_field = SearchField("Name, code or barcode", key="F2", height=60, role=TypeRole.LINE, is_quiet=False)
        self.find_field.text_edited.connect(presenter.type_text)
        self.find_field.submitted.connect(lambda _text: presenter.submit(self.results.currentIndex().row()))
        self.find_field.moved.connect(self._move)
        self.notice = NoticeLine(dismiss_text="Noted", dismiss_key="Esc")
        self.notice.dismissed.connect(presenter.session.dismiss)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        column.addWidget(self.find_field)
        column.addWidget(self.notice)
        column.addWidget(self._build_body(), 1)
        column.addLayout(self._build_function_keys())
        column.addLayout(self._build_pay_row())
        presenter.changed.connect(self.refresh)
        presenter.text_replaced.connect(lambda: self.find_field.edit.setText(presenter.text))
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        state = presenter.session.state
        self.notice.say(state.refusal or presenter.session.problem)
        self._show_body()
        self._exact.set_words(presenter.exact_text)
        self._exact.setEnabled(presenter.can_pay)
        self._tender.setEnabled(presenter.can_pay)
        recall = f"Recall · {state.parked}" if state.parked else "Recall"
        self._keys["recall"].set_words(recall)

    def text_target(self) -> QWidget:
        """The find field, or the open question's."""
        return self.find_field.edit if self._presenter.entry is None else self.entry.field

    def focus_first(self) -> None:
        """Bring the keyboard to where it belongs: the open question, else the find field."""
        if self._presenter.entry is not None:
            self.entry.field.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.find_field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_body(self) -> QWidget:
        theme = current_theme()
        presenter = self._presenter
        self._tab_names: list[str] = []
        self._tabs = SegmentedTabs()
        self._tabs.chosen.connect(lambda _index: self._show_tiles())
        self.tiles = TileGrid()
        self.tiles.pressed.connect(presenter.add)
        tiles = QWidget()
        tiles_column = QVBoxLayout(tiles)
        tiles_column.setContentsMargins(0, 0, 0, 0)
        tiles_column.setSpacing(theme.px(Space.M))
        tiles_column.addWidget(self._tabs)
        tiles_column.addWidget(self.tiles, 1)
        self.results = RowList("Products found")
        self.results.opened.connect(presenter.add)
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = EmptyState("", "")
        self._hint = ElidedLabel("", TypeRole.SUPPORT_STRONG, Ink.SECOND)
        found = Card(padding=6, spacing=0)
        self._hint.setContentsMargins(theme.px(Space.M), theme.px(Space.S), theme.px(Space.M), theme.px(Space.S))
        found.body.addWidget(self._hint)
        found.body.addWidget(self.results, 1)
        found.body.addWidget(self._nothing, 1)
        self.entry = EntryPanel(presenter.shown_entry_figure)
        self.entry.typed.connect(lambda text: presenter.change_entry(text=text))
        self.entry.confirmed.connect(presenter.confirm_entry)
        self.entry.left.connect(presenter.close_entry)
        self.entry.percent_chosen.connect(lambda yes: presenter.change_entry(is_percent=yes))
        self.entry.basket_chosen.connect(lambda yes: presenter.change_entry(is_basket=yes))
        self._body = QStackedWidget()
        no_tiles = EmptyState(
            "No quick keys yet", "The office puts products on the till's tabs. Scan or find them here."
        )
        for page in (tiles, found, self.entry, no_tiles):
            self._body.addWidget(page)
        return self._body

    def _build_function_keys(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.S + 1))
        words = {
            "customer": ("Customer", "F3"),
            "park": ("Park", "F4"),
            "recall": ("Recall", "F5"),
            "quantity": ("Quantity", "F6"),
            "discount": ("Discount", "F8"),
            "return": ("Return", "Ins"),
        }
        self._keys = {name: self._function_key(name, *words[name]) for name in FUNCTION_KEYS}
        for button in self._keys.values():
            row.addWidget(button, 1)
        return row

    def _function_key(self, name: str, text: str, key: str) -> ActionButton:
        button = ActionButton(text, key=key, layout=ButtonLayout.STACKED, least_height=Target.MONEY + 2)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.action_pressed.emit(name))
        return button

    def _build_pay_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.S + 2))
        self._tender = ActionButton(
            "Tender…", key="F9", layout=ButtonLayout.SPREAD, role=TypeRole.GO, least_height=Target.GO
        )
        self._exact = ActionButton(
            "Exact cash",
            key="F12",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        for button, name in ((self._tender, "tender"), (self._exact, "exact_cash")):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, action=name: self.action_pressed.emit(action))
        row.addWidget(self._tender, 3)
        row.addWidget(self._exact, 4)
        return row

    def _show_body(self) -> None:
        presenter = self._presenter
        if presenter.entry is not None:
            self.entry.show_entry(presenter.entry)
            self._go_to(_ENTRY)
        elif presenter.found is not None or presenter.hint:
            self._show_results(presenter.found.products if presenter.found is not None else ())
            self._go_to(_RESULTS)
        elif presenter.tabs:
            self._show_tabs()
            self._go_to(_TILES)
        else:
            self._go_to(_NO_TILES)

    def _go_to(self, page: int) -> None:
        before = self._body.currentIndex()
        self._body.setCurrentIndex(page)
        if before != page and _ENTRY in (before, page) and self.isVisible():
            self.focus_first()

    def _show_results(self, products: Sequence[FoundView]) -> None:
        presenter = self._presenter
        self._hint.setText(presenter.hint)
        self._hint.setVisible(bool(presenter.hint and products))
        self.results.setVisible(bool(products))
        self._nothing.setVisible(not products)
        text = presenter.text.strip()
        if presenter.hint:
            self._nothing.set_words(f"{text} is no product", presenter.hint)
        else:
            advice = "Try fewer letters, the SKU, or scan the code on the shelf."
            self._nothing.set_words(f"Nothing found for “{text}”", advice)
        self.results.show_rows([_row(product) for product in products])

    def _show_tabs(self) -> None:
        names = [tab.name for tab in self._presenter.tabs]
        if names != self._tab_names:
            self._tab_names = names
            self._tabs.set_names(names)
        self._show_tiles()

    def _show_tiles(self) -> None:
        index = self._tabs.index()
        if 0 <= index < len(self._presenter.tabs):
            self.tiles.show_tiles(self._presenter.tabs[index].tiles)

    def _move(self, by: int) -> None:
        if self._body.currentIndex() == _RESULTS:
            self.results.step(by)
        else:
            self.line_stepped.emit(by)


def _row(product: FoundView) -> RowView:
    note, tone = "", None
    if product.available:
        note = f"{product.available} left here"
        tone = Tone.WRONG if product.available.startswith("-") else Tone.LOOK if product.available == "0" else None
    parts = (product.sku, product.category)
    return RowView(
        key=product.variant_id,
        title=product.name,
        subtitle=" · ".join(part for part in parts if part),
        figure=product.price or "no price",
        note=note,
        tone=tone,
    )
