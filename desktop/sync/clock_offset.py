"""How far this device's clock is from the server's: noted from answers, shown and warned of, never acted upon."""

from __future__ import annotations

from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity
from shared.clock import MICROSECONDS_PER_SECOND

NOTED_FROM_US = MICROSECONDS_PER_SECOND
"""Less than that is the line's delay, and not worth a transaction."""


def note_server_time(replica: Replica, server_time: int, standing: int) -> None:
    """Keep how far the clocks are apart, where that changed by a second or more.

    Args:
        replica: the device's; its clock says what the device thinks the time is.
        server_time: of an answer that came just now, UTC microseconds.
        standing: how far they were apart as last noted, microseconds.
    """
    offset = server_time - replica.clock.now()
    if abs(offset - standing) >= NOTED_FROM_US:
        with replica.write(is_background=True) as unit:
            change_identity(unit.connection, clock_offset_us=offset)
