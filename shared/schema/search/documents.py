"""What the index holds of one variant, and where its row goes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.schema.search.folding import fold

SourceRow = tuple[bytes, bytes, str, str, str, str, str]
"""(variant id, product id, product name, variant name, sku, brand, state)."""

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
        """Which range of positions it belongs to."""
        return bucket_of(self.name_key, self.state)

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


def bucket_of(name_key: str, state: str) -> int:
    """Which range of positions a document belongs to: on sale first, then by length of name."""
    length = min(len(name_key), _LONGEST_NAME)
    return length if state == ON_SALE else length + _LONGEST_NAME + 1


def unplaced(row: SourceRow) -> tuple[int, bytes, bytes, str, str, str, str, str, str]:
    """The bucket of a document and all of its row but the position, for a build that puts all in order at once."""
    variant_id, product_id, product_name, variant_name, sku, brand, state = row
    name = shown_name(product_name, variant_name)
    name_key, code_words = fold(name), fold(sku)
    other_key = f"{fold(brand)} {code_words}" if brand else code_words
    bucket, sku_key = bucket_of(name_key, state), code_words.replace(" ", "")
    return (bucket, variant_id, product_id, name, sku, state, name_key, other_key, sku_key)


def document_of(row: SourceRow) -> Document:
    """The document of a variant."""
    return Document(*unplaced(row)[1:])


def first_position(bucket: int) -> int:
    """The lowest position of a bucket."""
    return bucket << BUCKET_BITS
