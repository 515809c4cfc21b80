"""I3: Σ movements = balances = levels, rebuilt from what was really done; shown stock is the level and nothing else.

The ledger is computed a second time, here, from the first stock, the journal's sales and movements that reached the
server, and the orders that were handed out; the server's own ledger, balances and levels must say the same. What the
server adds to a count that did not know of another one is held against what it says both counts did.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from shared.schema.registry import AGGREGATES
from shared.sync.operations import Verb
from sync_server.inventory import service as inventory
from tests.simulation.small_shop import GOODS, PIECES, STORES, shop_id
from tests.simulation.world import World

Place = tuple[uuid.UUID, uuid.UUID]
_CORRECTIONS = text("""
SELECT kept.store_id, kept.variant_id, kept.effect, kept.difference
FROM stock_count AS kept JOIN stock_movement AS made ON made.id = kept.movement_id AND made.quantity = kept.difference
""")


def check(world: World) -> Iterator[str]:
    """Count everything again."""
    differences = inventory.verify_stock(world.stage.database).differences
    for difference in differences:
        yield f"ledger, balance and level differ: {difference}"
    with world.server.reading() as connection:
        expected = _expected(connection, world)
        rows = connection.execute(text("SELECT store_id, variant_id, on_hand FROM stock_level"))
        levels: Counter[Place] = Counter({(row.store_id, row.variant_id): row.on_hand for row in rows})
    for place in expected.keys() | levels.keys():
        if expected[place] != levels[place]:
            yield f"{place[1]} at {place[0]}: the level says {levels[place]}, what was done adds up to {expected[place]}"
    for device in world.devices:
        if not device.is_revoked:
            with device.looking() as replica:
                waiting = replica.exec_driver_sql("SELECT count(*) FROM expected_stock").scalar_one()
            if waiting:
                yield f"{device.name} still adds {waiting} stock changes of its own to levels that include them"


def _expected(connection: Connection, world: World) -> Counter[Place]:
    found: Counter[Place] = Counter()
    for store in STORES:
        for sku, *_ in GOODS:
            found[shop_id("store", store), shop_id("variant", sku)] += PIECES * 1000
    sales = set(connection.execute(text("SELECT id FROM sale")).scalars())
    moves = set(connection.execute(text("SELECT id FROM stock_movement")).scalars())
    for deed in world.journal.of("sale"):
        if deed.entity_id in sales and deed.verb is Verb.RECORD:
            for place, quantity in _sold(deed.arguments["row"]):
                found[place] -= quantity
    for deed in world.journal.of("stock_movement"):
        if deed.entity_id in moves and deed.verb is Verb.RECORD:
            row = _row("stock_movement", deed.arguments["row"][0])
            found[_id(row["store_id"]), _id(row["variant_id"])] += row["quantity"]
    for row in connection.execute(_CORRECTIONS):
        found[row.store_id, row.variant_id] += row.effect - row.difference
    for row in connection.execute(
        text(
            "SELECT o.store_id, l.variant_id, l.quantity FROM customer_order o "
            "JOIN order_line l ON l.order_id = o.id WHERE o.state = 'fulfilled'"
        )
    ):
        found[row.store_id, row.variant_id] -= row.quantity
    return found


def _sold(payload: Any) -> Iterator[tuple[Place, int]]:
    root, children = payload
    store = _id(_row("sale", root)["store_id"])
    table = next(each for each in AGGREGATES["sale"].children if each.name == "sale_line")
    for values in children["sale_line"]:
        line = dict(zip(table.column_names, values, strict=False))
        is_back = line["quantity"] < 0
        if line["kind"] != "goods" or line["variant_id"] is None or line["removed_at"] is not None:
            continue
        if not (is_back and line["disposition"] == "none"):
            yield (store, _id(line["variant_id"])), line["quantity"]


def _row(entity: str, values: Any) -> dict[str, Any]:
    return dict(zip(AGGREGATES[entity].root.column_names, values, strict=False))


def _id(value: Any) -> uuid.UUID:
    return uuid.UUID(bytes=value)
