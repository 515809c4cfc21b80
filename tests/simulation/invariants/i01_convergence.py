"""I1: when nothing moves any more, every device holds exactly what the server holds for it: full digest, every scope.

A device whose program is older is compared as its own wire schema has the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop.replica.digests import replica_digests
from desktop.replica.identity import identity_of
from sync_server.sync import digest_service
from tests.simulation.device_process import DeviceProcess
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Compare both sides of every scope of every device."""
    with world.server.reading() as connection:
        for device in world.devices:
            if device.is_revoked:
                continue
            with device.looking() as replica:
                here = {each.scope: each for each in replica_digests(replica, device.schema)}
            there = {each.scope: each for each in digest_service.digests(connection, sorted(here), device.schema)}
            for scope, mine in here.items():
                theirs = there[scope]
                if (mine.rows, mine.digest) != (theirs.rows, theirs.digest):
                    yield f"{device.name} has {mine.rows} rows of {scope}, the server {theirs.rows}"
            with device.looking() as replica:
                left = replica.exec_driver_sql("SELECT count(*) FROM schema_fill").scalar_one()
            if left or _schema_filled(device) != device.schema:
                yield f"{device.name} speaks schema {device.schema} and holds rows of {_schema_filled(device)}"


def _schema_filled(device: DeviceProcess) -> int:
    with device.looking() as replica:
        return identity_of(replica).schema_filled
