"""I5 (read your writes): what somebody did at a device is to be seen on that device, at rest and on the way."""

from __future__ import annotations

from collections.abc import Iterator

from shared.sync.operations import Verb
from tests.simulation.world import World

_FACTS = ("sale", "cash_movement", "shift")


def check(world: World) -> Iterator[str]:
    """Look for each device's own facts in its own tables."""
    for device in world.devices:
        if device.is_revoked:
            continue
        with device.looking() as replica:
            made = replica.exec_driver_sql(
                "SELECT entity, entity_id FROM outbox WHERE state <> 'refused' AND name LIKE ?", (f"%.{Verb.RECORD}",)
            ).all()
            weeks = replica.exec_driver_sql("SELECT count(*) FROM cursor WHERE scope LIKE 'sales:%'").scalar_one()
            for entity, entity_id in made:
                if entity not in _FACTS or (entity == "sale" and not weeks):
                    continue
                row = replica.exec_driver_sql(f"SELECT 1 FROM {entity} WHERE id = ?", (entity_id,)).first()
                if row is None:
                    yield f"{device.name} made a {entity} and does not show it any more"
