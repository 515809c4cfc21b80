"""Search over names and questions that nobody made for it."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import defaultdict
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import Connection

from desktop.replica import search
from shared.ids import TimeOrderedIds
from shared.schema.search.folding import fold

pytestmark = pytest.mark.realdata

ids = TimeOrderedIds()


def lines_of(path: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(path.open("rb")), encoding="utf-8")


def load(connection: Connection, rows: list[tuple[str, str, str]]) -> None:
    """(name, brand, sku) of each product."""
    products, variants = [], []
    for name, brand, sku in rows:
        product_id = ids.new().bytes
        products.append((product_id, name, "", brand, "goods", "piece", "active", "[]", "{}", 0, ""))
        variants.append((ids.new().bytes, product_id, sku, "", 1))
    connection.exec_driver_sql(
        "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at, updated_by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        products,
    )
    connection.exec_driver_sql(
        "INSERT INTO variant (id, product_id, sku, name, position) VALUES (?, ?, ?, ?, ?)", variants
    )
    search.rebuild(connection)


def test_given_real_groceries_when_one_letter_is_wrong_then_nine_of_ten_are_found(
    connection: Connection, shared_data: Path
) -> None:
    dice = random.Random(3)
    with lines_of(shared_data / "barcodes" / "off_2019_barcodes.csv.zst") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    names = dice.sample(names, 8_000)
    load(connection, [(name, "", f"OFF-{number}") for number, name in enumerate(names)])
    found = asked = 0
    for name in names[:400]:
        words = fold(name).split()[:4]
        places = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
        if not places:
            continue
        place = dice.choice(places)
        at = dice.randrange(len(words[place]))
        words[place] = words[place][:at] + dice.choice("aeioust") + words[place][at + 1 :]
        asked += 1
        found += any(fold(each.name) == fold(name) for each in search.find(connection, " ".join(words), 20))

    assert asked > 300
    assert found >= 0.9 * asked


def test_given_questions_of_real_shoppers_when_finding_then_most_lead_to_a_product_people_call_exact(
    connection: Connection, shared_data: Path
) -> None:
    with lines_of(shared_data / "product-search" / "products.jsonl.zst") as file:
        products = [json.loads(line) for line in file]
    load(connection, [(each["title"] or "", each["brand"] or "", each["asin"]) for each in products])
    exact: dict[str, set[str]] = defaultdict(set)
    with (shared_data / "product-search" / "judgments.csv").open(encoding="utf-8") as judged:
        for row in csv.DictReader(judged):
            exact[row["query"]] |= {row["asin"]} if row["label"] == "E" else set()
    answered = sum(
        any(each.sku in wanted for each in search.find(connection, query, 20)) for query, wanted in exact.items()
    )

    assert answered >= 0.75 * len(exact)
