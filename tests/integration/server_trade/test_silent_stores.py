"""A store that is not heard promises only from rights; what its tills sold meanwhile becomes tasks, not lost sales."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import insert, text

from shared.clock import MICROSECONDS_PER_SECOND
from shared.schema.stores import Setting
from shared.stock import Level, may_promise, rights_of
from sync_server.chain import service as chain
from sync_server.db.sessions import Database
from sync_server.inventory import lease_service, reconciliation_service
from sync_server.inventory import service as inventory
from tests.helpers.protocol_device import ids
from tests.integration.server_trade.shop_questions import one

MINUTE = 60 * MICROSECONDS_PER_SECOND
NOW = 1_800_000_000_000_000
DAY = dt.date(2026, 11, 21)


class Branch:
    """A store of its own with tills that speak when a test says so."""

    def __init__(self, shop: Database) -> None:
        self.shop, self.id, self.tills = shop, ids.new(), [ids.new(), ids.new()]
        with shop.writing() as connection:
            for number, till in enumerate(self.tills, 1):
                connection.execute(
                    text(
                        "INSERT INTO device (id, store_id, kind, number, name, enrolled_at) "
                        "VALUES (:id, :store, 'till', :n, 'Till', 0)"
                    ),
                    {"id": till, "store": self.id, "n": number},
                )
                self._open_shift(connection, till)

    def _open_shift(self, connection: Any, till: uuid.UUID) -> None:
        values = {"id": ids.new(), "store": self.id, "till": till, "day": DAY, "by": ids.new()}
        connection.execute(
            text(
                "INSERT INTO shift (id, store_id, device_id, number, business_date, currency, opened_at, opened_by, "
                "opening_float) VALUES (:id, :store, :till, 1, :day, 'GBP', 0, :by, 0)"
            ),
            values,
        )

    def say(self, at: int, *, waiting: int = 0, till: int | None = None) -> None:
        """One till, or all of them, are heard."""
        heard = self.tills if till is None else [self.tills[till]]
        with self.shop.writing() as connection:
            for each in heard:
                connection.execute(
                    text(
                        "INSERT INTO device_seen (device_id, seen_at, incarnation, schema, waiting) "
                        "VALUES (:id, :at, :id, 2, :waiting) "
                        "ON CONFLICT (device_id) DO UPDATE SET seen_at = EXCLUDED.seen_at, waiting = EXCLUDED.waiting"
                    ),
                    {"id": each, "at": at, "waiting": waiting},
                )
            lease_service.renew_leases(connection, now=at)

    def move(self, variant: uuid.UUID, pieces: int, *, now: int = NOW) -> None:
        with self.shop.writing() as connection:
            row = inventory.LedgerRow(ids.new(), self.id, variant, pieces * 1000, "adjustment", now, DAY)
            inventory.move(connection, [row], now=now)

    def stocked(self, pieces: int) -> uuid.UUID:
        variant = ids.new()
        self.move(variant, pieces)
        return variant

    def promise(self, variant: uuid.UUID, pieces: int, *, now: int, order: uuid.UUID | None = None) -> bool:
        try:
            with self.shop.writing() as connection:
                inventory.promise(connection, self.id, order or ids.new(), [(variant, pieces * 1000)], now=now)
        except inventory.OutOfStock:
            return False
        return True

    def available(self, variant: uuid.UUID, *, now: int) -> int:
        with self.shop.reading() as connection:
            return inventory.stock_of(connection, [variant], now=now)[self.id, variant].available // 1000

    def release(self, order: uuid.UUID, *, now: int) -> None:
        with self.shop.writing() as connection:
            inventory.release(connection, order, now=now)

    def tasks(self, state: str = "needs_you") -> list[Mapping[str, Any]]:
        query = text(
            "SELECT * FROM inbox_entry WHERE kind = 'compensation' AND store_id = :store AND state = :state "
            "ORDER BY created_at, id"
        )
        with self.shop.reading() as connection:
            found = connection.execute(query, {"store": self.id, "state": state}).mappings()
            return [dict(row) for row in found]


@pytest.fixture
def branch(shop: Database) -> Iterator[Branch]:
    yield Branch(shop)
    assert inventory.verify_stock(shop).differences == ()


LAPSED = NOW + 16 * MINUTE


def test_given_a_heard_store_then_all_it_has_may_be_promised_and_once_silent_only_its_rights(branch: Branch) -> None:
    wanted = branch.stocked(20)
    branch.say(NOW)
    assert branch.available(wanted, now=NOW) == 20
    assert branch.available(wanted, now=LAPSED) == 6, "30 % of 20"
    assert not branch.promise(wanted, 7, now=LAPSED)
    assert branch.promise(wanted, 4, now=LAPSED)
    assert branch.promise(wanted, 2, now=LAPSED)
    assert not branch.promise(wanted, 1, now=LAPSED), "no new rights while it is silent"
    assert branch.available(wanted, now=LAPSED) == 0


def test_given_a_lapse_when_its_time_comes_then_no_program_has_to_notice(branch: Branch) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    assert branch.promise(wanted, 5, now=NOW + 14 * MINUTE)
    assert not branch.promise(wanted, 5, now=NOW + 15 * MINUTE)
    assert branch.promise(wanted, 1, now=NOW + 15 * MINUTE)


def test_given_rights_when_goods_come_or_hours_pass_then_there_are_no_new_ones(branch: Branch) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    assert branch.promise(wanted, 3, now=LAPSED)
    branch.move(wanted, 100)
    assert not branch.promise(wanted, 1, now=LAPSED + 600 * MINUTE)
    branch.say(LAPSED + 601 * MINUTE)
    assert branch.available(wanted, now=LAPSED + 601 * MINUTE) == 107


def test_given_less_left_than_rights_then_what_is_there_decides(branch: Branch) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    assert branch.promise(wanted, 1, now=LAPSED)
    branch.move(wanted, -8)
    assert branch.available(wanted, now=LAPSED) == 1
    assert not branch.promise(wanted, 2, now=LAPSED)


def test_given_one_till_silent_or_with_sales_left_to_send_then_the_store_is_not_heard(branch: Branch) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    branch.say(NOW + 14 * MINUTE, till=0)
    assert branch.available(wanted, now=LAPSED) == 3, "the second till may be selling unseen"
    branch.say(LAPSED, waiting=25, till=1)
    assert branch.available(wanted, now=LAPSED) == 3, "it is back, its backlog is not in"
    branch.say(LAPSED + MINUTE)
    assert branch.available(wanted, now=LAPSED + MINUTE) == 10


def test_given_two_lapses_then_rights_of_the_first_count_for_nothing_in_the_second(branch: Branch) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    first = ids.new()
    assert branch.promise(wanted, 3, now=LAPSED, order=first)
    branch.say(LAPSED)
    later = LAPSED + 16 * MINUTE
    assert branch.available(wanted, now=later) == 2, "30 % of the 7 that are free"
    assert branch.promise(wanted, 1, now=later)
    branch.release(first, now=later)
    assert branch.available(wanted, now=later) == 1, "what the first lapse gave does not come back as a right"


def test_given_an_order_from_rights_when_cancelled_then_its_rights_are_there_again(branch: Branch) -> None:
    wanted, order = branch.stocked(10), ids.new()
    branch.say(NOW)
    assert branch.promise(wanted, 3, now=LAPSED, order=order)
    branch.release(order, now=LAPSED)
    branch.release(order, now=LAPSED)
    assert branch.available(wanted, now=LAPSED) == 3


def test_given_a_store_without_tills_or_a_last_till_revoked_then_nothing_is_frozen(branch: Branch) -> None:
    wanted = branch.stocked(4)
    assert branch.available(wanted, now=LAPSED) == 4
    branch.say(NOW)
    assert branch.available(wanted, now=LAPSED) == 1
    with branch.shop.writing() as connection:
        connection.execute(text("UPDATE device SET revoked_at = 1 WHERE store_id = :s"), {"s": branch.id})
        lease_service.renew_leases(connection, now=LAPSED)
    assert branch.available(wanted, now=LAPSED) == 4


def test_given_another_share_when_set_then_it_holds_for_products_not_measured_yet(branch: Branch) -> None:
    measured, fresh = branch.stocked(10), branch.stocked(10)
    branch.say(NOW)
    assert branch.promise(measured, 1, now=LAPSED)
    try:
        with branch.shop.writing() as connection:
            chain.set_setting(connection, "web_share_percent", "50")
            lease_service.renew_leases(connection, now=LAPSED)
        assert (branch.available(measured, now=LAPSED), branch.available(fresh, now=LAPSED)) == (2, 5)
    finally:
        with branch.shop.writing() as connection:
            chain.set_setting(connection, "web_share_percent", "30")


def test_given_a_share_of_the_store_itself_then_it_counts_before_the_chains_and_only_there(shop: Database) -> None:
    one, other = Branch(shop), Branch(shop)
    stocked = [(branch, branch.stocked(10)) for branch in (one, other)]
    with shop.writing() as connection:
        connection.execute(insert(Setting).values(id=ids.new(), store_id=one.id, key="web_share_percent", value=70))
    for branch in (one, other):
        branch.say(NOW)
    assert [branch.available(wanted, now=LAPSED) for branch, wanted in stocked] == [7, 3]


@pytest.mark.scenario("Balegas et al., bounded counter", "rights given out and promises never exceed what there was")
def test_given_any_trade_of_a_silent_store_then_sql_says_what_the_trade_says_and_rights_and_promises_fit(
    branch: Branch,
) -> None:
    dice = random.Random(41)
    for _ in range(12):
        pieces = dice.randrange(0, 12)
        wanted = branch.stocked(pieces)
        branch.say(NOW)
        reserved, on_hand, left = 0, pieces * 1000, None
        if dice.random() < 0.5:
            reserved += 1000 * branch.promise(wanted, 1, now=NOW)
        granted = 0
        for _ in range(8):
            if dice.random() < 0.3:
                branch.move(wanted, -1)
                on_hand -= 1000
                continue
            quantity = 1000 * dice.randrange(1, 4)
            available = Level(on_hand, reserved).available
            rights = rights_of(available, 30) if left is None else left
            expected = may_promise(quantity, available, rights)
            assert branch.promise(wanted, quantity // 1000, now=LAPSED) is expected
            if expected:
                if left is None:
                    granted = rights
                    assert reserved + granted <= on_hand, "at the grant, rights and promises fit into what there is"
                left, reserved = rights - quantity, reserved + quantity
                assert rights_row(branch, wanted) == (granted, left)


def rights_row(branch: Branch, variant: uuid.UUID) -> tuple[int, int]:
    query = text("SELECT rights_granted, rights_left FROM stock_balance WHERE store_id = :s AND variant_id = :v")
    with branch.shop.reading() as connection:
        row = connection.execute(query, {"s": branch.id, "v": variant}).one()
    return row.rights_granted, row.rights_left


def test_given_sales_of_an_offline_till_when_they_arrive_then_the_newest_orders_are_tasks_and_close_by_themselves(
    branch: Branch,
) -> None:
    wanted = branch.stocked(5)
    orders = [place_order(branch, wanted, 2, placed_at=NOW + turn) for turn in range(2)]
    assert branch.tasks() == []
    branch.move(wanted, -2)
    (task,) = branch.tasks()
    assert (task["entity_id"], json.loads(task["mine"])) == (
        orders[1],
        {"missing": "1", "promised": "2", "variant_id": str(wanted)},
    )
    assert "1 of the 2 promised" in task["reason"]
    branch.move(wanted, -3)
    assert [each["entity_id"] for each in branch.tasks()] in ([orders[0], orders[1]], [orders[1], orders[0]])
    branch.move(wanted, 2)
    assert [each["entity_id"] for each in branch.tasks()] == [orders[1]], "the older order can be kept again"
    branch.release(orders[1], now=NOW)
    assert branch.tasks() == []
    assert {json.loads(each["decision"])["take"] for each in branch.tasks("decided")} == {"theirs"}
    assert one(branch.shop, "SELECT count(*) FROM broken_promise WHERE store_id = :s", s=branch.id) == 0


def place_order(branch: Branch, variant: uuid.UUID, pieces: int, *, placed_at: int) -> uuid.UUID:
    """An order that is there, with its promise."""
    order = ids.new()
    with branch.shop.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO customer_order (id, store_id, number, channel, reference, customer_name, state, currency, "
                "net_total, tax_total, total, placed_at, changed_at) "
                "VALUES (:id, :s, 'W9', 'web', '', '', 'placed', 'GBP', 0, 0, 0, :at, :at)"
            ),
            {"id": order, "s": branch.id, "at": placed_at},
        )
    assert branch.promise(variant, pieces, now=NOW, order=order)
    return order


Spoil = Callable[[Database, uuid.UUID, uuid.UUID], None]


def _run(statement: str) -> Spoil:
    def spoil(shop: Database, store: uuid.UUID, variant: uuid.UUID) -> None:
        with shop.writing() as connection:
            connection.execute(text(statement), {"s": store, "v": variant})

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        _run("UPDATE stock_balance SET on_hand = on_hand + 5000 WHERE store_id = :s AND variant_id = :v"),
        _run("UPDATE stock_balance SET reserved = 0 WHERE store_id = :s AND variant_id = :v"),
        _run("UPDATE stock_balance SET ledger_position = 77 WHERE store_id = :s AND variant_id = :v"),
        _run("UPDATE stock_balance SET damaged = 1000 WHERE store_id = :s AND variant_id = :v"),
        _run("UPDATE stock_balance SET rights_left = 9000 WHERE store_id = :s AND variant_id = :v"),
        _run("UPDATE stock_level SET on_hand = 1 WHERE store_id = :s AND variant_id = :v"),
        _run("DELETE FROM stock_balance WHERE store_id = :s AND variant_id = :v"),
        _run("DELETE FROM stock_level WHERE store_id = :s AND variant_id = :v"),
    ],
    ids=["on_hand", "reserved", "position", "damaged", "rights", "level", "no_balance", "no_level"],
)
def test_given_a_stock_figure_spoilt_in_the_database_then_the_round_finds_reports_and_repairs_it(
    branch: Branch, spoil: Spoil
) -> None:
    wanted = branch.stocked(10)
    branch.say(NOW)
    assert branch.promise(wanted, 2, now=LAPSED)
    assert inventory.verify_stock(branch.shop).differences == ()
    spoil(branch.shop, branch.id, wanted)
    with branch.shop.reading() as connection:
        before = reconciliation_service.standing_round(connection)
    repaired = 0
    for _ in range(300):
        repaired += reconciliation_service.compare_slice(branch.shop, rows=40)
        with branch.shop.reading() as connection:
            standing = reconciliation_service.standing_round(connection)
        if standing.rounds >= before.rounds + 2:
            break
    assert repaired == 1
    assert standing.repaired == before.repaired + 1
    assert inventory.verify_stock(branch.shop).differences == ()
    assert one(branch.shop, "SELECT on_hand FROM stock_level WHERE variant_id = :v", v=wanted) == 10_000
    told = "SELECT count(*) FROM inbox_entry WHERE kind = 'discrepancy' AND entity_id = :v AND state = 'settled'"
    assert one(branch.shop, told, v=wanted) == 1


def test_given_a_round_while_tills_sell_and_the_web_buys_then_it_finds_nothing(branch: Branch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    several = [branch.stocked(50) for _ in range(4)]

    def trade(turn: int) -> None:
        dice = random.Random(turn)
        for _ in range(25):
            wanted, order = dice.choice(several), ids.new()
            branch.move(wanted, -1)
            if branch.promise(wanted, 1, now=NOW, order=order) and dice.random() < 0.5:
                branch.release(order, now=NOW)

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(trade, turn) for turn in range(3)]
        found = 0
        while not all(job.done() for job in jobs):
            found += reconciliation_service.compare_slice(branch.shop, rows=1000)
        for job in jobs:
            job.result()
    assert found == 0
