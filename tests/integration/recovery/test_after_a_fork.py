"""A device that began to count anew, and a server put back to before that: what either life sent is there, once."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

from desktop.replica import outbox
from desktop.replica.identity import identity_of, start_new_incarnation
from desktop.sync.pull_lane import PullLane
from shared.clock import SystemClock
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.operations import arguments_hash, encode_arguments
from shared.sync.wire import PushRequest, SentMutation
from tests.helpers.postgres import PostgresCluster
from tests.helpers.restorable_shop import (
    CANDLE,
    LOAF,
    Desk,
    ServedDatabase,
    backed_up,
    count_rows,
    joined,
    restore,
    settle,
)


def _break(desk: Desk, sku: str) -> None:
    """Write a piece off by hand."""
    variant_id = desk.variant_id(sku)
    with desk.replica.write() as unit:
        me = identity_of(unit.connection)
        row: dict[str, object] = {"id": unit.ids.new(), "store_id": me.store_id, "variant_id": variant_id}
        row |= {"quantity": -1_000, "reason": "damage", "at": unit.clock.now(), "business_date": dt.date(2026, 11, 21)}
        row |= {"device_id": me.device_id, "user_id": me.device_id, "note": "Dropped"}
        number = unit.record("stock_movement", row)
        unit.expect_stock(number, [(me.store_id, variant_id, -1_000)])


def test_given_two_lives_of_a_device_when_the_server_is_put_back_to_before_the_first_then_both_come_back_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till_desk, joined(shop, tmp_path, kind="office") as office:
        till = till_desk.till()
        till_desk.sync()
        with backed_up(shop, postgres.url) as backup:
            till.scan(CANDLE)
            till.exact_cash()
            first = till_desk.put_cash()
            _break(till_desk, CANDLE)
            till_desk.rename(LOAF, "Name of the first life")
            settle(shop, till_desk)
            with till_desk.replica.write() as unit:
                start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
            series = till_desk.me.receipt_series
            till.scan(CANDLE)
            till.exact_cash()
            second = till_desk.put_cash()
            till_desk.describe(LOAF, "Words of the second life")
            settle(shop, till_desk)
            stock = till_desk.shown_stock(CANDLE)
            restore(shop, postgres.url, backup)
        assert count_rows(shop, "cash_movement") == 0
        settle(shop, till_desk, office)
        assert office.cash() == till_desk.cash() == {first, second}
        assert count_rows(shop, "sale") == 2
        assert count_rows(shop, "stock_movement", "reason = 'sale'") == 2
        assert count_rows(shop, "stock_movement", "reason = 'damage'") == 1, "what no scope holds comes by its mutation"
        assert office.product(LOAF) == till_desk.product(LOAF) == ("Name of the first life", "Words of the second life")
        assert till_desk.shown_stock(CANDLE) == stock
        assert till_desk.me.receipt_series == series, "nobody else writes receipts of this series"
        assert count_rows(shop, "inbox_entry") == 0


def test_given_a_copy_that_was_refused_under_a_number_when_the_other_fetches_first_then_its_own_work_is_not_refused(
    shop: ServedDatabase, tmp_path: Path
) -> None:
    # Seed 2226: a home put back with everything that could tell; it fetched, and was told of its former life.
    with joined(shop, tmp_path) as till:
        till.put_cash()
        till.sync()
        with till.replica.read() as connection:
            next_number = outbox.last_number(connection) + 1 - till.me.outbox_base
        arguments = encode_arguments({})
        name, made_at = "nonsense.create", SystemClock().now()
        sent = SentMutation(
            next_number, uuid.uuid4().bytes, name, 1, arguments, arguments_hash(name, 1, arguments), made_at
        )
        answer = till.server.push(PushRequest(SCHEMA_VERSION, till.me.incarnation.bytes, made_at, [sent]))
        assert answer.results[0].status == "refused"
        cash = till.put_cash()
        assert [applied.is_consistent for applied in PullLane(till.replica, till.server).run()] == [True]
        with till.replica.read() as connection:
            assert outbox.pending_count(connection) == 1
        settle(shop, till)
        assert cash in till.cash()
        assert count_rows(shop, "cash_movement") == 2
