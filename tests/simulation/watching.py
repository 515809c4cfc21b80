"""What is checked at every look at a device, not only at the end: cursors, versions, own facts, whole aggregates."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from shared.sync.operations import decode_arguments
from tests.simulation.device_process import DeviceProcess

Problem = tuple[str, str]
_IS_RECOVERING = (
    "SELECT EXISTS (SELECT 1 FROM device_value v, identity i WHERE v.key = 'sync.epoch' "
    "AND CAST(v.value AS INTEGER) > i.epoch)"
)


@dataclass(slots=True)
class Seen:
    """What a device showed at the last look."""

    epoch: int = 0
    cursors: dict[int, tuple[str, int]] = field(default_factory=dict)
    versions: dict[tuple[str, bytes], int] = field(default_factory=dict)


class Watcher:
    """Looks at devices again and again; gives the first thing that is not as it must be."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._accepted: dict[str, set[bytes]] = {}

    def look(self, device: DeviceProcess, connection: Connection) -> Problem | None:
        """Compare with the last look."""
        now = _read(connection)
        before = self._seen.get(device.name)
        self._seen[device.name] = now
        return (
            _half_sale(device, connection)
            or _own_edit_hidden(device, connection, self._accepted_on(device, connection))
            or (None if before is None else _went_back(device, before, now))
        )

    def _accepted_on(self, device: DeviceProcess, connection: Connection) -> set[bytes]:
        """The mutations that were answered at some look; after a restore some of them wait again."""
        accepted = self._accepted.setdefault(device.name, set())
        accepted |= {row[0] for row in connection.exec_driver_sql("SELECT id FROM outbox WHERE state <> 'waiting'")}
        return accepted

    def forget(self, device: DeviceProcess) -> None:
        """Its folder was replaced: what it showed before means nothing."""
        self._seen.pop(device.name, None)


def _read(connection: Connection) -> Seen:
    rows = connection.exec_driver_sql("SELECT number, scope, position FROM cursor").all()
    members = connection.exec_driver_sql("SELECT entity, id, max(version) FROM membership GROUP BY entity, id").all()
    return Seen(
        epoch=connection.exec_driver_sql("SELECT epoch FROM identity").scalar_one(),
        cursors={row[0]: (row[1], row[2]) for row in rows},
        versions={(row[0], row[1]): row[2] for row in members},
    )


def _went_back(device: DeviceProcess, before: Seen, now: Seen) -> Problem | None:
    """I5 monotonic reads, I7 monotone cursors; a scope that starts anew gets a cursor with a number of its own."""
    if now.epoch != before.epoch:
        return None
    for number, (scope, position) in before.cursors.items():
        if number in now.cursors and now.cursors[number][1] < position:
            return ("I7", f"{device.name}: the cursor of {scope} went from {position} to {now.cursors[number][1]}")
    if now.cursors.keys() != before.cursors.keys() or any(scope.startswith("~") for scope, _ in now.cursors.values()):
        return None
    for key, version in before.versions.items():
        if key in now.versions and now.versions[key] < version:
            return ("I5", f"{device.name}: {key[0]} went from version {version} to {now.versions[key]}")
    return None


def _half_sale(device: DeviceProcess, connection: Connection) -> Problem | None:
    """I6: a sale is whole wherever it can be seen: its lines add up to it, and its payments pay it."""
    row = connection.exec_driver_sql(
        "SELECT s.receipt_number, s.total, "
        "(SELECT coalesce(sum(l.total), 0) FROM sale_line l WHERE l.sale_id = s.id AND l.removed_at IS NULL) AS lines, "
        "s.total + s.rounding_total, "
        "(SELECT coalesce(sum(t.amount), 0) FROM sale_tender t WHERE t.sale_id = s.id) AS paid "
        "FROM sale s WHERE s.total <> lines OR s.total + s.rounding_total <> paid"
    ).first()
    if row is not None:
        return ("I6", f"{device.name} shows a part of the sale {row[0]}: total {row[1]}, lines {row[2]}, paid {row[4]}")
    return None


def _own_edit_hidden(device: DeviceProcess, connection: Connection, accepted: set[bytes]) -> Problem | None:
    """I5: an edit that was made here and is not settled yet is what this device shows.

    While a device comes to terms with a restored server edits that were settled wait again, and until the server's rows
    have come it goes on showing what had become of them; what was never answered must show then too.
    """
    is_recovering = connection.exec_driver_sql(_IS_RECOVERING).scalar_one()
    rows = connection.exec_driver_sql(
        "SELECT entity, entity_id, arguments, id FROM outbox WHERE name IN ('product.edit', 'customer.edit') "
        "AND number > (SELECT settled_number FROM identity) AND state <> 'refused' AND length(arguments) > 0 "
        "ORDER BY number"
    ).all()
    wanted: dict[tuple[str, bytes, str], object] = {}
    for entity, entity_id, arguments, key in rows:
        for name, (_, mine) in _changes(arguments).items() if not is_recovering or key not in accepted else ():
            wanted[entity, entity_id, name] = mine
    for (entity, entity_id, name), mine in wanted.items():
        shown = connection.exec_driver_sql(f"SELECT {name} FROM {entity} WHERE id = ?", (entity_id,)).first()
        if shown is not None and shown[0] != mine:
            return ("I5", f"{device.name} set {name} of its {entity} to {mine!r} and shows {shown[0]!r}")
    return None


def _changes(arguments: bytes) -> dict[str, list[object]]:
    found = decode_arguments(arguments).get("changes", {})
    assert isinstance(found, dict)
    return found
