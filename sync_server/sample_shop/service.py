"""Loading the sample shop: the same rows with the same ids every time; what is there already stays as it is."""

from __future__ import annotations

import csv
import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from shared.ids import derived_id
from sync_server.catalogue import import_service
from sync_server.customers import same_person_service
from sync_server.db.sessions import Connection, Database
from sync_server.sample_shop import repository
from sync_server.sample_shop.assets import sample_file

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was new: stores, products (with their prices and stock), users and customers."""

    stores: int
    products: int
    users: int
    customers: int


def sample_id(kind: str, key: str) -> uuid.UUID:
    """The id of a row of the sample shop, the same on every server."""
    return derived_id("sample_shop", kind, key)


def load_sample_shop(database: Database) -> Loaded:
    """Load “Tidewater”; loading it again adds only what is missing.

    Raises:
        EnvironmentFailure: ``sample_shop_missing``.
    """
    shop: dict[str, Any] = json.loads(sample_file("shop.json").read_text(encoding="utf-8"))
    with database.writing() as connection:
        stores = _add_chain(connection, shop)
        users = _add_users(connection, shop["users"])
    imported = import_service.import_catalogue(
        database,
        sample_file("products.csv"),
        source="sample shop",
        new_id=sample_id,
        prices_from=dt.date.fromisoformat(shop["prices_from"]),
    )
    with database.writing() as connection:
        _colour_categories(connection)
        repository.add(connection, "quick_key", _quick_keys(connection))
        customers = repository.add(connection, "customer", _customers(database.clock.now()))
    same_person_service.match_all(database)
    return Loaded(stores, imported.new, users, customers)


def _add_chain(connection: Connection, shop: Mapping[str, Any]) -> int:
    """Taxes, price list, stores and settings; gives how many stores were new."""
    price_list = shop["price_list"]
    list_id = sample_id("price_list", price_list["code"])
    taxes: Sequence[Mapping[str, Any]] = shop["tax_categories"]
    repository.add(
        connection,
        "tax_category",
        [{"id": sample_id("tax_category", t["code"]), "code": t["code"], "name": t["name"]} for t in taxes],
    )
    repository.add(connection, "tax_rate", [_tax_rate(t, rate, shop["country"]) for t in taxes for rate in t["rates"]])
    repository.add(connection, "price_list", [{"id": list_id, **price_list, "currency": shop["currency"]}])
    stores = [
        {
            "id": sample_id("store", store["code"]),
            **store,
            "currency": shop["currency"],
            "time_zone": shop["time_zone"],
            "country": shop["country"],
            "price_list_id": list_id,
        }
        for store in shop["stores"]
    ]
    settings = [
        {"id": sample_id("setting", key), "store_id": None, "key": key, "value": value}
        for key, value in shop["settings"].items()
    ]
    repository.add(connection, "setting", settings)
    return repository.add(connection, "store", stores)


def _tax_rate(category: Mapping[str, Any], rate: Mapping[str, Any], country: str) -> Row:
    return {
        "id": sample_id("tax_rate", f"{category['code']}/{rate['valid_from']}"),
        "tax_category_id": sample_id("tax_category", category["code"]),
        "country": country,
        "code": category["tax_code"],
        "name": rate["name"],
        "rate_ppm": rate["rate_ppm"],
        "price_include": True,
        "valid_from": dt.date.fromisoformat(rate["valid_from"]),
        "valid_to": None,
    }


def _add_users(connection: Connection, users: Sequence[Mapping[str, str]]) -> int:
    """People with their PINs, hashed only where a person is new: a hash is slow on purpose."""
    ids = {user["username"]: sample_id("app_user", user["username"]) for user in users}
    missing = repository.missing(connection, "app_user", list(ids.values()))
    hasher = PasswordHasher()
    return repository.add(
        connection,
        "app_user",
        [
            {
                "id": ids[user["username"]],
                "store_id": None,
                "username": user["username"],
                "display_name": user["display_name"],
                "role": user["role"],
                "pin_hash": hasher.hash(user["pin"]),
                "is_active": True,
            }
            for user in users
            if ids[user["username"]] in missing
        ],
    )


def _category_id(path: str) -> uuid.UUID:
    return sample_id("category", "\x1f".join(name.strip().casefold() for name in path.split(">")))


def _colour_categories(connection: Connection) -> None:
    rows = enumerate(_read("categories.csv"), start=1)
    repository.colour_categories(
        connection, {_category_id(row["category"]): (row["colour"], place) for place, row in rows}
    )


def _quick_keys(connection: Connection) -> list[Row]:
    variants = repository.variants_by_sku(connection)
    return [
        {
            "id": sample_id("quick_key", row["sku"]),
            "store_id": None,
            "category_id": _category_id(row["tab"]),
            "variant_id": variants[row["sku"]],
            "position": int(row["position"]),
            "label": row["label"],
        }
        for row in _read("quick_keys.csv")
        if row["sku"] in variants
    ]


def _customers(now: int) -> list[Row]:
    return [
        {
            "id": sample_id("customer", row["number"]),
            "store_id": sample_id("store", row["store"]),
            "number": row["number"],
            "name": row["name"],
            "email": row["email"],
            "phone": row["phone"],
            "addresses": [{"street": row["street"], "city": row["city"], "postcode": row["postcode"]}],
            "tags": [tag for tag in row["tags"].split(";") if tag],
            "note": row["note"],
            "may_send_offers": row["may_send_offers"] == "yes",
            "created_at": now,
        }
        for row in _read("customers.csv")
    ]


def _read(name: str) -> list[dict[str, str]]:
    with sample_file(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
