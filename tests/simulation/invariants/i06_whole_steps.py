"""I6: mutations that were made in one step are on the server together or not at all, wherever that step was cut."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from tests.simulation.deeds import Deed
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Hold the groups of the journal against the server's log."""
    with world.server.reading() as connection:
        known = set(connection.execute(text("SELECT id FROM device_mutation")).scalars())
        half = connection.execute(
            text(
                "SELECT s.receipt_number FROM sale s WHERE s.total <> (SELECT coalesce(sum(l.total), 0) FROM sale_line l "
                "WHERE l.sale_id = s.id AND l.removed_at IS NULL) OR s.total + s.rounding_total <> "
                "(SELECT coalesce(sum(t.amount), 0) FROM sale_tender t WHERE t.sale_id = s.id)"
            )
        ).scalars()
        for number in half:
            yield f"the server has a part of the sale {number}"
    groups: dict[tuple[str, str], list[Deed]] = {}
    for deed in world.journal.deeds.values():
        if "create_product" in deed.act or "make_product" in deed.act:
            groups.setdefault((deed.device, deed.act), []).append(deed)
    for (device, act), deeds in groups.items():
        there = {deed.id in known for deed in deeds}
        entities = sorted(deed.entity for deed in deeds)
        if entities != ["barcode", "price", "product"]:
            yield f"{device} kept a part of {act}: {entities}"
        elif all(deed.is_owed for deed in deeds) and there == {True, False}:
            yield f"the server has a part of {act} of {device}"
