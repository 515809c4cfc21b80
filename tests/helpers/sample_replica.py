"""The sample shop's files read straight into a replica, as if they had come down: for pictures and for benchmarks."""

from __future__ import annotations

import csv
import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, insert

from desktop.replica.identity import DeviceIdentity, write_identity
from desktop.replica.schema import ReceiptCounter
from desktop.replica.search import rebuild
from shared.ids import derived_id
from shared.schema.registry import level_id
from tests.helpers.replica import NOON, PIN_HASHES, ROLES, pulled

SAMPLE_SHOP = Path(__file__).resolve().parents[2] / "assets" / "sample_shop"
NAMES = {"mara": "Mara K.", "theo": "Theo B.", "priya": "Priya S.", "jonas": "Jonas P.", "ada": "Ada N."}
RATES = {"STANDARD": (200_000, "VAT 20 %"), "REDUCED": (50_000, "VAT 5 %"), "ZERO": (0, "VAT 0 %")}


def _id(*parts: str) -> uuid.UUID:
    return derived_id("sample", *parts)


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE_SHOP / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def fill_sample(connection: Connection, first_receipt: int = 4182, copies: int = 0) -> None:
    """The sample shop, this device enrolled as till 2 of Harbour Street.

    The next receipt is number ``first_receipt``; ``copies`` further products come beside those of the files.
    """
    _fill_house(connection)
    _fill_goods(connection, copies)
    for row in _rows("customers.csv"):
        given = {"number": row["number"], "name": row["name"]}
        pulled(
            connection,
            "customer",
            {"id": _id("customer", row["number"]), "store_id": _id("HS"), "created_at": NOON, **given}
            | {"points": 1240 if row["name"].startswith("Ines") else 85},
        )
    rebuild(connection)
    identity = DeviceIdentity(
        device_id=_id("till-2"),
        store_id=_id("HS"),
        kind="till",
        number=2,
        name="Till 2",
        server_url="http://127.0.0.1:1",
        server_id="sample",
        incarnation=_id("incarnation"),
        receipt_series=1,
        enrolled_at=NOON,
        epoch=1,
        consistent_at=NOON,
    )
    write_identity(connection, identity)
    connection.execute(insert(ReceiptCounter).values(series=1, next_number=first_receipt))


def _fill_house(connection: Connection) -> None:
    pulled(connection, "price_list", {"id": _id("RETAIL"), "code": "RETAIL", "name": "Retail", "currency": "GBP"})
    for code, name in (("HS", "Harbour Street"), ("ML", "Mill Lane")):
        store = {"code": code, "name": name, "currency": "GBP", "time_zone": "Europe/London", "country": "GB"}
        place = {"address": f"12 {name}, Tidewater", "receipt_footer": "Thank you. See you soon."}
        pulled(connection, "store", {"id": _id(code), "price_list_id": _id("RETAIL"), **store, **place})
    till = {"id": _id("till-2"), "store_id": _id("HS"), "kind": "till", "number": 2, "name": "Till 2"}
    pulled(connection, "device", till)
    pulled(connection, "setting", {"id": _id("setting"), "key": "share_across_stores", "value": True})
    for username, name in NAMES.items():
        person = {"username": username, "display_name": name, "role": ROLES[username]}
        pulled(connection, "app_user", {"id": _id(username), "pin_hash": PIN_HASHES[username], **person})
    for code, (ppm, name) in RATES.items():
        pulled(connection, "tax_category", {"id": _id("tax", code), "code": code, "name": code.title()})
        rate = {"country": "GB", "code": code, "name": name, "rate_ppm": ppm, "valid_from": dt.date(2011, 1, 4)}
        pulled(connection, "tax_rate", {"id": _id("rate", code), "tax_category_id": _id("tax", code), **rate})


def _fill_goods(connection: Connection, copies: int) -> None:
    tabs: dict[str, int] = {}
    for order, row in enumerate(_rows("categories.csv")):
        path = row["category"].split(" > ")
        parent = _id("category", path[0]) if len(path) > 1 else None
        category = {"name": path[-1], "colour": row["colour"], "sort_order": order, "parent_id": parent}
        pulled(connection, "category", {"id": _id("category", row["category"]), **category})
    for row in _rows("products.csv"):
        _fill_product(connection, row)
    template = _rows("products.csv")[0]
    for number in range(copies):
        extra = {"sku": f"EXTRA-{number:06}", "name": f"Extra product {number}", "barcodes": f"29{number:011}"}
        _fill_product(connection, {**template, **extra})
    for row in _rows("quick_keys.csv"):
        tabs[row["tab"]] = tabs.get(row["tab"], 0) + 1
        key = {"category_id": _id("category", row["tab"]), "variant_id": _id("variant", row["sku"])}
        key |= {"position": int(row["position"]), "label": row["label"]}
        pulled(connection, "quick_key", {"id": _id("key", row["tab"], row["sku"]), **key})


def _fill_product(connection: Connection, row: dict[str, str]) -> None:
    sku = row["sku"]
    variant_id = _id("variant", sku)
    product = {
        "id": _id("product", sku),
        "name": row["name"],
        "category_id": _id("category", row["category"]),
        "tax_category_id": _id("tax", row["tax"]),
        "kind": row["kind"],
        "unit": row["unit"],
        "state": row["state"],
    }
    pulled(connection, "product", product, variant=[{"id": variant_id, "sku": sku}])
    if row["price"]:
        price = {
            "id": _id("price", sku),
            "price_list_id": _id("RETAIL"),
            "variant_id": variant_id,
            "unit_price_micro": int(Decimal(row["price"]) * 1_000_000),
            "valid_from": dt.date(2026, 1, 1),
            "created_at": NOON,
        }
        pulled(connection, "price", price)
    for code in filter(None, row["barcodes"].replace(";", " ").split()):
        pulled(connection, "barcode", {"id": _id("code", code), "code": code, "variant_id": variant_id})
    if row["stock:HS"]:
        level: dict[str, object] = {"store_id": _id("HS"), "variant_id": variant_id}
        level |= {"on_hand": int(Decimal(row["stock:HS"]) * 1_000), "reserved": 2_000 if sku == "CND-CEDAR" else 0}
        pulled(connection, "stock_level", {"id": level_id(_id("HS"), variant_id), **level})
