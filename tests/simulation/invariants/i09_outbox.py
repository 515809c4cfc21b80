"""I9: the outbox survives everything: whatever was in it and was not answered is still in it, or on the server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import text

from shared.sync.operations import Verb
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Every owed mutation is known to the server by its id; nothing waits any more on a device that may sync.

    What came back by another device's offer is held by I2 alone.
    """
    with world.server.reading() as connection:
        known = set(connection.execute(text("SELECT id FROM device_mutation")).scalars())
        known |= set(connection.execute(text("SELECT id FROM quarantined_mutation")).scalars())
    kept: set[uuid.UUID] = set()
    for device in world.devices:
        with device.looking() as replica:
            rows = replica.exec_driver_sql("SELECT id, state FROM outbox").all()
        kept |= {uuid.UUID(bytes=row[0]) for row in rows}
        waiting = sum(row[1] == "waiting" for row in rows)
        if waiting and not device.is_revoked:
            yield f"{waiting} mutations still wait on {device.name}"
    offered = {deed.entity_id for deed in world.journal.deeds.values() if deed.verb is Verb.OFFER}
    for deed in world.journal.owed():
        is_offered = deed.verb is Verb.OFFER or (deed.verb in (Verb.RECORD, Verb.CREATE) and deed.entity_id in offered)
        if not is_offered and deed.id not in known and deed.id not in kept:
            yield f"neither the outbox nor the server knows of {deed}"
