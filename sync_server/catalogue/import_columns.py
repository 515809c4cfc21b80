"""Which column of an imported file means what: the heading words that other systems use, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import UserError

ALIASES: dict[str, tuple[str, ...]] = {
    "sku": ("sku", "code", "item", "item code", "item number", "stock code", "stockcode", "article", "product code"),
    "name": ("name", "product", "product name", "title", "item name"),
    "barcode": ("barcode", "barcodes", "barcode(s)", "ean", "ean13", "ean 13", "gtin", "upc", "bar code"),
    "price": ("price", "selling price", "retail price", "unit price", "unitprice", "rrp", "sales price"),
    "cost": ("cost", "cost price", "purchase price", "buying price", "unit cost"),
    "tax": ("tax", "tax category", "tax code", "vat", "vat code", "tax class"),
    "category": ("category", "product category", "department", "group", "product group"),
    "unit": ("unit", "unit of measure", "uom", "sold by"),
    "kind": ("kind", "type", "product type", "item type"),
    "brand": ("brand", "make", "manufacturer", "vendor"),
    "description": ("description", "details", "long description", "notes"),
    "state": ("state", "status"),
}
STOCK_WORDS = ("stock", "opening stock", "on hand", "quantity")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each column of a file is.

    Attributes:
        fields: our column → position in the file.
        stock: store code → position of its opening stock.
        unknown: headings that mean nothing to us; they are ignored and listed.
    """

    fields: dict[str, int]
    stock: dict[str, int]
    unknown: tuple[str, ...]

    @property
    def recognised(self) -> int:
        """How many headings mean something."""
        return len(self.fields) + len(self.stock)


def read_columns(headings: Sequence[str]) -> Columns:
    """Match the first row of a file with what we know; of two headings for one column the first counts."""
    meaning = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
    fields: dict[str, int] = {}
    stock: dict[str, int] = {}
    unknown: list[str] = []
    for position, heading in enumerate(headings):
        text = heading.strip()
        word, _, store = text.partition(":")
        column = meaning.get(_folded(text))
        if column is not None and column not in fields:
            fields[column] = position
        elif _folded(word) in STOCK_WORDS and store.strip() and store.strip().upper() not in stock:
            stock[store.strip().upper()] = position
        elif text:
            unknown.append(text)
    return Columns(fields, stock, tuple(unknown))


def _folded(heading: str) -> str:
    return " ".join(heading.casefold().replace("_", " ").replace("-", " ").split())


def require_columns(columns: Columns, known_stores: Sequence[str]) -> Columns:
    """The columns, if a catalogue can be read from them.

    Raises:
        UserError: ``import_malformed`` without a column for the SKU, or with stock of a store that does not exist.
    """
    if "sku" not in columns.fields:
        found = ", ".join(columns.unknown[:6]) or "no headings at all"
        raise UserError(
            "import_malformed",
            f"The first row needs a heading “sku” (or code, item number). Found: {found}.",
            headings=list(columns.unknown[:50]),
        )
    strangers = sorted(set(columns.stock) - {code.upper() for code in known_stores})
    if strangers:
        raise UserError(
            "import_malformed",
            f"There is no store “{strangers[0]}”. Write stock columns as stock:CODE with a store's code.",
            stores=strangers,
        )
    return columns
