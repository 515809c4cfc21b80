"""Which step comes next: drawn from the seed, weighted, until the seed's number of steps is made.

To add a fault that is not one of the line: a function that takes the world, and its weight in ``STEPS``.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

from sqlalchemy import text

from sync_server.chain import service as chain
from sync_server.inventory.keeper import keep
from tests.simulation import disasters, upgrades
from tests.simulation.acts import OFFICE_ACTS, TILL_ACTS, Act, change_customer, rename_product
from tests.simulation.device_process import DeviceProcess
from tests.simulation.weather import Fault
from tests.simulation.world import Broken, World

STEPS_MIN, STEPS_MAX = 30, 70

Step = Callable[[World], None]


def make_step(world: World) -> None:
    """Make one step."""
    world.next_step()
    if not world.server.is_up and world.dice.random() < 0.5:
        world.ensure_server()
    steps = [*STEPS, *(each for each in DISASTERS if each[0].__name__ in world.weather.disasters)]
    if world.has_older:
        steps += UPGRADES
    step = world.dice.choices([each for each, _ in steps], [weight for _, weight in steps])[0]
    step(world)


def act_somewhere(world: World) -> None:
    """Somebody does something."""
    device = _device(world)
    if not device.is_revoked and not disasters.empty(device):
        world.act(device, _act_for(device, world.dice), may_die=True)


def cycle_somewhere(world: World) -> None:
    """A device syncs; on the way something else may happen."""
    device = _device(world)
    other = world.dice.choice(world.devices)

    def meanwhile() -> None:
        if device.is_revoked or disasters.empty(device) or other not in world.devices:
            return
        if other is device or other.is_revoked or disasters.empty(other):
            world.act(device, _act_for(device, world.dice), may_die=False)
        else:
            world.act(other, _act_for(other, world.dice), may_die=False)
            world.cycle(other)

    world.inside(meanwhile)
    world.cycle(device, may_die=True)


def disagree(world: World) -> None:
    """Two devices edit the same few things; one is through, the other fetches that while its own edit still waits."""
    able = [each for each in world.devices if not each.is_revoked and not disasters.empty(each)]
    if len(able) < 2 or not world.server.is_up:
        return
    first, second = world.dice.sample(able, 2)
    act = world.dice.choice((rename_product, change_customer))
    for device in (first, second):
        world.act(device, act, may_die=False)
    world.inside(lambda: None)
    world.cycle(first)
    world.network.forced["/sync/push"] = Fault.FAILED
    world.cycle(second, may_die=True)
    world.network.forced.clear()


def order_on_the_web(world: World) -> None:
    """The web shop sells; what was granted must have been there (I4), unless somebody sold it in the same moment."""
    world.inside(lambda: None)
    before, late = set(_held(world)), len(world.network.on_its_way)
    world.tell(f"    web: {world.web.place()}")
    if late:
        return
    for place, available in _held(world).items():
        if place not in before and available < 0:
            raise Broken("I4", f"{place[1]} was promised to {place[0]}, and {-available} of it is not there")


def _held(world: World) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """What is available of each (order, variant) that is held."""
    if not world.server.is_up:
        return {}
    with world.server.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT r.order_id, r.variant_id, b.on_hand - b.reserved - b.damaged - b.in_quality_control AS available "
                "FROM reservation r JOIN stock_balance b USING (store_id, variant_id) WHERE r.state = 'held'"
            )
        )
        return {(row.order_id, row.variant_id): row.available for row in rows}


def move_an_order(world: World) -> None:
    """An order is collected or cancelled."""
    world.inside(lambda: None)
    world.tell(f"    web: {world.web.move()}")


def pass_time(world: World) -> None:
    """Minutes, hours or days go by."""
    seconds = world.dice.choice((20, 300, 1_200, 3_600, 26 * 3_600))
    world.tell(f"    {seconds} s go by")
    world.pass_time(seconds)


def jump_a_clock(world: World) -> None:
    """A device's clock is set wrong; the server's is not."""
    device = world.dice.choice(world.devices)
    seconds = world.dice.choice((-3 * 86_400, -3_600, 3_600, 3 * 86_400))
    world.tell(f"    the clock of {device.name} jumps by {seconds} s")
    device.clock.advance(seconds)


def work_in_the_background(world: World) -> None:
    """What the server's threads do."""
    if world.server.is_up:
        world.server.look_at_history()
        world.server.sweep()
        world.server.bring_levels_up()
        if world.dice.random() < 0.3:
            keep(world.stage.database)


def tidy(world: World) -> None:
    """Old marks go; who stands at one starts the scope anew."""
    if world.server.is_up and world.dice.random() < 0.4:
        world.tell("    old marks are pruned")
        world.server.tidy(world.dice.choice((0, 2)))


def kill_a_device(world: World) -> None:
    """A device's program ends between two steps."""
    device = world.dice.choice(world.devices)
    world.tell(f"    {device.name} is killed")
    device.kill_now()
    is_power_cut = world.dice.random() < 0.5
    device.bury(is_power_cut=is_power_cut)
    if is_power_cut:
        world.watcher.forget(device)
    world.live(device, lambda: None)
    world.look_at(device, "killed")


def restart_the_server(world: World) -> None:
    """The server's process ends and may be away for some steps."""
    world.tell("    the server is killed")
    world.server.stop()


def change_sharing(world: World) -> None:
    """Tills may see every store, or no longer."""
    if world.server.is_up:
        is_shared = world.dice.random() < 0.5
        world.tell(f"    stores are {'shared' if is_shared else 'kept apart'}")
        with world.stage.database.writing() as connection:
            chain.set_setting(connection, "share_across_stores", str(is_shared).lower())


def _device(world: World) -> DeviceProcess:
    return world.dice.choice(world.devices)


def _act_for(device: DeviceProcess, dice: random.Random) -> Act:
    acts = TILL_ACTS if device.kind == "till" else OFFICE_ACTS
    return dice.choices([each for each, _ in acts], [weight for _, weight in acts])[0]


STEPS: tuple[tuple[Step, int], ...] = (
    (act_somewhere, 45),
    (cycle_somewhere, 28),
    (disagree, 5),
    (order_on_the_web, 8),
    (move_an_order, 4),
    (pass_time, 5),
    (work_in_the_background, 8),
    (jump_a_clock, 2),
    (tidy, 2),
    (kill_a_device, 2),
    (restart_the_server, 2),
    (change_sharing, 4),
)
UPGRADES: tuple[tuple[Step, int], ...] = (
    (upgrades.upgrade_a_program, 4),
    (upgrades.upgrade_the_server, 5),
)
DISASTERS: tuple[tuple[Step, int], ...] = (
    (disasters.back_up_the_server, 3),
    (disasters.restore_the_server, 3),
    (disasters.copy_a_folder, 2),
    (disasters.keep_a_folder, 3),
    (disasters.put_a_folder_back, 3),
    (disasters.lose_a_device, 1),
    (disasters.revoke_a_device, 1),
    (disasters.join_a_device, 2),
    (disasters.build_snapshots, 3),
)
