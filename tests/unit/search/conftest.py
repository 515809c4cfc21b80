"""A small SQLite catalogue with its search tables: what the search module alone needs."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlcipher3
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from desktop.replica import search
from shared.ids import TimeOrderedIds
from shared.schema import registry
from shared.schema.base import Replicated

assert registry.AGGREGATES

PRICE_LIST = uuid.UUID(int=7)

AddProduct = Callable[..., uuid.UUID]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An open transaction on an empty catalogue whose (empty) index is ready."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlcipher3.connect(":memory:", isolation_level=None, check_same_thread=False),
        poolclass=StaticPool,
    )
    with engine.connect() as opened:
        Replicated.metadata.create_all(opened)
        search.create_tables(opened)
        search.rebuild(opened)
        yield opened
    engine.dispose()


@pytest.fixture
def add_product(connection: Connection) -> AddProduct:
    """Adds a product of one variant, indexed as the replica does it; answers the product's id."""
    ids = TimeOrderedIds()

    def add(
        name: str,
        sku: str,
        *,
        brand: str = "",
        barcode: str = "",
        price_micro: int | None = None,
        state: str = "active",
        variant: str = "",
    ) -> uuid.UUID:
        product_id, variant_id = ids.new(), ids.new()
        tables = Replicated.metadata.tables
        product = {"id": product_id, "name": name, "brand": brand, "state": state, "description": "", "kind": "goods"}
        product |= {"unit": "piece", "tags": [], "attributes": {}, "updated_at": 0, "updated_by": ""}
        connection.execute(tables["product"].insert(), product)
        row = {"id": variant_id, "product_id": product_id, "sku": sku, "name": variant, "position": 1}
        connection.execute(tables["variant"].insert(), row)
        if barcode:
            code = {"id": ids.new(), "code": barcode, "variant_id": variant_id, "quantity": 1000}
            connection.execute(tables["barcode"].insert(), code)
        if price_micro is not None:
            price = {"id": ids.new(), "price_list_id": PRICE_LIST, "variant_id": variant_id, "kind": "selling"}
            price |= {"unit_price_micro": price_micro, "valid_from": dt.date(2026, 1, 1), "created_at": 1}
            price |= {"min_quantity": 0, "created_by": "", "state": "active"}
            connection.execute(tables["price"].insert(), price)
        search.index_changed(connection, "product", [product_id])
        return product_id

    return add
