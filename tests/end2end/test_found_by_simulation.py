"""What the simulator found, as the shortest story that shows it; each was a failing seed first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from unittest import mock

import pytest
from sqlalchemy import text

from desktop.sync import push_lane
from desktop.usecases.create_product import NewProduct, create_product
from desktop.usecases.edit_product import edit_product
from tests.simulation import devices_disk, disasters, invariants, resting
from tests.simulation.acts import cash_in, count_stock, rename_product
from tests.simulation.debts import settle_debts
from tests.simulation.device_process import DeviceProcess
from tests.simulation.resting import come_to_rest
from tests.simulation.small_shop import shop_id
from tests.simulation.stage import Stage, open_stage, restamp
from tests.simulation.upgrades import upgrade
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
    made.has_older = False
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


def test_given_a_till_that_was_lost_when_another_joins_then_it_has_a_home_of_its_own(world: World) -> None:
    # Seed 4006: names were counted from the devices that are left, and two tills came to lie in one home.
    for _ in range(2):
        disasters.join_a_device(world)
    lost = world.devices[0]
    lost.close()
    world.devices.remove(lost)
    disasters.join_a_device(world)
    assert len({device.home.folder for device in world.devices}) == len(world.devices)
    come_to_rest(world)
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


def test_given_an_older_program_when_it_offers_what_was_lost_then_what_it_does_not_know_stays(world: World) -> None:
    # What an older program offers lacks the brand: filled up with nothing, it took the brand from the server's row.
    older, office = _older_till(world), world.devices[3]
    product = shop_id("product", "OAT")
    world.server.back_up()
    world.ensure_server()
    world.live(office, lambda: edit_product(office.office.desk(), product, {"name": "Oat drink, 1 l"}))
    world.look_at(office, "renamed")
    world.cycle(office)
    world.cycle(older)
    for device in [each for each in world.devices if each is not older]:
        device.close()
        world.devices.remove(device)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    _rest_without_upgrades(world)
    assert _product(world, product) == ("Oat drink, 1 l", "Maker 0")
    invariants.check_all(world)


def test_given_a_program_just_upgraded_when_it_offers_what_was_lost_before_the_rest_has_come_then_nothing_is_emptied(
    world: World,
) -> None:
    # Its rows have the columns that the program has learnt of, and nothing in them yet.
    older, office = _older_till(world), world.devices[3]
    product = shop_id("product", "OAT")
    world.server.back_up()
    world.ensure_server()
    world.live(office, lambda: edit_product(office.office.desk(), product, {"name": "Oat drink, 1 l"}))
    world.look_at(office, "renamed")
    world.cycle(office)
    world.cycle(older)
    for device in [each for each in world.devices if each is not older]:
        device.close()
        world.devices.remove(device)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    upgrade(world, older)
    come_to_rest(world)
    assert _product(world, product) == ("Oat drink, 1 l", "Maker 0")
    invariants.check_all(world)


def test_given_an_older_program_that_offers_first_when_the_one_who_made_it_sends_it_again_then_nothing_is_missing(
    world: World,
) -> None:
    older, office = _older_till(world), world.devices[3]
    world.server.back_up()
    world.ensure_server()
    made: list[uuid.UUID] = []

    def make() -> None:
        tax = {"tax_category_id": shop_id("tax_category", "ZERO"), "name": "Rye", "brand": "Mill"}
        made.append(create_product(office.office.desk(), NewProduct("RYE", tax)).product_id)

    world.live(office, make)
    world.look_at(office, "made")
    world.cycle(office)
    world.cycle(older)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    for _ in range(2):
        world.cycle(older)
    _rest_without_upgrades(world)
    assert _product(world, made[0]) == ("Rye", "Mill")
    invariants.check_all(world)


def test_given_a_count_of_the_former_program_when_the_upgraded_one_sends_it_again_to_a_restored_server_then_it_can(
    world: World,
) -> None:
    # Seed 422: the movement that waits to be expected again has fewer columns than the program that reads it.
    older = _older_till(world)
    world.server.back_up()
    world.ensure_server()
    world.act(older, count_stock, may_die=False)
    world.cycle(older)
    upgrade(world, older)
    world.server.restore(world.server.backups[0])
    settle_debts(world)
    come_to_rest(world)
    assert any(deed.entity == "stock_movement" for deed in world.journal.owed())
    invariants.check_all(world)


def _older_till(world: World) -> DeviceProcess:
    with mock.patch.object(World, "is_drawn_older", return_value=True):
        disasters.join_a_device(world)
    older = world.devices[-1]
    assert older.is_older
    world.cycle(older)
    return older


def _rest_without_upgrades(world: World) -> None:
    with mock.patch.object(resting, "rounds_of_upgrade", return_value={}):
        come_to_rest(world)


def _product(world: World, product: uuid.UUID) -> tuple[str, str]:
    with world.server.reading() as connection:
        row = connection.execute(text("SELECT name, brand FROM product WHERE id = :id"), {"id": product}).one()
    return row.name, row.brand
