"""I1: when nothing moves any more, every device holds exactly what the server holds for it: full digest, every scope."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.replica.digests import replica_digests
from sync_server.sync import digest_service
from tests.simulation.world import World


def check(world: World) -> Iterator[str]:
    """Compare both sides of every scope of every device."""
    with world.server.reading() as connection:
        for device in world.devices:
            if device.is_revoked:
                continue
            with device.looking() as replica:
                here = {each.scope: each for each in replica_digests(replica)}
            there = {each.scope: each for each in digest_service.digests(connection, sorted(here))}
            for scope, mine in here.items():
                theirs = there[scope]
                if (mine.rows, mine.digest) != (theirs.rows, theirs.digest):
                    yield f"{device.name} has {mine.rows} rows of {scope}, the server {theirs.rows}"
