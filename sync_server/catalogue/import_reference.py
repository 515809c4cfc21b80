"""What an import is read against: stores, tax categories, categories and the price list; and what stands already."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

CategoryPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreReference:
    """A store that may have opening stock."""

    id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The chain as the import finds it.

    Attributes:
        stores: by code in upper case.
        tax_categories: id by code and by name, both in lower case.
        tax_codes: the codes, for a message.
        categories: id by path of lower-case names; the import adds what it makes.
        price_list_id: where prices go; in ``currency``, from midnight in ``time_zone``.
    """

    stores: Mapping[str, StoreReference]
    tax_categories: Mapping[str, uuid.UUID]
    tax_codes: tuple[str, ...]
    categories: dict[CategoryPath, uuid.UUID]
    price_list_id: uuid.UUID
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A product as it stands, found by its SKU.

    Attributes:
        fields: the columns of ``product`` that an import may change, and ``id``.
        barcodes: all its codes.
        prices: kind (``selling``, ``cost``) → millionths in force today.
        pending_prices: (kind, millionths) that wait for somebody's decision in today's slot.
        opened_stores: stores that have an opening stock of it.
    """

    product_id: uuid.UUID
    variant_id: uuid.UUID
    fields: Mapping[str, object]
    barcodes: frozenset[str] = frozenset()
    prices: Mapping[str, int] = field(default_factory=dict)
    pending_prices: frozenset[tuple[str, int]] = frozenset()
    opened_stores: frozenset[uuid.UUID] = frozenset()
