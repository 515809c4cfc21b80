"""What the products page shows: the list, and the draft in the panel as it is typed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from desktop.replica.queries.product_list import ProductFilter, ProductSort
from desktop.usecases.browse_history import HistoryLine
from desktop.usecases.browse_products import Choices, ProductPanel


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the panel's fields, as typed. Prices are decimal text; ``attributes`` are (name, value)."""

    name: str = ""
    sku: str = ""
    variant_name: str = ""
    category_id: uuid.UUID | None = None
    tax_category_id: uuid.UUID | None = None
    price: str = ""
    price_from: dt.date | None = None
    cost: str = ""
    brand: str = ""
    description: str = ""
    kind: str = "goods"
    unit: str = "piece"
    state: str = "active"
    barcode: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProductsState:
    """The whole page.

    Attributes:
        positions: the rows of the list, in order.
        total: how many rows there are without filters.
        panel: the product in the panel as stored; None while none is open or a new one is being made.
        draft: what is typed; None while the panel is closed.
        origin: the draft as it was when the panel opened.
        errors: field → sentence.
        margin: the margin of what is typed, in words, with whether it is a loss.
    """

    wanted: ProductFilter | None = None
    sort: ProductSort = ProductSort.NAME
    is_descending: bool = False
    positions: Sequence[int] = ()
    total: int = 0
    is_loading: bool = True
    is_ready: bool = True
    problem: str = ""
    stores: tuple[tuple[uuid.UUID, str], ...] = ()
    choices: Choices = field(default_factory=lambda: Choices((), ()))
    category_id: uuid.UUID | None = None
    panel: ProductPanel | None = None
    draft: Draft | None = None
    origin: Draft | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    panel_notice: str = ""
    margin: str = ""
    margin_detail: str = ""
    is_loss: bool = False
    history: tuple[HistoryLine, ...] | None = None
    is_saving: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the panel makes a new product."""
        return self.draft is not None and self.panel is None

    @property
    def is_dirty(self) -> bool:
        """Whether anything typed is not saved yet."""
        return self.draft is not None and self.draft != self.origin
