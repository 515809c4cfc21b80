"""A fresh enrolled replica with a tiny shop in it, for tests that need no server.

``from tests.helpers.replica import replica, tiny_shop`` makes the fixtures known to a test module (or its conftest).
Rows are written as if they had been pulled: plain tables plus membership, nothing in the outbox.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection

from desktop.replica.cursors import add_members, cursor_for, move_cursor
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, write_identity
from desktop.replica.rows import aggregate_of, python_row, wire_payload, write_payload
from desktop.replica.search import rebuild
from shared.clock import SettableClock, instant_of
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.registry import level_id, scopes_of

KEY = bytes(range(32))
NOON = instant_of(dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC))
PINS = {"mara": "2580", "theo": "1470", "priya": "3690", "jonas": "4826", "ada": "9021"}
ROLES = {"mara": "clerk", "theo": "clerk", "priya": "supervisor", "jonas": "merchandiser", "ada": "manager"}
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PIN_HASHES = {name: _HASHER.hash(pin) for name, pin in PINS.items()}

GOODS = (
    # sku, name, category, tax category, unit, barcode, price in pence
    ("OAT-BAR-1L", "Oat drink barista 1 l", "Drinks", "ZERO", "piece", "5012345678900", 219),
    ("SOU-SEED-800", "Sourdough seeded 800 g", "Bakery", "ZERO", "piece", "5012345678917", 395),
    ("PEA-CONF", "Pears Conference", "Fruit & veg", "ZERO", "kg", "2100001000004", 260),
    ("CND-CEDAR", "Soy candle, cedar", "Home", "STANDARD", "piece", "5012345678924", 1450),
    ("TEA-EARL-50", "Earl Grey 50 bags", "Drinks", "REDUCED", "piece", "5012345678931", 425),
    ("MUG-BLUE", "Mug, harbour blue", "Gifts", "STANDARD", "piece", "5012345678948", 900),
    ("GIFT-WRAP", "Gift wrapping", "Services", "STANDARD", "piece", "", 350),
)


@dataclass(frozen=True, slots=True)
class TinyShop:
    """Ids of what the tiny shop holds. Prices include VAT, currency GBP, Europe/London."""

    store_id: uuid.UUID
    other_store_id: uuid.UUID
    device_id: uuid.UUID
    price_list_id: uuid.UUID
    customer_id: uuid.UUID
    users: dict[str, uuid.UUID]
    products: dict[str, uuid.UUID]
    variants: dict[str, uuid.UUID]
    categories: dict[str, uuid.UUID]
    tax_categories: dict[str, uuid.UUID]


def _id(*parts: str) -> uuid.UUID:
    return derived_id("tiny", *parts)


def pulled(connection: Connection, entity: str, row: dict[str, object], **children: list[dict[str, object]]) -> None:
    """Write an aggregate as if it had come down at version 1."""
    aggregate = aggregate_of(entity)
    payload = wire_payload(aggregate, row, children)
    write_payload(connection, aggregate, payload)
    root = python_row(aggregate.root, payload[0])
    for scope in scopes_of(aggregate, root):
        cursor = cursor_for(connection, scope)
        move_cursor(connection, cursor, cursor.position + 1, b"m" * 16)
        entity_id = row["id"]
        assert isinstance(entity_id, uuid.UUID)
        add_members(connection, entity, cursor.number, [(entity_id.bytes, 1)], {})


def fill(connection: Connection, kind: str = "till") -> TinyShop:
    """The tiny shop, and this device enrolled as till 2 (or an office) of Harbour Street."""
    shop = TinyShop(
        store_id=_id("store", "HS"),
        other_store_id=_id("store", "ML"),
        device_id=_id("device", kind),
        price_list_id=_id("price_list", "RETAIL"),
        customer_id=_id("customer", "1"),
        users={name: _id("user", name) for name in PINS},
        products={goods[0]: _id("product", goods[0]) for goods in GOODS},
        variants={goods[0]: _id("variant", goods[0]) for goods in GOODS},
        categories={goods[2]: _id("category", goods[2]) for goods in GOODS},
        tax_categories={code: _id("tax_category", code) for code in ("STANDARD", "REDUCED", "ZERO")},
    )
    _fill_house(connection, shop, kind)
    _fill_range(connection, shop)
    rebuild(connection)
    write_identity(
        connection,
        DeviceIdentity(
            device_id=shop.device_id,
            store_id=shop.store_id,
            kind=kind,
            number=2,
            name="Till 2" if kind == "till" else "Office",
            server_url="http://127.0.0.1:1",
            server_id="tiny",
            incarnation=_id("incarnation"),
            receipt_series=1,
            enrolled_at=NOON,
            epoch=1,
            consistent_at=NOON,
        ),
    )
    return shop


def _fill_house(connection: Connection, shop: TinyShop, kind: str) -> None:
    for store_id, code, name in ((shop.store_id, "HS", "Harbour Street"), (shop.other_store_id, "ML", "Mill Lane")):
        pulled(
            connection,
            "store",
            {
                "id": store_id,
                "code": code,
                "name": name,
                "currency": "GBP",
                "time_zone": "Europe/London",
                "country": "GB",
                "price_list_id": shop.price_list_id,
                "address": f"1 {name}",
                "receipt_footer": "Thank you.",
            },
        )
    pulled(
        connection,
        "price_list",
        {"id": shop.price_list_id, "code": "RETAIL", "name": "Retail", "currency": "GBP"},
    )
    pulled(
        connection,
        "device",
        {"id": shop.device_id, "store_id": shop.store_id, "kind": kind, "number": 2, "name": "Till 2"},
    )
    pulled(connection, "setting", {"id": _id("setting"), "key": "share_across_stores", "value": True})
    for username, user_id in shop.users.items():
        user = {"id": user_id, "username": username, "display_name": f"{username.title()} K.", "role": ROLES[username]}
        pulled(connection, "app_user", {**user, "pin_hash": PIN_HASHES[username]})
    pulled(
        connection,
        "customer",
        {
            "id": shop.customer_id,
            "store_id": shop.store_id,
            "number": "C-1001",
            "name": "Anna Winter",
            "email": "anna@example.com",
            "points": 120,
            "created_at": NOON,
        },
    )
    for code, ppm in (("STANDARD", 200_000), ("REDUCED", 50_000), ("ZERO", 0)):
        category_id = shop.tax_categories[code]
        pulled(connection, "tax_category", {"id": category_id, "code": code, "name": code.title()})
        pulled(
            connection,
            "tax_rate",
            {
                "id": _id("tax_rate", code),
                "tax_category_id": category_id,
                "country": "GB",
                "code": f"VAT{ppm // 10_000}",
                "name": f"VAT {ppm // 10_000} %",
                "rate_ppm": ppm,
                "valid_from": dt.date(2011, 1, 4),
            },
        )


def _fill_range(connection: Connection, shop: TinyShop) -> None:
    for order, (name, category_id) in enumerate(shop.categories.items()):
        pulled(connection, "category", {"id": category_id, "name": name, "colour": "amber", "sort_order": order})
    for order, (sku, name, category, tax, unit, code, pence) in enumerate(GOODS):
        product_id, variant_id = shop.products[sku], shop.variants[sku]
        is_goods = category != "Services"
        product: dict[str, object] = {
            "id": product_id,
            "name": name,
            "category_id": shop.categories[category],
            "tax_category_id": shop.tax_categories[tax],
            "kind": "goods" if is_goods else "service",
            "unit": unit,
        }
        pulled(connection, "product", product, variant=[{"id": variant_id, "sku": sku}])
        pulled(
            connection,
            "price",
            {
                "id": _id("price", sku),
                "price_list_id": shop.price_list_id,
                "variant_id": variant_id,
                "unit_price_micro": pence * 10_000,
                "valid_from": dt.date(2026, 1, 1),
                "created_at": NOON,
            },
        )
        key = {"category_id": shop.categories[category], "variant_id": variant_id, "position": order}
        pulled(connection, "quick_key", {"id": _id("key", sku), **key})
        if code:
            pulled(connection, "barcode", {"id": _id("code", sku), "code": code, "variant_id": variant_id})
        if is_goods:
            for store_id in (shop.store_id, shop.other_store_id):
                level: dict[str, object] = {"store_id": store_id, "variant_id": variant_id, "on_hand": 24_000}
                pulled(connection, "stock_level", {"id": level_id(store_id, variant_id), **level})


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at noon of 18 November 2026 (UTC and London)."""
    return SettableClock(NOON)


@pytest.fixture
def replica(tmp_path: Path, clock: SettableClock) -> Iterator[Replica]:
    """An open encrypted replica with the tiny shop, enrolled as till 2 of Harbour Street."""
    opened = Replica.open(tmp_path / "replica.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
    with opened.write() as unit:
        fill(unit.connection)
    yield opened
    opened.close()


@pytest.fixture
def tiny_shop(replica: Replica) -> TinyShop:
    """The ids of what ``replica`` holds."""
    with replica.write() as unit:
        return fill(unit.connection)
