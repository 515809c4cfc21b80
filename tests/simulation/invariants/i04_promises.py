"""I4: never more was promised than was there: at every grant, and what the web shop was told is what the server did.

Each granted order leaves its holds; holds are only ever made of what is available, so a level's ``reserved`` above its
``on_hand`` must come from sales made after the promise. An order that was answered 201 exists, once; its holds are
whole. The one exception is an order that a restored server got back when its goods were promised to others by then: it
holds nothing at all, and the inbox says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Hold the web shop's memory and the promises against the server."""
    with world.server.reading() as connection:
        orders = {row.id: row.state for row in connection.execute(text("SELECT id, state FROM customer_order"))}
        for order in world.web.orders:
            if order.id is not None and order.is_owed and order.id not in orders:
                yield f"the web shop was promised {order.key}, the server has no such order"
        short = connection.execute(
            text(
                "SELECT o.id FROM customer_order o JOIN order_line l ON l.order_id = o.id "
                "WHERE o.state IN ('placed', 'ready') GROUP BY o.id HAVING sum(l.quantity) <> "
                "(SELECT coalesce(sum(r.quantity), 0) FROM reservation r WHERE r.order_id = o.id AND r.state = 'held') "
                "AND (EXISTS (SELECT FROM reservation r WHERE r.order_id = o.id AND r.state = 'held') OR NOT EXISTS "
                "(SELECT FROM inbox_entry e WHERE e.kind = 'recovery' AND e.entity = 'customer_order' "
                "AND e.entity_id = o.id AND e.reason LIKE '%promised to others%'))"
            )
        ).scalars()
        for found in short:
            yield f"the order {found} stands, but does not hold what it promised"
    yield from world.web.oversold
