"""A device that keeps what it pulled of the catalogue and edits it offline: base values and versions as it saw them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.clock import SystemClock
from shared.schema.registry import AGGREGATES
from shared.sync.wire import SentMutation
from tests.helpers.protocol_device import ProtocolDevice, wire_row


@dataclass
class EditingDevice:
    """The device; ``by`` is who works at it. What it does waits in ``outbox`` until ``send``."""

    device: ProtocolDevice
    by: str
    rows: dict[tuple[str, bytes], tuple[int, list[object]]] = field(default_factory=dict)
    outbox: list[SentMutation] = field(default_factory=list)

    def pull(self) -> None:
        """Take everything that is new, as it comes."""
        for answer in self.device.pull_all():
            for page in answer.pages:
                for row in page.rows:
                    self.rows[row.entity, row.id] = (row.version, list(row.payload[0]))
                for gone in (*page.left, *page.deleted):
                    self.rows.pop((gone.entity, gone.id), None)

    def send(self) -> list[str]:
        """Push what waits; gives what became of each."""
        waiting, self.outbox = self.outbox, []
        return [result.status for result in self.device.push(waiting).results] if waiting else []

    def value(self, entity: str, key: uuid.UUID, name: str) -> object:
        """One field as this device has it; None where it has no such row."""
        row = self.rows.get((entity, key.bytes))
        return None if row is None else row[1][AGGREGATES[entity].root.column_names.index(name)]

    def version(self, entity: str, key: uuid.UUID) -> int:
        """The version this device has; 0 for none."""
        row = self.rows.get((entity, key.bytes))
        return 0 if row is None else row[0]

    def create(self, entity: str, **values: object) -> None:
        """Make a document."""
        self.outbox.append(self.device.record(entity, [wire_row(entity, values), {}], "create"))

    def edit(self, entity: str, key: uuid.UUID, at: int = 0, **values: object) -> None:
        """Change fields from what is seen here; ``at`` in UTC microseconds, now where it is 0."""
        changes = {name: [self.value(entity, key, name), value] for name, value in values.items()}
        self._add(entity, "edit", key, at, {"changes": changes})
        row = self.rows.get((entity, key.bytes))
        if row is not None:
            for name, value in values.items():
                row[1][AGGREGATES[entity].root.column_names.index(name)] = value

    def remove(self, entity: str, key: uuid.UUID, at: int = 0) -> None:
        """Take a document away."""
        self._add(entity, "remove", key, at, {})

    def _add(self, entity: str, verb: str, key: uuid.UUID, at: int, more: Mapping[str, object]) -> None:
        arguments: dict[str, object] = {"id": key.bytes, "base_version": self.version(entity, key)}
        arguments |= {"edited_at": at or SystemClock().now(), "edited_by": self.by, **more}
        self.outbox.append(self.device.mutation(f"{entity}.{verb}", arguments))
