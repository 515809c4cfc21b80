"""Programs that are upgraded while the shop goes on: devices one release back, and a server that is.

A device is upgraded with whatever waits in its outbox, in the middle of a catch-up, after a death, and may die again while
the new program opens the older file. Some stay old to the end.
"""

from __future__ import annotations

from desktop.sync.engine import SyncEngine
from shared.schema.registry import SCHEMA_VERSION
from tests.simulation.device_process import DeviceProcess
from tests.simulation.older_program import forget_later, take_down
from tests.simulation.world import MOMENTS_MAX, World

_FILE_IS_OLDER = 0.7
_STAYS_OLD, _LATER_ROUNDS = 0.3, (1, 1, 2, 3)


def upgrade_a_program(world: World) -> None:
    """A device gets the new program, at whatever moment."""
    older = [device for device in world.devices if device.is_older]
    if not older:
        return
    device, dice = world.releases.choice(older), world.releases
    if dice.random() < 0.4:
        world.tell(f"    {device.name} is cut off in a cycle, to be upgraded")
        world.inside(lambda: None)
        world.live(device, lambda: _cycle(device.engine), dies_after=dice.randrange(MOMENTS_MAX))
    if dice.random() < 0.4:
        device.kill_now()
        device.bury()
    upgrade(world, device, dies_after=dice.randrange(MOMENTS_MAX) if dice.random() < 0.4 else None)


def upgrade(world: World, device: DeviceProcess, *, dies_after: int | None = None) -> None:
    """A device gets the new program now; it dies at that moment of its first start, if the start is that long."""
    device.close()
    forget_later(device.home)
    is_file_older = world.releases.random() < _FILE_IS_OLDER and take_down(device.home)
    device.schema = SCHEMA_VERSION
    world.acts["upgrade_a_program"] += 1
    world.tell(f"    {device.name} is upgraded{', its file too' if is_file_older else ''}")
    world.live(device, lambda: None, dies_after=dies_after)
    world.look_at(device, "upgraded")


def upgrade_the_server(world: World) -> None:
    """The server gets the new release; until then it answers new programs that it is too old for them."""
    if world.server.is_older:
        world.tell("    the server is upgraded")
        world.acts["upgrade_the_server"] += 1
        world.server.upgrade()


def rounds_of_upgrade(world: World) -> dict[str, int]:
    """In which round of coming to rest each older program is upgraded; those that are not named stay old."""
    return {
        device.name: world.releases.choice(_LATER_ROUNDS)
        for device in world.devices
        if device.is_older and world.releases.random() >= _STAYS_OLD
    }


def _cycle(engine: SyncEngine) -> None:
    engine.cycle()
