"""Steps that happen rarely and hurt: backups that are restored, failovers, copied folders, lost and revoked devices.

Each notes what nothing holds any more (``debts``), so that everything else must still come back.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace

from desktop.replica.identity import identity_of
from desktop.sync.device_key import public_key_text
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import enrol
from shared.errors import UserError
from shared.schema.registry import SCHEMA_VERSION
from sync_server.devices import service as devices
from sync_server.devices.joining_service import make_enrol_code
from sync_server.snapshots import service as snapshots
from tests.helpers.older_schema import OLDER
from tests.simulation import devices_disk
from tests.simulation.debts import settle_debts
from tests.simulation.device_process import DeviceProcess
from tests.simulation.older_program import begin_older
from tests.simulation.server_process import Loss
from tests.simulation.stage import SERVER_URL, SETTINGS, restamp
from tests.simulation.world import World

BACKUPS_MAX = 2
DEVICES_MAX = 6


def back_up_the_server(world: World) -> None:
    """A copy of the database is put aside."""
    if len(world.server.backups) < BACKUPS_MAX:
        world.tell("    the server is backed up")
        world.server.back_up()
        world.ensure_server()


def restore_the_server(world: World) -> None:
    """The database becomes an older one: by a restore, by a failover that lost commits, or on a machine set up anew."""
    if not world.server.backups:
        return back_up_the_server(world)
    how = world.dice.choice((Loss.RESTORE, Loss.FAILOVER, Loss.REBUILD))
    if how is Loss.FAILOVER and not world.server.of_this_history:
        how = Loss.RESTORE  # A standby follows the present history.
    backup = world.dice.choice(world.server.of_this_history if how is Loss.FAILOVER else world.server.backups)
    if world.dice.random() < 0.4:
        lose_a_device(world)  # The fire took both: what that device had sent is only with those who fetched it.
    world.acts[f"the server {how} a backup"] += 1
    world.server.restore(backup, how)
    for device in world.devices:
        if device.is_revoked and how is not Loss.RESTORE:
            _revoke(world, device)  # Another machine's home does not know; whoever sets it up must say so again.
    lost = settle_debts(world)
    world.tell(f"    the server {how} {backup}; {lost} are gone")
    return None


def copy_a_folder(world: World) -> None:
    """A device's folder is copied, and both run. Now and then nothing on the machine tells the copy from the first."""
    device = world.dice.choice([each for each in world.devices if not each.is_revoked])
    if len(world.devices) >= DEVICES_MAX or device.is_copied:
        return
    copy = world.new_device(f"{device.name}-copy", device.store, device.kind, device.clock.now())
    copy.schema = device.schema
    devices_disk.put_back(copy.home.folder, devices_disk.image_of(device.home.folder))
    device.is_copied = copy.is_copied = True
    is_perfect = world.dice.random() < 0.3
    if is_perfect:
        restamp(copy.home)
        world.note_perfect_copy(device)
        copy.may_repeat_numbers = True
    world.tell(f"    the folder of {device.name} is copied{', perfectly' if is_perfect else ''}")
    world.start(copy)


def keep_a_folder(world: World) -> None:
    """Somebody backs up a device's folder."""
    device = world.dice.choice(world.devices)
    if not device.is_revoked:
        keep_a_folder_of(world, device)


def keep_a_folder_of(world: World, device: DeviceProcess) -> None:
    """The same for this device."""
    world.tell(f"    the folder of {device.name} is backed up")
    device.backup = devices_disk.image_of(device.home.folder)


def put_a_folder_back(world: World) -> None:
    """An old copy of a device's folder takes the place of the present one; what only that held is gone."""
    kept = [device for device in world.devices if device.backup is not None and not device.is_revoked]
    if not kept:
        return keep_a_folder(world)
    put_back_folder_of(world, world.dice.choice(kept), is_perfect=world.dice.random() < 0.3)
    return None


def put_back_folder_of(world: World, device: DeviceProcess, *, is_perfect: bool) -> None:
    """The same for this device; perfectly: nothing on the machine can tell."""
    image, device.backup = device.backup, None
    assert image is not None
    device.close()
    for path in sorted(device.home.folder.rglob("*")):
        if path.is_file() and not is_perfect:
            path.unlink()  # Files that are written anew are other files, as after any restore.
    devices_disk.put_back(device.home.folder, image)
    world.watcher.forget(device)
    world.tell(f"    the folder of {device.name} is put back{', perfectly' if is_perfect else ''}")
    world.start(device)
    if is_perfect:
        world.note_perfect_copy(device)
    world.ensure_server()
    world.tell(f"    {settle_debts(world)} are gone")


def lose_a_device(world: World) -> None:
    """A device falls into the sea: what only it held is gone, and what others hold is not."""
    device = world.dice.choice(world.devices)
    if len(world.devices) < 3 or device.is_revoked or world.acts["lost"] or world.dice.random() < 0.5:
        return
    world.acts["lost"] += 1
    device.close()
    world.devices.remove(device)
    world.ensure_server()
    world.tell(f"    {device.name} is lost; {settle_debts(world)} are gone")


def revoke_a_device(world: World) -> None:
    """The server no longer lets a device in."""
    device = world.dice.choice(world.devices)
    if (
        not world.server.is_up
        or device.is_revoked
        or device.is_copied
        or world.acts["revoked"]
        or world.dice.random() < 0.5
    ):
        return
    world.acts["revoked"] += 1
    _revoke(world, device)
    device.is_revoked = True
    world.tell(f"    {device.name} is revoked")


def _revoke(world: World, device: DeviceProcess) -> None:
    with device.looking() as replica:
        device_id = identity_of(replica).device_id
    with world.stage.database.writing() as connection, suppress(UserError):
        devices.revoke(connection, world.stage.clock, device_id)
    world.server.look_at_history()


def join_a_device(world: World) -> None:
    """A new till joins; it starts from a snapshot file where there is one."""
    if len(world.devices) >= DEVICES_MAX or not world.server.is_up:
        return
    # Counted, never taken from those that are left: a device that was lost must not lend its home to another.
    world.joined += 1
    device = world.new_device(f"till-new-{world.joined}", "HS", "till", world.stage.clock.now())
    device.schema = OLDER if world.is_drawn_older() else SCHEMA_VERSION
    enrol_home(world, device)
    world.tell(f"    {device.name} joins{', an older program' if device.is_older else ''}")
    world.start(device)


def enrol_home(world: World, device: DeviceProcess) -> None:
    """Join a home, new or known, by a fresh code."""
    with world.stage.database.writing() as connection:
        code = make_enrol_code(connection, world.stage.clock, store_code=device.store, kind=device.kind)
    with (
        world.stage.lines.speaking(device.name, world.server.call),
        closing(HttpEnrolmentDesk(SERVER_URL)) as desk,
    ):
        enrol(
            device.home,
            SETTINGS,
            desk,
            code,
            public_key_text=public_key_text,
            clock=device.clock,
            ids=device.ids,
        )
    if device.is_older:
        begin_older(device.home)


def build_snapshots(world: World) -> None:
    """Snapshot files are built for those who come."""
    if not world.server.is_up:
        return
    shelf, database = world.stage.app.state.snapshots, world.stage.database
    with database.reading() as connection:
        wanted = snapshots.wanted_everywhere(connection, shelf, rows_min=1)
    if world.has_older and not world.server.is_older:
        wanted = [*wanted, *(replace(wish, schema=OLDER) for wish in wanted)]
    for wish in wanted:
        snapshots.build(database, shelf, wish, world.stage.clock)
    world.tell(f"    {len(wanted)} snapshot files are built")


def empty(device: DeviceProcess) -> bool:
    """Whether a device has never been in step, so that nobody can sell on it."""
    with device.looking() as replica:
        return identity_of(replica).consistent_at is None
