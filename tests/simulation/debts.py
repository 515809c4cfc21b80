"""What is still owed after a disaster: only what some surviving place holds can come back, and all of that must.

Called right after a server was restored, a folder was put back or a device was lost, before anything moves again. A
mutation stays owed if the server's log has it, if it waits or is kept in the outbox of a living device, or, for facts
and documents, if a living device that may sync shows it. Of a device that was cloned so that nothing could tell, only
what still waits counts: after a restore its other copy may have taken the numbers of what this one had sent. A revoked
device hands in what waits and what a restore lost of what it had sent, until it has erased that.
"""

from __future__ import annotations

import uuid
from collections import defaultdict

from sqlalchemy import Connection, text

from shared.schema.registry import AGGREGATES
from shared.sync.operations import Verb
from tests.simulation.world import World

_SHOWN = (Verb.RECORD, Verb.CREATE)


def settle_debts(world: World) -> int:
    """Take back what nothing holds any more; gives how many mutations that were."""
    with world.server.reading() as connection:
        known = _known_to(connection)
        orders = set(connection.execute(text("SELECT id FROM customer_order")).scalars())
    kept, shown = _kept_by_devices(world)
    count = 0
    for deed in world.journal.deeds.values():
        is_held = deed.id in known | kept or (deed.verb in _SHOWN and deed.entity_id in shown[deed.entity])
        if deed.is_owed and not is_held:
            deed.is_owed = False
            count += 1
    for order in world.web.orders:
        order.is_owed = order.id in orders
    return count


def _known_to(connection: Connection) -> set[uuid.UUID]:
    known = set(connection.execute(text("SELECT id FROM device_mutation")).scalars())
    return known | set(connection.execute(text("SELECT id FROM quarantined_mutation")).scalars())


def _kept_by_devices(world: World) -> tuple[set[uuid.UUID], dict[str, set[uuid.UUID]]]:
    kept: set[uuid.UUID] = set()
    shown: dict[str, set[uuid.UUID]] = defaultdict(set)
    entities = {deed.entity for deed in world.journal.deeds.values() if deed.verb in _SHOWN}
    for device in world.devices:
        with device.looking() as replica:
            is_kept = "state <> 'quarantined' AND length(arguments) > 0"
            counted = "state = 'waiting'" if device.may_repeat_numbers else is_kept
            rows = replica.exec_driver_sql(f"SELECT id FROM outbox WHERE {counted}")
            kept |= {uuid.UUID(bytes=row[0]) for row in rows}
            if device.is_revoked:
                continue
            for entity in entities:
                rows = replica.exec_driver_sql(f"SELECT id FROM {AGGREGATES[entity].root.name}")
                shown[entity] |= {uuid.UUID(bytes=row[0]) for row in rows}
    return kept, shown
