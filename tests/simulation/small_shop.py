"""The shop of every seed: two stores, a dozen products, a few people; written once into a template database.

Everything has a fixed id, so that a seed finds the same rows in every process. Each store has customers with a secret
in their notes that must never be seen on a device of the other store.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import insert, text

from shared.clock import instant_of
from shared.ids import derived_id
from shared.schema.base import Replicated
from shared.sync.wire import Value
from sync_server.auth.service import create_api_key
from sync_server.chain import service as chain
from sync_server.db.sessions import Connection, Database
from sync_server.inventory import service as inventory
from sync_server.inventory.service import LedgerRow
from sync_server.sync import payload_repository
from tests.helpers.replica import PIN_HASHES, PINS, ROLES

BEGIN = instant_of(dt.datetime(2026, 11, 18, 9, 0, tzinfo=dt.UTC))
"""Noon of no seed: a Wednesday morning in London."""
STORES = ("HS", "ML")
PIECES = 6
"""So few, so that stock runs out and promises are refused."""
GOODS = (
    # SKU, name, tax, price in pence, a barcode
    ("OAT", "Oat drink", "ZERO", 219),
    ("TEA", "Earl Grey", "REDUCED", 425),
    ("MUG", "Mug, blue", "STANDARD", 900),
    ("SOAP", "Soap bar", "STANDARD", 350),
    ("CARD", "Card, birthday", "STANDARD", 250),
    ("PEN", "Pen", "STANDARD", 120),
    ("CUP", "Enamel cup", "STANDARD", 790),
    ("JAM", "Plum jam", "ZERO", 410),
)


DOCUMENTS = ("product", "customer", "quick_key")
"""What people edit in a seed: fields of these that nobody edits stay as they were made."""
RootValues = dict[tuple[str, uuid.UUID], list[Value]]
"""The values of documents' roots, by entity and id."""


def first_rows(connection: Connection) -> RootValues:
    """The documents of a seed's beginning."""
    found: RootValues = {}
    for entity in DOCUMENTS:
        ids = connection.execute(text(f"SELECT uuid_send(id) FROM {entity}")).scalars().all()
        for entity_id, payload in payload_repository.read_payloads(connection, entity, ids).items():
            found[entity, uuid.UUID(bytes=entity_id)] = list(payload[0])
    return found


def shop_id(kind: str, key: str) -> uuid.UUID:
    """The id of a row of this shop."""
    return derived_id("simulation", kind, key)


CUSTOMERS = tuple(f"{store}{number}" for store in STORES for number in range(1, 4))


def secret_of(customer: str) -> str:
    """What only devices that may see this customer may ever hold."""
    return f"SECRET-OF-{customer}-4f1c"


@dataclass(frozen=True, slots=True)
class Channel:
    """The web shop's way in."""

    api_key: str


def fill(database: Database) -> Channel:
    """Write the shop into an empty, migrated database."""
    with database.writing() as connection:
        _add_house(connection)
        _add_goods(connection)
        _add_people(connection)
        chain.set_setting(connection, "share_across_stores", "false")
        api_key = create_api_key(connection, "web", ids=database.ids, clock=database.clock)
    with database.writing() as connection:
        inventory.move(connection, list(_first_stock()), now=BEGIN)
    inventory.bring_levels_up(database)
    return Channel(api_key)


def _add(connection: Connection, table: str, rows: list[dict[str, object]]) -> None:
    connection.execute(insert(Replicated.metadata.tables[table]), rows)


def _add_house(connection: Connection) -> None:
    price_list = shop_id("price_list", "RETAIL")
    _add(connection, "price_list", [{"id": price_list, "code": "RETAIL", "name": "Retail", "currency": "GBP"}])
    _add(
        connection,
        "store",
        [
            {
                "id": shop_id("store", code),
                "code": code,
                "name": f"Shop {code}",
                "currency": "GBP",
                "time_zone": "Europe/London",
                "country": "GB",
                "price_list_id": price_list,
            }
            for code in STORES
        ],
    )
    for code, ppm in (("STANDARD", 200_000), ("REDUCED", 50_000), ("ZERO", 0)):
        category = shop_id("tax_category", code)
        _add(connection, "tax_category", [{"id": category, "code": code, "name": code.title()}])
        rate = {"country": "GB", "code": f"VAT{ppm // 10_000}", "name": "VAT", "rate_ppm": ppm}
        since = dt.date(2011, 1, 4)
        rows = [{"id": shop_id("tax_rate", code), "tax_category_id": category, "valid_from": since, **rate}]
        _add(connection, "tax_rate", rows)


def _add_goods(connection: Connection) -> None:
    category = shop_id("category", "All")
    _add(connection, "category", [{"id": category, "name": "All"}])
    for number, (sku, name, tax, pence) in enumerate(GOODS):
        product, variant = shop_id("product", sku), shop_id("variant", sku)
        tax_category = shop_id("tax_category", tax)
        row: dict[str, object] = {"id": product, "name": name, "category_id": category, "brand": f"Maker {number % 3}"}
        _add(connection, "product", [row | {"tax_category_id": tax_category}])
        _add(connection, "variant", [{"id": variant, "product_id": product, "sku": sku}])
        code = f"50{number:010d}"
        _add(connection, "barcode", [{"id": shop_id("barcode", sku), "code": code, "variant_id": variant}])
        key = {"category_id": category, "variant_id": variant, "position": number}
        _add(connection, "quick_key", [{"id": shop_id("quick_key", sku), **key}])
        price = {"price_list_id": shop_id("price_list", "RETAIL"), "unit_price_micro": pence * 10_000}
        when = {"valid_from": dt.date(2026, 1, 1), "created_at": BEGIN}
        _add(connection, "price", [{"id": shop_id("price", sku), "variant_id": variant, **price, **when}])


def _add_people(connection: Connection) -> None:
    _add(
        connection,
        "app_user",
        [
            {
                "id": shop_id("user", name),
                "username": name,
                "display_name": f"{name.title()} K.",
                "role": ROLES[name],
                "pin_hash": PIN_HASHES[name],
            }
            for name in PINS
        ],
    )
    _add(
        connection,
        "customer",
        [
            {
                "id": shop_id("customer", f"{store}{number}"),
                "store_id": shop_id("store", store),
                "number": f"{store}-{number}",
                "name": f"Customer {number} of {store}",
                "email": f"c{number}@{store.lower()}.example",
                "note": secret_of(f"{store}{number}"),
                "created_at": BEGIN,
            }
            for store in STORES
            for number in range(1, 4)
        ],
    )


def _first_stock() -> list[LedgerRow]:
    return [
        LedgerRow(
            id=shop_id("first_stock", f"{store}/{sku}"),
            store_id=shop_id("store", store),
            variant_id=shop_id("variant", sku),
            quantity=PIECES * 1000,
            reason="receipt",
            at=BEGIN,
            business_date=dt.date(2026, 11, 18),
        )
        for store in STORES
        for sku, *_ in GOODS
    ]
