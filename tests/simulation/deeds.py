"""The journal kept outside: what every device really did, read off its outbox after each step and after each death.

A deed counts from the moment in which it is on the device's disk for good: from then on it must reach the server, or
be refused there with an entry in the inbox, whatever happens to lines, servers and devices. It stops being owed only
when the last place that held it is gone (a disk that was lost, a backup older than it), which the world notes here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from shared.sync.operations import Verb, decode_arguments
from shared.sync.projection import widened
from shared.sync.wire import Payload


@dataclass(slots=True)
class Deed:
    """One mutation that somebody made.

    Attributes:
        id: the mutation's uuid.
        device: the simulated device on which it was first seen.
        act: which step made it; mutations of one step belong together.
        verb: what it does.
        arguments: decoded.
        order: the moment at which it was noted, to tell earlier from later on one device.
        is_owed: it must be on the server in the end.
    """

    id: uuid.UUID
    device: str
    act: str
    entity: str
    verb: Verb
    entity_id: uuid.UUID
    arguments: dict[str, Any]
    made_at: int
    order: int
    is_owed: bool = True

    def __str__(self) -> str:
        """For traces."""
        return f"{self.entity}.{self.verb} {str(self.entity_id)[-6:]} of {self.device} ({self.act})"


@dataclass(slots=True)
class Journal:
    """Every deed by its mutation's id."""

    deeds: dict[uuid.UUID, Deed] = field(default_factory=dict)

    def note(self, connection: Connection, device: str, act: str) -> list[Deed]:
        """Take over what a replica's outbox holds and the journal does not; gives the new ones."""
        fresh = []
        rows = connection.exec_driver_sql(
            "SELECT id, name, entity, entity_id, arguments, made_at FROM outbox ORDER BY number"
        ).all()
        for row in rows:
            key = uuid.UUID(bytes=row[0])
            if key in self.deeds:
                continue
            deed = Deed(
                id=key,
                device=device,
                act=act,
                entity=row[2],
                verb=Verb(row[1].rpartition(".")[2]),
                entity_id=uuid.UUID(bytes=row[3]),
                arguments=_decoded(row[2], row[4]),
                made_at=row[5],
                order=len(self.deeds),
            )
            self.deeds[key] = deed
            fresh.append(deed)
        return fresh

    def owed(self) -> list[Deed]:
        """What must have reached the server."""
        return [deed for deed in self.deeds.values() if deed.is_owed]

    def of(self, entity: str) -> list[Deed]:
        """Every deed of one entity, in the order in which they were noted."""
        return [deed for deed in self.deeds.values() if deed.entity == entity]


def _decoded(entity: str, arguments: bytes) -> dict[str, Any]:
    """Arguments with rows as wide as ours, whatever program wrote them."""
    found: dict[str, Any] = decode_arguments(arguments)
    if "row" in found:
        found["row"] = widened(entity, msgspec.convert(found["row"], Payload))
    return found
