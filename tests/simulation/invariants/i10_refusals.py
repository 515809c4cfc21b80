"""I10: whatever the server refused or merged left a result and, where something was lost, an entry in the inbox."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import text

from shared.ids import derived_id
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Hold the results of the log against the inbox and against the devices' outboxes."""
    with world.server.reading() as connection:
        inbox = set(connection.execute(text("SELECT id FROM inbox_entry")).scalars())
        rows = connection.execute(text("SELECT id, name, status, code FROM device_mutation")).all()
    refused = {row.id: row for row in rows if row.status == "refused"}
    for row in refused.values():
        if derived_id("refused", row.id) not in inbox:
            yield f"{row.name} was refused ({row.code}) and the inbox has nothing of it"
    for device in world.devices:
        if device.is_revoked:
            continue
        with device.looking() as replica:
            told = replica.exec_driver_sql("SELECT id, name, state FROM outbox").all()
        for key, name, state in told:
            is_refused = uuid.UUID(bytes=key) in refused
            if is_refused != (state == "refused"):
                yield f"{device.name} takes its {name} for {state}; the server {'refused' if is_refused else 'took'} it"
