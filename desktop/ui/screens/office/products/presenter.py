"""The products page without its widgets: filters and sorting, the open product, the draft, saving."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.replica.queries.product_list import ProductFilter, ProductSort, StockIs
from desktop.ui.screens.office.products.drafts import draft_of, edit_of, new_product_of, typed_price, with_attribute
from desktop.ui.screens.office.products.state import Draft, ProductsState
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.browse_history import HistoryLine, show_history
from desktop.usecases.browse_products import (
    Choices,
    ProductLine,
    ProductList,
    ProductPanel,
    branch_of,
    editor_choices,
    list_products,
    margin_ppm,
    product_lines,
    show_product,
)
from desktop.usecases.browse_stock import list_stores
from desktop.usecases.create_product import Created, create_product
from desktop.usecases.desk import Desk
from desktop.usecases.link_barcode import link_barcode, unlink_barcode
from desktop.usecases.office_words import percent_text
from desktop.usecases.save_product import save_product
from shared.errors import CounterfoilError, UserError

_DESCENDING_FIRST = frozenset((ProductSort.PRICE, ProductSort.COST, ProductSort.CHAIN))
_PANEL_ENTITIES = ("product", "price", "barcode", "stock_level", "stock_movement")
_LIST_ENTITIES = ("product", "variant")
_ROW_ENTITIES = ("price", "stock_level", "stock_movement")


class ProductsPresenter(QObject):
    """Holds the page's state; every change makes a new one.

    Signals:
        changed: ``state`` is another one.
        rows_changed: rows have the same order but other cells.
    """

    changed = Signal()
    rows_changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = ProductsState()
        self._desk: Desk | None = None
        session.data_changed.connect(self.take_changes)

    # The list ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The page came into sight."""
        self._desk = self.session.desk()
        if self.state.wanted is None:
            self._set(wanted=ProductFilter(store_id=self._desk.facts.store.id))
        self.session.ask("product choices", editor_choices, self._take_choices, self._fail)
        self.session.ask("stores", list_stores, self._take_stores, self._fail)
        self.look()

    def look(self) -> None:
        """Read the list again."""
        wanted, sort, is_descending = self.state.wanted, self.state.sort, self.state.is_descending
        if wanted is None:
            return
        self._set(is_loading=not self.state.positions)
        self.session.ask(
            "products",
            lambda desk: list_products(desk, wanted, sort, is_descending=is_descending),
            self._take_list,
            self._fail,
        )

    def set_filter(self, key: str, value: Hashable | None) -> None:
        """Set one filter: text, store, category, state, stock or price."""
        wanted = self.state.wanted
        if wanted is None:
            return
        if key == "category" and isinstance(value, uuid.UUID):
            self._set(category_id=value)
            self.session.ask("branch", lambda desk: branch_of(desk, value), self._take_branch, self._fail)
            return
        if key == "category":
            self._set(category_id=None)
        self._set(wanted=_with_filter(wanted, key, value))
        self.look()

    def sort_by(self, key: str) -> None:
        """Sort by a column; the same again turns it round."""
        sort = ProductSort(key)
        is_descending = not self.state.is_descending if sort is self.state.sort else sort in _DESCENDING_FIRST
        self._set(sort=sort, is_descending=is_descending)
        self.look()

    def rows(self, positions: Sequence[int]) -> Sequence[ProductLine | None]:
        """One page of cells, at most 128 rows, read at once."""
        if self._desk is None or self.state.wanted is None:
            return [None] * len(positions)
        return product_lines(self._desk, positions, self.state.wanted.store_id)

    # The panel ---------------------------------------------------------------------------------------------------

    def show(self, variant_id: uuid.UUID) -> None:
        """Open one product; refused while another one has unsaved changes."""
        panel = self.state.panel
        if panel is not None and panel.card.variant_id == variant_id:
            return
        if self.blocks_leaving():
            return
        self._ask_panel(variant_id)

    def make_new(self) -> None:
        """Begin a new product."""
        if self.blocks_leaving():
            return
        taxes = self.state.choices.taxes
        draft = Draft(tax_category_id=taxes[0][0] if taxes else None, category_id=self.state.category_id)
        self._set(panel=None, draft=draft, origin=draft, errors={}, panel_notice="", history=None)
        self._measure()

    def close_panel(self) -> None:
        """Close the panel; refused while it has unsaved changes."""
        if not self.blocks_leaving():
            self._set(panel=None, draft=None, origin=None, errors={}, panel_notice="", history=None)

    def undo(self) -> None:
        """Give up what was typed; a new product's panel closes."""
        if self.state.is_new:
            self._set(draft=None, origin=None, errors={}, panel_notice="")
        elif self.state.draft is not None:
            self._set(draft=self.state.origin, errors={}, panel_notice="")
            self._measure()

    def blocks_leaving(self) -> bool:
        """Whether unsaved changes hold the panel; says so in it."""
        if not self.state.is_dirty:
            return False
        self._set(panel_notice="Save or undo your changes here first.")
        return True

    def set_field(self, name: str, value: Any) -> None:
        """A field of the draft was changed by hand."""
        draft = self.state.draft
        if draft is None or getattr(draft, name) == value:
            return
        errors = {key: text for key, text in self.state.errors.items() if key != name}
        self._set(draft=replace(draft, **{name: value}), errors=errors, panel_notice="")
        self._measure()

    def set_attribute(self, name: str, value: str) -> None:
        """An attribute was typed, or a new one named."""
        draft = self.state.draft
        if draft is not None and name.strip():
            self._set(draft=with_attribute(draft, name.strip(), value), panel_notice="")

    def save(self) -> None:
        """Save the draft: a new product, or what changed of the open one."""
        draft, origin, panel = self.state.draft, self.state.origin, self.state.panel
        if draft is None or origin is None or self.state.is_saving or self._desk is None:
            return
        money = self._desk.facts.store.currency
        try:
            if panel is None:
                product = new_product_of(draft, money)
                self._set(is_saving=True)
                self.session.act(lambda desk: create_product(desk, product), self._take_created, self._refuse)
                return
            edit = edit_of(panel, origin, draft, money)
        except UserError as error:
            self._refuse(error)
            return
        if edit:
            self._set(is_saving=True)
            self.session.act(lambda desk: save_product(desk, edit), lambda _changes: self._saved(), self._refuse)

    def add_code(self, code: str) -> None:
        """Link a barcode to the open variant."""
        panel = self.state.panel
        if panel is not None and code.strip():
            variant_id = panel.card.variant_id
            self.session.act(lambda desk: link_barcode(desk, variant_id, code), None, self._refuse)

    def remove_code(self, barcode_id: uuid.UUID) -> None:
        """Unlink a barcode."""
        self.session.act(lambda desk: unlink_barcode(desk, barcode_id), None, self._refuse)

    def toggle_history(self) -> None:
        """Show or hide the product's past."""
        panel = self.state.panel
        if self.state.history is not None or panel is None:
            self._set(history=None)
            return
        card = panel.card
        self.session.ask(
            "history", lambda desk: show_history(desk, card.product_id, card.variant_id), self._take_history, self._fail
        )

    def take_changes(self, changes: Changes) -> None:
        """Rows changed, here or by sync: read again what is shown of them."""
        if self.state.wanted is None or not changes:
            return
        if changes.touches(*_LIST_ENTITIES):
            self.look()
        elif changes.touches(*_ROW_ENTITIES):
            self.rows_changed.emit()
        panel = self.state.panel
        if panel is not None and not self.state.is_dirty and changes.touches(*_PANEL_ENTITIES):
            self._ask_panel(panel.card.variant_id)

    # Answers -----------------------------------------------------------------------------------------------------

    def _ask_panel(self, variant_id: uuid.UUID) -> None:
        self.session.ask("product", lambda desk: show_product(desk, variant_id), self._take_panel, self._fail)

    def _take_list(self, found: ProductList) -> None:
        is_same_order = found.positions == self.state.positions
        self._set(positions=found.positions, total=found.total, is_ready=found.is_ready, is_loading=False, problem="")
        if is_same_order:
            # A row may hold another text at the same position.
            self.rows_changed.emit()

    def _take_branch(self, branch: tuple[uuid.UUID, ...]) -> None:
        if self.state.wanted is not None:
            self._set(wanted=replace(self.state.wanted, category_ids=branch))
            self.look()

    def _take_choices(self, choices: Choices) -> None:
        self._set(choices=choices)

    def _take_stores(self, stores: tuple[tuple[uuid.UUID, str], ...]) -> None:
        self._set(stores=stores)

    def _take_panel(self, panel: ProductPanel) -> None:
        assert self._desk is not None
        draft = draft_of(panel, self._desk.today())
        is_same = self.state.panel is not None and self.state.panel.card.variant_id == panel.card.variant_id
        history = self.state.history if is_same else None
        self._set(panel=panel, draft=draft, origin=draft, errors={}, panel_notice="", history=history, is_saving=False)
        self._measure()

    def _take_history(self, history: tuple[HistoryLine, ...]) -> None:
        self._set(history=history)

    def _take_created(self, created: Created) -> None:
        self._set(is_saving=False, draft=None, origin=None, errors={}, panel_notice="")
        self.session.data_changed.emit(created.changes)
        self._ask_panel(created.variant_id)

    def _saved(self) -> None:
        panel = self.state.panel
        self._set(is_saving=False, origin=self.state.draft, errors={}, panel_notice="")
        if panel is not None:
            self._ask_panel(panel.card.variant_id)

    def _refuse(self, failure: CounterfoilError) -> None:
        field = failure.data.get("field")
        known = {"code": "sku", "barcode": "barcode", "variant's name": "variant_name"}
        name = known.get(str(field), str(field)) if field is not None else _FIELD_BY_CODE.get(failure.code, "")
        if self.state.draft is not None and hasattr(self.state.draft, name):
            self._set(is_saving=False, errors={**self.state.errors, name: failure.message})
        else:
            self._set(is_saving=False, panel_notice=failure.message)

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_loading=False, problem=failure.message)

    def _measure(self) -> None:
        """The margin of what is typed, so that a price is never a guess."""
        draft, desk = self.state.draft, self._desk
        if draft is None or desk is None:
            return
        money = desk.facts.store.currency
        try:
            price, cost = typed_price(draft.price, money, "price"), typed_price(draft.cost, money, "cost")
        except UserError:
            price = cost = None
        margin = margin_ppm(desk, draft.tax_category_id, price.micro if price else None, cost.micro if cost else None)
        detail = f"after tax, cost {draft.cost}" if margin is not None else ""
        self._set(margin=percent_text(margin), margin_detail=detail, is_loss=margin is not None and margin < 0)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()


_FIELD_BY_CODE = {
    "sku_taken": "sku",
    "barcode_taken": "barcode",
    "price_from_past": "price",
    "price_negative": "price",
}


def _with_filter(wanted: ProductFilter, key: str, value: Hashable | None) -> ProductFilter:
    changes: dict[str, dict[str, Any]] = {
        "text": {"text": str(value or "")},
        "store": {"store_id": value},
        "category": {"category_ids": ()},
        "state": {"state": str(value or "")},
        "stock": {"stock": value or StockIs.ANY},
        "price": {"without_price": value is not None},
    }
    return replace(wanted, **changes[key])
