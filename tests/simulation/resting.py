"""Coming to rest (I14): no more trouble, operators do what operators do, and devices cycle until nothing moves."""

from __future__ import annotations

from desktop.replica.identity import identity_of
from desktop.sync.cycle import CycleReport
from sync_server.sync import quarantine_service
from tests.simulation import devices_disk
from tests.simulation.device_process import DeviceProcess
from tests.simulation.disasters import enrol_home
from tests.simulation.upgrades import rounds_of_upgrade, upgrade, upgrade_the_server
from tests.simulation.world import Broken, World

ROUNDS_MAX = 15


def come_to_rest(world: World) -> int:
    """Everything late arrives, everybody starts, and cycles until nothing moves; gives the rounds it took.

    Raises:
        Broken: I14 when it does not come to rest.
    """
    world.weather.is_calm = True
    world.inside(lambda: None)
    upgrade_the_server(world)
    upgrades = rounds_of_upgrade(world)
    world.ensure_server()
    world.network.deliver_due(all_of_them=True)
    for rounds in range(1, ROUNDS_MAX + 1):
        world.tell(f"--- round {rounds}")
        world.pass_time(61)
        for device in world.devices:
            if upgrades.get(device.name) == rounds:
                upgrade(world, device)
        _work_behind(world)
        reports = [world.cycle(device) for device in world.devices if not device.is_revoked]
        is_changed = _look_after_outcasts(world)
        _work_behind(world)
        is_changed |= rounds <= max(upgrades.values(), default=0)
        if not is_changed and all(_is_at_rest(report) for report in reports):
            return rounds
    stuck = {device.name: device.last_failure for device in world.devices if device.last_failure}
    raise Broken("I14", f"nothing came to rest within {ROUNDS_MAX} rounds: {stuck}")


def _is_at_rest(report: CycleReport | None) -> bool:
    return report is not None and report.is_consistent and not report.sent and not report.received


def _work_behind(world: World) -> None:
    world.server.look_at_history()
    world.server.sweep()
    world.server.bring_levels_up()


def _look_after_outcasts(world: World) -> bool:
    """What operators do: let in again whom a restored server has forgotten, take what revoked devices handed in."""
    is_changed = False
    for device in world.devices:
        if device.is_revoked:
            world.cycle(device)
            is_changed |= _take_in(world, device)
        elif device.last_failure == "device_unknown":
            _let_in_again(world, device)
            is_changed = True
    return is_changed


def _let_in_again(world: World, device: DeviceProcess) -> None:
    """Its home joins anew with everything in it, as after any restore to a time before it first joined."""
    world.tell(f"    {device.name} joins again")
    device.close()
    with devices_disk.unseen():
        enrol_home(world, device)
    world.start(device)


def _take_in(world: World, device: DeviceProcess) -> bool:
    with device.looking() as replica:
        device_id = identity_of(replica).device_id
    with world.server.reading() as connection:
        waiting = {each.device_id: each.waiting for each in quarantine_service.handed_in(connection)}
    if not waiting.get(device_id) or world.seed % 2:
        return False
    done = quarantine_service.apply(world.stage.database, device_id)
    world.tell(f"    what {device.name} handed in is applied: {done.applied}")
    return True
