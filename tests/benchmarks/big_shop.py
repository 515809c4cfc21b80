"""An enrolled replica with as many products as a benchmark wants, made without a server."""

from __future__ import annotations

import csv
import datetime as dt
import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.replica.rows import aggregate_of, wire_payload
from desktop.replica.search import rebuild
from desktop.secrets import DEVICE_KEY, KEY_BYTES, REPLICA_KEY, FileStore
from shared.catalogue.gtin import check_digit
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.registry import level_id
from shared.sync.wire import Payload
from tests.benchmarks.selling import till_at_work
from tests.helpers.replica import TinyShop, fill

_FIRST = [
    "Amber",
    "Birch",
    "Cedar",
    "Dune",
    "Elm",
    "Fern",
    "Glen",
    "Heath",
    "Iris",
    "Juniper",
    "Kelp",
    "Linden",
    "Moss",
    "Nettle",
    "Oak",
    "Pine",
    "Quince",
    "Reed",
    "Sage",
]
_SECOND = [
    "mug",
    "plate",
    "bowl",
    "towel",
    "soap",
    "candle",
    "card",
    "lamp",
    "jar",
    "basket",
    "tray",
    "vase",
    "clock",
    "frame",
    "kettle",
    "pan",
    "spoon",
    "brush",
]
_THIRD = [
    "small",
    "large",
    "blue",
    "white",
    "grey",
    "striped",
    "plain",
    "glazed",
    "round",
    "square",
    "tall",
    "woven",
    "folded",
    "painted",
    "seeded",
    "dark",
]


@contextmanager
def big_shop(products: int) -> Iterator[tuple[Replica, TinyShop, list[str]]]:
    """A replica in a temporary folder, its tiny shop, and the barcodes of the made-up products."""
    with TemporaryDirectory() as folder:
        clock, key = SystemClock(), secrets.token_bytes(KEY_BYTES)
        replica = Replica.open(Path(folder) / "replica.db", key, clock=clock, ids=TimeOrderedIds(clock))
        try:
            shop, codes = _fill(replica, products)
            yield replica, shop, codes
        finally:
            replica.close()


def make_big_home(folder: Path, products: int) -> None:
    """A home as an enrolled till leaves it when it is switched off during a shift; its server does not answer."""
    home, clock, key = Home(folder), SystemClock(), secrets.token_bytes(KEY_BYTES)
    home.make()
    store = FileStore(home.secrets)
    store.set(REPLICA_KEY, key)
    store.set(DEVICE_KEY, secrets.token_bytes(KEY_BYTES))
    replica = Replica.open(home.replica, key, clock=clock, ids=TimeOrderedIds(clock))
    try:
        _fill(replica, products)
        till_at_work(replica, None)
    finally:
        replica.close()


def _fill(replica: Replica, products: int) -> tuple[TinyShop, list[str]]:
    with replica.write() as unit:
        shop = fill(unit.connection)
        codes = add_products(unit.connection, shop, products)
        rebuild(unit.connection)
    return shop, codes


def barcode_of(number: int) -> str:
    """A valid EAN-13 of our own numbering for product ``number``."""
    body = f"509{number:09d}"
    return body + str(check_digit(body))


def add_products(connection: Connection, shop: TinyShop, products: int) -> list[str]:
    """Insert made-up products with a barcode, a price and a stock level each; gives the barcodes."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    for number in range(products):
        for entity, (root, owned) in made_up(shop, number):
            rows.setdefault(aggregate_of(entity).root.name, []).append(tuple(root))
            for table, values in owned.items():
                rows.setdefault(table, []).extend(tuple(line) for line in values)
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", values)
    return [barcode_of(number) for number in range(products)]


def made_up(shop: TinyShop, number: int, *, edition: int = 0) -> list[tuple[str, Payload]]:
    """The aggregates of product ``number`` in wire form: product with variant, barcode, price, stock level.

    A later ``edition`` has another price and another stock level, and every tenth product another name.
    """
    name, pence = name_and_price(number)
    if edition and number % 10 == 0:
        name = f"{name} edition {edition}"
    product_id, variant_id = _id("product", number), _id("variant", number)
    product = {
        "id": product_id,
        "name": name,
        "category_id": shop.categories["Home"],
        "tax_category_id": shop.tax_categories["STANDARD"],
    }
    price = {
        "id": _id("price", number),
        "price_list_id": shop.price_list_id,
        "variant_id": variant_id,
        "unit_price_micro": (pence + edition) * 10_000,
        "valid_from": dt.date(2026, 1, 1),
        "created_at": 0,
    }
    level = {
        "id": level_id(shop.store_id, variant_id),
        "store_id": shop.store_id,
        "variant_id": variant_id,
        "on_hand": 9_000_000 - 1_000 * edition,
    }
    variant = {"id": variant_id, "sku": sku_of(number)}
    barcode = {"id": _id("code", number), "code": barcode_of(number), "variant_id": variant_id}
    return [
        ("product", wire_payload(aggregate_of("product"), product, {"variant": [variant]})),
        ("barcode", wire_payload(aggregate_of("barcode"), barcode, {})),
        ("price", wire_payload(aggregate_of("price"), price, {})),
        ("stock_level", wire_payload(aggregate_of("stock_level"), level, {})),
    ]


def name_and_price(number: int) -> tuple[str, int]:
    """What product ``number`` is called, and its price in pence; always the same."""
    dice = random.Random(number)
    name = f"{dice.choice(_FIRST)} {dice.choice(_SECOND)}, {dice.choice(_THIRD)} {number}"
    return name, dice.randint(50, 9900)


def write_catalogue(file: Path, products: int) -> None:
    """The same products as a CSV that the server imports, with opening stock in Harbour Street."""
    with file.open("w", encoding="utf-8", newline="") as sink:
        rows = csv.writer(sink)
        rows.writerow(("sku", "name", "barcode", "price", "tax", "category", "stock:HS"))
        for number in range(products):
            name, pence = name_and_price(number)
            price = f"{pence // 100}.{pence % 100:02d}"
            rows.writerow((sku_of(number), name, barcode_of(number), price, "STANDARD", "Home", 9_000))


def sku_of(number: int) -> str:
    """The stock-keeping code of product ``number``."""
    return f"BIG-{number:06d}"


def _id(what: str, number: int) -> uuid.UUID:
    return derived_id("big", what, str(number))
