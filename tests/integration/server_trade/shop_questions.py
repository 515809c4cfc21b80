"""What the tests ask the sample shop's database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from sync_server.db.sessions import Database
from sync_server.sample_shop.service import sample_id


def variant(sku: str) -> uuid.UUID:
    return sample_id("variant", sku)


def product(sku: str) -> uuid.UUID:
    return sample_id("product", sku)


HS = sample_id("store", "HS")


def balance(database: Database, sku: str, store: uuid.UUID = HS) -> tuple[int, int]:
    """On hand and reserved, thousandths."""
    query = text("SELECT on_hand, reserved FROM stock_balance WHERE store_id = :store AND variant_id = :variant")
    with database.reading() as connection:
        row = connection.execute(query, {"store": store, "variant": variant(sku)}).one()
    return row.on_hand, row.reserved


def inbox(database: Database, entity_id: uuid.UUID, kind: str = "conflict") -> list[Mapping[str, Any]]:
    query = text("SELECT * FROM inbox_entry WHERE entity_id = :id AND kind = :kind ORDER BY created_at, id")
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(query, {"id": entity_id, "kind": kind}).mappings()]


def one(database: Database, query: str, **parameters: object) -> Any:
    with database.reading() as connection:
        return connection.execute(text(query), parameters).scalar_one_or_none()
