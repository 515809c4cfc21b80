"""Recovery windows: numbers of devices that were lost with a restore and that nobody has any more."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, text

# The last number the server has must be of an earlier epoch: within one, a gap is a gap.
_OPEN = text("""
INSERT INTO recovery_window (device_id, incarnation, epoch, first_number, last_number, at)
SELECT :device, :incarnation, s.epoch, :first, :last, :now FROM server_state AS s
WHERE s.epoch > 1 AND NOT EXISTS (
    SELECT 1 FROM device_mutation AS m JOIN epoch_log AS l ON l.epoch = s.epoch
    WHERE m.device_id = :device AND m.incarnation = :incarnation AND m.number = :first - 1 AND m.received_at >= l.at)
ON CONFLICT DO NOTHING
""")


def open_window(
    connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, *, first: int, last: int, now: int
) -> bool:
    """Note that numbers are missing for good; whether that may be, once in an epoch."""
    values = {"device": device_id, "incarnation": incarnation, "first": first, "last": last, "now": now}
    return connection.execute(_OPEN, values).rowcount == 1
