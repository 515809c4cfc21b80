"""What the simulator found, as the shortest story that shows it; each was a failing seed first."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from desktop.sync import push_lane
from tests.simulation import devices_disk, disasters, invariants
from tests.simulation.acts import cash_in, count_stock, rename_product
from tests.simulation.debts import settle_debts
from tests.simulation.resting import come_to_rest
from tests.simulation.stage import Stage, open_stage, restamp
from tests.simulation.world import World


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One stage for all stories of this module."""
    with open_stage() as opened:
        yield opened


@pytest.fixture
def world(stage: Stage) -> Iterator[World]:
    """A world in which nothing goes wrong but what a story says."""
    made = World(stage, 7)
    made.weather.is_calm = True
    with made.running():
        yield made


def test_given_a_home_put_back_when_the_server_is_restored_then_what_it_did_in_its_earlier_life_is_sent_again(
    world: World,
) -> None:
    # Seed 68: a stock movement and an edit, accepted; a new life, which counts anew; then the server loses them.
    till, office = world.devices[0], world.devices[-1]
    world.server.back_up()
    world.ensure_server()
    for device, act in ((till, count_stock), (office, rename_product)):
        world.act(device, act, may_die=False)
        world.cycle(device)
        disasters.keep_a_folder_of(world, device)
        disasters.put_back_folder_of(world, device, is_perfect=False)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    come_to_rest(world)
    assert any(deed.entity == "stock_movement" for deed in world.journal.owed())
    invariants.check_all(world)


def test_given_two_copies_that_share_what_waits_when_one_is_further_then_the_other_takes_nothing_unsent_for_accepted(
    world: World,
) -> None:
    # Seed 1008: the server's answer to what both had named the numbers of the first copy's later mutations.
    # A restored server begins the succession anew, so nothing but the numbers tells the two apart.
    first, office = world.devices[0], world.devices[-1]
    world.act(first, cash_in, may_die=False)
    copy = world.new_device("copy", first.store, first.kind, first.clock.now())
    devices_disk.put_back(copy.home.folder, devices_disk.image_of(first.home.folder))
    restamp(copy.home)
    world.start(copy)
    for device in (first, copy):
        for _ in range(4):
            world.act(device, count_stock, may_die=False)
    world.cycle(copy)
    world.server.back_up()
    world.ensure_server()
    world.act(office, rename_product, may_die=False)
    world.cycle(office)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    with mock.patch.object(push_lane, "PUSH_MAX_MUTATIONS", 1):
        first.close()
        world.start(first)
        world.cycle(first)
    come_to_rest(world)
    invariants.check_all(world)
