"""I11: what was removed stays removed, whoever comes back with an old copy of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import text

from shared.sync.operations import Verb
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Look for removed barcodes everywhere."""
    with world.server.reading() as connection:
        took = {
            row.id
            for row in connection.execute(
                text(
                    "SELECT id FROM device_mutation WHERE name = 'barcode.remove' AND status IN ('applied', 'repeated')"
                )
            )
        }
        gone = {
            deed.entity_id
            for deed in world.journal.of("barcode")
            if deed.verb is Verb.REMOVE and deed.is_owed and deed.id in took
        }
        for found in connection.execute(text("SELECT id FROM barcode")).scalars():
            if found in gone:
                yield f"the barcode {found} was removed and is back on the server"
    for device in world.devices:
        with device.looking() as replica:
            held = {uuid.UUID(bytes=row[0]) for row in replica.exec_driver_sql("SELECT id FROM barcode")}
        for found in held & gone if not device.is_revoked else ():
            yield f"the barcode {found} was removed and is back on {device.name}"
