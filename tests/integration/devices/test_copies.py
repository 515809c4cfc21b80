"""Copies of a device: copied, put back, cloned. No receipt number twice, nothing lost, nothing doubled."""

from __future__ import annotations

import shutil

import pytest

from desktop.replica.fingerprint import renew_fingerprint
from desktop.replica.identity import change_identity
from shared.errors import EnvironmentFailure
from shared.sales import COPY_SERIES_FIRST, parse_receipt_number
from tests.helpers.lives import Shop


def series_of(number: str) -> int:
    return parse_receipt_number(number).series


def make_a_clone(shop: Shop, name: str, to: str) -> None:
    """Copy a home so that no look at it can tell it from the original: a clone of the whole machine."""
    shop.copy(name, to)
    with shop.open(name) as original:
        was = original.identity
    with shop.open(to) as clone, clone.device.replica.write() as unit:
        change_identity(
            unit.connection,
            incarnation=was.incarnation,
            outbox_base=was.outbox_base,
            receipt_series=was.receipt_series,
            succession=was.succession,
            successor=was.successor,
        )


@pytest.mark.parametrize(("order", "lost_answers"), [(("till", "copy"), 2), (("copy", "till"), 1)])
def test_given_a_copied_folder_when_both_sell_and_send_in_either_order_then_every_sale_is_there_once(
    shop: Shop, order: tuple[str, str], lost_answers: int
) -> None:
    before, told_before = shop.receipts(), shop.shared_numbers()
    shop.join("till")
    with shop.open("till") as till:
        sold = till.sell(2)
        incarnation = till.identity.incarnation
    shop.copy("till", "copy")
    for name in order:
        with shop.open(name) as till:
            sold += till.sell(3)
    for name in order:
        with shop.open(name) as till:
            till.sync(lost_answers)
            sold += till.sell()
            till.sync()
    assert shop.receipts() == sorted([*before, *sold])
    assert len(set(sold)) == len(sold)
    assert shop.shared_numbers() == told_before
    assert shop.wrong_stock() == 0
    with shop.open("till") as till:
        assert till.identity.incarnation == incarnation, "the original goes on as it was"
        assert till.identity.receipt_series == 1
    with shop.open("copy") as copy:
        assert copy.identity.receipt_series >= COPY_SERIES_FIRST


def test_given_two_copies_of_one_copy_when_all_sell_offline_then_no_two_number_alike(shop: Shop) -> None:
    shop.join("till")
    shop.copy("till", "second")
    shop.copy("second", "third")
    sold = []
    for name in ("third", "till", "second", "third"):
        with shop.open(name) as till:
            sold += till.sell(2)
    assert len(set(sold)) == len(sold)
    assert len({series_of(number) for number in sold}) == 3


def test_given_a_copy_when_opened_again_then_it_stays_in_the_life_it_began(shop: Shop) -> None:
    shop.join("till")
    shop.copy("till", "copy")
    lives = []
    for _ in range(3):
        with shop.open("copy") as copy:
            lives.append((copy.identity.incarnation, copy.identity.receipt_series))
    assert len(set(lives)) == 1


def test_given_a_home_that_was_renamed_when_opened_then_it_goes_on_as_it_was(shop: Shop) -> None:
    shop.join("till")
    with shop.open("till") as till:
        life = till.identity.incarnation
    shop.home("till").folder.rename(shop.home("moved").folder)
    with shop.open("moved") as till:
        assert till.identity.incarnation == life


def test_given_yesterdays_folder_put_back_over_todays_when_opened_then_receipts_go_on_in_a_new_series(
    shop: Shop,
) -> None:
    before, told_before = shop.receipts(), shop.shared_numbers()
    shop.join("till")
    with shop.open("till") as till:
        sold = till.sell(2)
        till.sync()
    shop.copy("till", "backup")
    with shop.open("till") as till:
        sold += till.sell(2)
        till.sync()
    shutil.rmtree(shop.home("till").folder)
    shop.copy("backup", "till")
    with shop.open("till") as till:
        later = till.sell(2)
        till.sync(lose=1)
        assert till.till.find_receipt(sold[-1]).number == sold[-1], "what was sold after the backup came down again"
    assert {series_of(number) for number in later} != {1}
    assert shop.receipts() == sorted([*before, *sold, *later])
    assert shop.shared_numbers() == told_before


def test_given_yesterdays_replica_written_over_todays_in_place_when_opened_then_the_kept_count_tells(
    shop: Shop,
) -> None:
    shop.join("till")
    replica = shop.home("till").replica
    yesterday = replica.read_bytes()
    with shop.open("till") as till:
        sold = till.sell(2)
    inode = replica.stat().st_ino
    replica.write_bytes(yesterday)
    assert replica.stat().st_ino == inode
    with shop.open("till") as till:
        sold += till.sell(2)
    assert len(set(sold)) == 4


def test_given_a_whole_folder_written_over_in_place_keys_and_all_when_it_pushes_then_the_succession_tells(
    shop: Shop,
) -> None:
    shop.join("till")
    home = shop.home("till")
    with shop.open("till") as till:
        sold = till.sell()
        till.sync()
        life = till.identity.incarnation
    yesterday = {file: file.read_bytes() for file in (home.replica, home.secrets)}
    with shop.open("till") as till:
        sold += till.sell(2)
        till.sync()
    for file, content in yesterday.items():
        file.write_bytes(content)
    with shop.open("till") as till:
        assert till.identity.incarnation == life, "nothing tells it before it sends"
        sold += till.sell()
        till.sync(lose=1)
        assert till.identity.incarnation != life
        sold += till.sell()
        till.sync()
        assert till.till.find_receipt(sold[2]).number == sold[2], "what the server has came down again"
    assert sold[1] == sold[3]
    assert f"Receipt {sold[1]}" in shop.shared_numbers()
    assert len(set(sold)) == 4


@pytest.mark.parametrize(("order", "lost_answers"), [(("till", "clone"), 0), (("clone", "till"), 1)])
def test_given_a_clone_that_nothing_tells_when_both_push_then_the_second_begins_anew_and_a_person_is_told(
    shop: Shop, order: tuple[str, str], lost_answers: int
) -> None:
    before, told_before = shop.receipts(), shop.shared_numbers()
    shop.join("till")
    with shop.open("till") as till:
        sold = till.sell()
        till.sync()
        life = till.identity.incarnation
    make_a_clone(shop, "till", "clone")
    for name in order:
        with shop.open(name) as each:
            sold += each.sell(2)
    doubled = {number for number in sold if sold.count(number) > 1}
    assert len(doubled) == 2, "the clone sells with the same numbers: nothing can tell it before it sends"
    lives = {}
    for name in order:
        with shop.open(name) as each:
            each.sync(lost_answers)
            lives[name] = each.identity.incarnation
    for name in (*order, *order):
        with shop.open(name) as each:
            sold += each.sell()
            each.sync(lost_answers)
            assert each.identity.incarnation == lives[name], "the two do not push each other out in turn"
    assert len(set(lives.values())) == 2
    assert lives[order[0]] == life
    assert shop.receipts() == sorted([*before, *sold])
    told = [f"Receipt {number}" for number in doubled]
    assert shop.shared_numbers() == sorted([*told_before, *told])
    assert len(sold) - len(set(sold)) == 2, "no number was given twice after the clone was found"


def test_given_answers_that_are_lost_when_the_till_restarts_in_between_then_it_never_looks_like_a_fork(
    shop: Shop,
) -> None:
    shop.join("till")
    with shop.open("till") as till:
        life = till.identity.incarnation
    sold = []
    for _ in range(3):
        with shop.open("till") as till:
            sold += till.sell(2)
            till.line.lose_answers = 1
            with pytest.raises(EnvironmentFailure):
                till.engine.cycle()
    with shop.open("till") as till:
        till.sync()
        assert till.identity.incarnation == life
        assert till.identity.successor == b""
        pairs = {(each.succession, each.successor) for each in till.line.pushes}
        assert len(pairs) == 1
    assert set(sold) <= set(shop.receipts())


def test_given_a_push_then_its_successor_is_on_the_disk_before_it_is_sent_and_is_the_secret_after_the_answer(
    shop: Shop,
) -> None:
    shop.join("till")
    with shop.open("till") as till:
        till.sell()
        till.sync()
        first = till.identity.succession
        till.sell()
        till.line.lose_answers = 1
        with pytest.raises(EnvironmentFailure):
            till.engine.cycle()
        sent = till.line.pushes[-1]
        assert (sent.succession, sent.successor) == (first, till.identity.successor)
        till.sync()
        assert (till.identity.succession, till.identity.successor) == (sent.successor, b"")


def test_given_a_replica_file_that_was_swapped_in_with_its_fingerprint_when_opened_then_it_is_no_copy(
    shop: Shop,
) -> None:
    shop.join("till")
    home = shop.home("till")
    fresh = home.replica.with_name("fresh.db")
    with shop.open("till") as till:
        life = till.identity.incarnation
    shutil.copyfile(home.replica, fresh)
    with shop.open("till") as till:
        openings = till.identity.openings
    # The new file says where it lies while it still has its other name, as a snapshot that is swapped in does.
    staged = shop.home("staged")
    shutil.copytree(home.folder, staged.folder)
    shutil.copyfile(fresh, staged.replica)
    with shop.open("staged") as till, till.device.replica.write() as unit:
        change_identity(unit.connection, incarnation=life, openings=openings)
        renew_fingerprint(unit.connection, staged.replica)
    staged.replica.replace(home.replica)
    with shop.open("till") as till:
        assert till.identity.incarnation == life
