"""What one chunk of an import will write: pure, so that a dry run says exactly what a real run does."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from shared.ids import derived_id
from sync_server.catalogue.import_reference import CategoryPath, Reference, Standing
from sync_server.catalogue.import_rows import ImportRow, Problem

NewId = Callable[[str, str], uuid.UUID]
"""Makes the id of a new row from its kind and natural key."""

PRODUCT_FIELDS = ("name", "description", "brand", "category_id", "tax_category_id", "kind", "unit", "state")
_DEFAULTS: Mapping[str, object] = {
    "description": "",
    "brand": "",
    "category_id": None,
    "kind": "goods",
    "unit": "piece",
    "state": "active",
}


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product with its only variant."""

    product_id: uuid.UUID
    variant_id: uuid.UUID
    sku: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChangedProduct:
    """A product whose ``changed`` fields get new values; ``fields`` has all of them as they will stand."""

    product_id: uuid.UUID
    fields: Mapping[str, object]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price row from today on."""

    id: uuid.UUID
    variant_id: uuid.UUID
    kind: str
    micro: int


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """What a store has of a product at the start, thousandths."""

    id: uuid.UUID
    store_id: uuid.UUID
    variant_id: uuid.UUID
    quantity: int


@dataclass(slots=True)
class ChunkPlan:
    """Everything one transaction writes, and the count of rows by what became of them."""

    new_categories: dict[CategoryPath, tuple[uuid.UUID, str, uuid.UUID | None]] = field(default_factory=dict)
    new_products: list[NewProduct] = field(default_factory=list)
    changed_products: list[ChangedProduct] = field(default_factory=list)
    new_barcodes: list[tuple[uuid.UUID, str, uuid.UUID]] = field(default_factory=list)
    new_prices: list[NewPrice] = field(default_factory=list)
    openings: list[OpeningStock] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    changed_fields: dict[str, int] = field(default_factory=dict)

    @property
    def repriced(self) -> list[NewPrice]:
        """The prices of products that were there before: only they can meet another price."""
        made = {product.variant_id for product in self.new_products}
        return [price for price in self.new_prices if price.variant_id not in made]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.new or self.changed)


class ChunkPlanner:
    """Plans the rows of one chunk against what stands.

    Args:
        reference: the chain; categories that the plan makes are entered into it.
        standing: the chunk's products that exist, by SKU.
        owner_by_barcode: variant of every code of the chunk that is taken already; the plan enters its own.
        new_id: makes identifiers.
        today: the local date from which prices hold.
    """

    def __init__(
        self,
        reference: Reference,
        standing: Mapping[str, Standing],
        owner_by_barcode: dict[str, uuid.UUID],
        new_id: NewId,
        today: dt.date,
    ) -> None:
        self._reference = reference
        self._standing = standing
        self._owner_by_barcode = owner_by_barcode
        self._new_id = new_id
        self._today = today
        self.plan = ChunkPlan()

    def add(self, rows: Iterable[ImportRow]) -> ChunkPlan:
        """Plan the rows in order; gives the finished plan."""
        for row in rows:
            standing = self._standing.get(row.sku)
            problems = [*self._refusals(row, standing), *self._remarks(row, standing)]
            self.plan.problems += problems
            if not any(problem.is_refusal for problem in problems):
                self._add_new(row) if standing is None else self._add_known(row, standing)
        return self.plan

    def _refusals(self, row: ImportRow, standing: Standing | None) -> Iterable[Problem]:
        if standing is None and row.name is None:
            yield Problem(row.number, "name", "name_missing", "A new product needs a name.")
        if row.tax is None and standing is None:
            codes = ", ".join(self._reference.tax_codes)
            yield Problem(row.number, "tax", "tax_missing", f"A new product needs a tax category: {codes}.")
        if row.tax is not None and row.tax.casefold() not in self._reference.tax_categories:
            codes = ", ".join(self._reference.tax_codes)
            yield Problem(row.number, "tax", "tax_unknown", f"“{row.tax}” is no tax category. Use one of: {codes}.")
        for code in row.barcodes:
            owner = self._owner_by_barcode.get(code)
            if owner is not None and (standing is None or owner != standing.variant_id):
                sentence = f"The barcode {code} already belongs to another product. Correct one of the two."
                yield Problem(row.number, "barcode", "barcode_taken", sentence)

    @staticmethod
    def _remarks(row: ImportRow, standing: Standing | None) -> Iterable[Problem]:
        if standing is None and row.price_micro is None:
            yield Problem(row.number, "price", "price_missing", "Taken without a price.", is_refusal=False)
        kind = row.kind or ("goods" if standing is None else standing.fields["kind"])
        if row.stock and kind == "service":
            yield Problem(row.number, "stock", "stock_of_service", "A service has no stock; it was left out.", False)

    def _add_new(self, row: ImportRow) -> None:
        product_id, variant_id = self._new_id("product", row.sku), self._new_id("variant", row.sku)
        fields = {**_DEFAULTS, **self._given(row)}
        self.plan.new_products.append(NewProduct(product_id, variant_id, row.sku, fields))
        self.plan.new += 1
        self._add_owned(row, Standing(product_id, variant_id, fields))

    def _add_known(self, row: ImportRow, standing: Standing) -> None:
        given = self._given(row)
        changed = tuple(name for name in given if given[name] != standing.fields[name])
        if changed:
            fields = {**standing.fields, **given}
            self.plan.changed_products.append(ChangedProduct(standing.product_id, fields, changed))
        more = self._add_owned(row, standing)
        if changed or more:
            self.plan.changed += 1
            for name in (*changed, *more):
                word = name.removesuffix("_id")
                self.plan.changed_fields[word] = self.plan.changed_fields.get(word, 0) + 1
        else:
            self.plan.unchanged += 1

    def _given(self, row: ImportRow) -> dict[str, object]:
        """The product's columns that the row says something about."""
        given: dict[str, object] = {
            name: value
            for name in ("name", "description", "brand", "kind", "unit", "state")
            if (value := getattr(row, name)) is not None
        }
        if row.tax is not None:
            given["tax_category_id"] = self._reference.tax_categories[row.tax.casefold()]
        if row.category is not None:
            given["category_id"] = self._category(row.category)
        return given

    def _category(self, path: CategoryPath) -> uuid.UUID:
        key = tuple(name.casefold() for name in path)
        known = self._reference.categories.get(key)
        if known is not None:
            return known
        parent = self._category(path[:-1]) if len(path) > 1 else None
        made = self._new_id("category", "\x1f".join(key))
        self._reference.categories[key] = made
        self.plan.new_categories[key] = (made, path[-1], parent)
        return made

    def _add_owned(self, row: ImportRow, standing: Standing) -> tuple[str, ...]:
        """Barcodes, prices and opening stock; gives the columns that brought something new."""
        changed = [
            *self._add_barcodes(row, standing),
            *self._add_price("selling", row.price_micro, standing),
            *self._add_price("cost", row.cost_micro, standing),
            *self._add_openings(row, standing),
        ]
        return tuple(dict.fromkeys(changed))

    def _add_barcodes(self, row: ImportRow, standing: Standing) -> Iterable[str]:
        for code in row.barcodes:
            if code not in standing.barcodes:
                self.plan.new_barcodes.append((self._new_id("barcode", code), code, standing.variant_id))
                self._owner_by_barcode[code] = standing.variant_id
                yield "barcode"

    def _add_price(self, kind: str, micro: int | None, standing: Standing) -> Iterable[str]:
        if micro is None or standing.prices.get(kind) == micro or (kind, micro) in standing.pending_prices:
            return
        key = f"{standing.variant_id}/{kind}/{self._today}/{micro}"
        self.plan.new_prices.append(NewPrice(self._new_id("price", key), standing.variant_id, kind, micro))
        yield "price" if kind == "selling" else "cost"

    def _add_openings(self, row: ImportRow, standing: Standing) -> Iterable[str]:
        if standing.fields["kind"] == "service" and (row.kind or "service") == "service":
            return
        for code, quantity in row.stock.items():
            store_id = self._reference.stores[code].id
            if quantity and store_id not in standing.opened_stores:
                opening_id = opening_stock_id(store_id, standing.variant_id)
                self.plan.openings.append(OpeningStock(opening_id, store_id, standing.variant_id, quantity))
                yield "stock"


def opening_stock_id(store_id: uuid.UUID, variant_id: uuid.UUID) -> uuid.UUID:
    """The id of the movement that opens a variant's stock in a store: there is one at most."""
    return derived_id("opening_stock", store_id, variant_id)
