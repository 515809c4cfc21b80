"""What the index holds of one variant, and where its row goes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.schema.search.folding import fold, fold_code

ON_SALE = "active"
BUCKET_BITS = 34
_LONGEST_NAME = 1_023
FIRST_POSITION_NOT_ON_SALE = (_LONGEST_NAME + 1) << BUCKET_BITS
"""Rows of drafts and archived products lie from here on."""


@dataclass(frozen=True, slots=True)
class Document:
    """One variant as it is searched.

    Attributes:
        name: as it is shown, the variant's own name behind the product's.
        name_key, other_key: folded words of the name, and of brand and stock-keeping code.
        sku_key: the folded stock-keeping code in one piece.
    """

    variant_id: bytes
    product_id: bytes
    name: str
    sku: str
    state: str
    name_key: str
    other_key: str
    sku_key: str

    @property
    def bucket(self) -> int:
        """Which range of positions it belongs to: on sale first, then by length of name."""
        length = min(len(self.name_key), _LONGEST_NAME)
        return length if self.state == ON_SALE else length + _LONGEST_NAME + 1

    def unplaced(self) -> tuple[object, ...]:
        """The bucket and the rest of its row, for a build that puts all in order at once."""
        return (self.bucket, *self.row(0)[1:])

    def row(self, position: int) -> tuple[object, ...]:
        """Its row in ``search_document``."""
        return (
            position,
            self.variant_id,
            self.product_id,
            self.name,
            self.sku,
            self.state,
            self.name_key,
            self.other_key,
            self.sku_key,
        )


def shown_name(product_name: str, variant_name: str) -> str:
    """The name a clerk reads: ``Apron, Large``."""
    return f"{product_name}, {variant_name}" if variant_name else product_name


def document_of(row: tuple[bytes, bytes, str, str, str, str, str]) -> Document:
    """The document of (variant id, product id, product name, variant name, sku, brand, state)."""
    variant_id, product_id, product_name, variant_name, sku, brand, state = row
    name = shown_name(product_name, variant_name)
    other = f"{fold(brand)} {fold(sku)}" if brand else fold(sku)
    return Document(variant_id, product_id, name, sku, state, fold(name), other, fold_code(sku))


def first_position(bucket: int) -> int:
    """The lowest position of a bucket."""
    return bucket << BUCKET_BITS
