"""A server whose database was put back from a copy of its files: everything a device holds comes back, once."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

import httpx
import pytest

from desktop.replica import outbox
from desktop.replica.identity import identity_of
from sync_server.auth.service import create_api_key
from sync_server.epochs.service import history, new_epoch
from sync_server.orders import service as orders
from tests.helpers.postgres import PostgresCluster
from tests.helpers.restorable_shop import (
    CANDLE,
    LOAF,
    Desk,
    ServedDatabase,
    backed_up,
    copy_database,
    count_rows,
    joined,
    name_in,
    restore,
    settle,
)


@pytest.mark.scenario(
    "PouchDB #3999",
    "the checkpoint is on the source only, with a real server put back to an older state",
)
@pytest.mark.scenario(
    "Electric must-refetch",
    "the server was restored: clients fetch anew and nothing of theirs is lost",
)
def test_given_a_restored_copy_when_devices_sync_then_what_they_had_sent_is_there_again_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as first, joined(shop, tmp_path, kind="office") as office:
        before = first.put_cash()
        till = first.till()
        first.sync()
        with backed_up(shop, postgres.url) as backup:
            till.scan(CANDLE)
            till.exact_cash()
            lost = first.put_cash()
            office.rename(LOAF, "Loaf of the lost time")
            settle(shop, first, office)
            stock = first.shown_stock(CANDLE)
            restore(shop, postgres.url, backup)
            assert shop.database.epoch() == 2
            assert count_rows(shop, "sale") == 0
            settle(shop, first, office)
        assert count_rows(shop, "sale") == 1
        assert count_rows(shop, "stock_movement", "reason = 'sale'") == 1
        assert {before, lost} <= office.cash()
        assert office.product(LOAF)[0] == first.product(LOAF)[0] == "Loaf of the lost time"
        assert first.shown_stock(CANDLE) == stock
        assert first.me.epoch == office.me.epoch == 2
        assert count_rows(shop, "inbox_entry") == 0


def test_given_a_sale_that_only_another_till_holds_when_both_tills_offer_it_then_stock_moves_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as one, joined(shop, tmp_path) as two:
        with joined(shop, tmp_path) as gone:
            till = gone.till()
            gone.sync()
            with backed_up(shop, postgres.url) as backup:
                till.scan(CANDLE)
                till.scan(LOAF)
                till.exact_cash()
                settle(shop, gone, one, two)
                restore(shop, postgres.url, backup)
        assert len(one.sales()) == len(two.sales()) == 1
        settle(shop, one, two)
        assert count_rows(shop, "sale") == 1
        assert count_rows(shop, "sale_line") == 2
        assert count_rows(shop, "stock_movement", "reason = 'sale'") == 2
        assert len(one.sales()) == len(two.sales()) == 1


def test_given_documents_lost_with_their_author_when_devices_offer_them_then_the_latest_version_stands(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as early, joined(shop, tmp_path) as late:
        with joined(shop, tmp_path, kind="office") as author, backed_up(shop, postgres.url) as backup:
            author.rename(LOAF, "First lost name")
            settle(shop, author, early)
            author.rename(LOAF, "Second lost name")
            author.describe(CANDLE, "Lost words")
            settle(shop, author, late)
            restore(shop, postgres.url, backup)
        early.sync()
        early.sync()
        assert early.product(LOAF)[0] == "First lost name"
        settle(shop, late, early)
        assert early.product(LOAF)[0] == late.product(LOAF)[0] == "Second lost name"
        assert early.product(CANDLE)[1] == late.product(CANDLE)[1] == "Lost words"
        assert early.inbox() == []


def test_given_an_edit_since_the_restore_when_a_lost_version_comes_back_then_only_the_contradiction_is_in_the_inbox(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as holder, joined(shop, tmp_path, kind="office") as editor:
        with joined(shop, tmp_path, kind="office") as author, backed_up(shop, postgres.url) as backup:
            author.rename(LOAF, "Lost name")
            author.describe(LOAF, "Lost words")
            settle(shop, author, holder)
            restore(shop, postgres.url, backup)
        editor.rename(LOAF, "Name since the restore")
        settle(shop, editor)
        holder.sync()
        settle(shop, holder, editor)
        for desk in (holder, editor):
            assert desk.product(LOAF) == ("Name since the restore", "Lost words")
            (entry,) = desk.inbox()
            assert (entry.kind, entry.field, entry.entity_id) == ("conflict", "name", desk.product_id(LOAF))
        holder.sync()
        settle(shop, holder, editor)
        assert len(holder.inbox()) == 1


def test_given_edits_since_the_restore_of_what_was_in_the_backup_when_an_old_device_comes_then_nothing_is_asked(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as away, joined(shop, tmp_path, kind="office") as editor:
        editor.rename(LOAF, "In the backup")
        settle(shop, editor, away)
        with backed_up(shop, postgres.url) as backup:
            away.put_cash()
            settle(shop, away)
            restore(shop, postgres.url, backup)
        editor.rename(LOAF, "Since")
        settle(shop, editor, away)
        assert away.product(LOAF)[0] == "Since"
        assert away.inbox() == []


def test_given_a_backup_older_than_what_a_till_keeps_when_it_syncs_then_a_window_is_noted_once_and_it_goes_on(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till:
        with backed_up(shop, postgres.url) as backup:
            lost = [till.put_cash() for _ in range(3)]
            _move(till, CANDLE, -2_000)
            settle(shop, till)
            stock = till.shown_stock(CANDLE)
            with till.replica.write() as unit:
                assert outbox.drop_old(unit.connection, unit.clock.now() + 2 * outbox.ACCEPTED_KEPT_US) == 4
            restore(shop, postgres.url, backup)
        newer = till.put_cash()
        settle(shop, till)
        assert {*lost, newer} <= till.cash()
        assert count_rows(shop, "cash_movement") == 4
        assert count_rows(shop, "stock_movement", "reason = 'write_off'") == 1
        assert till.shown_stock(CANDLE) == stock
        assert count_rows(shop, "recovery_window", "first_number = 1 AND last_number = 4") == 1
        (entry,) = till.inbox("recovery")
        assert "1 to 4 are missing" in entry.reason
        with till.replica.write() as unit:
            unit.connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = seq + 5 WHERE name = 'outbox'")
        till.put_cash()
        failure = till.cycle.run().failure
        assert failure is not None
        assert failure.code == "push_gap"
        assert count_rows(shop, "recovery_window") == 1


def test_given_a_mutation_that_was_refused_when_sent_again_after_a_restore_then_it_stays_refused(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path) as other, backed_up(shop, postgres.url) as backup:
        taken = other.put_cash()
        settle(shop, other)
        with till.replica.write() as unit:
            me = identity_of(unit.connection)
            row = {"id": taken, "store_id": me.store_id, "device_id": me.device_id, "shift_id": me.device_id}
            row |= {"user_id": me.device_id, "kind": "paid_in", "amount": 999, "reason": "mine", "at": 1}
            unit.record("cash_movement", row)
        assert [result.code for result in till.sync().refused] == ["id_reused"]
        restore(shop, postgres.url, backup)
        till.sync()
        settle(shop, till, other)
        assert count_rows(shop, "cash_movement", "amount = 999") == 0
        assert count_rows(shop, "cash_movement") == 1
        with till.replica.read() as connection:
            assert outbox.refused_count(connection) == 1
        assert len(other.inbox("refused")) == 1


def test_given_a_sale_that_was_altered_on_a_device_when_offered_then_its_seal_keeps_it_out(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as holder:
        with joined(shop, tmp_path) as gone, backed_up(shop, postgres.url) as backup:
            till = gone.till()
            till.scan(CANDLE)
            till.exact_cash()
            settle(shop, gone, holder)
            restore(shop, postgres.url, backup)
        with holder.replica.write() as unit:
            unit.connection.exec_driver_sql("UPDATE sale SET total = total + 100")
        holder.sync()
        settle(shop, holder)
        assert count_rows(shop, "sale") == 0
        (entry,) = holder.inbox("refused")
        assert "not what was sealed" in entry.reason


def test_given_an_epoch_declared_by_hand_when_devices_sync_then_nothing_is_lost_or_doubled(
    shop: ServedDatabase, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path, kind="office") as office:
        till.put_cash()
        office.rename(LOAF, "Name")
        settle(shop, till, office)
        with shop.database.writing() as connection:
            assert new_epoch(connection, shop.database.clock, reason="A drill.") == 2
        settle(shop, till, office)
        assert count_rows(shop, "cash_movement") == 1
        assert till.me.epoch == 2
        assert till.inbox() == []
        with shop.database.reading() as connection:
            assert [(each.epoch, each.why) for each in history(connection)][-1] == (2, "A drill.")


def test_given_orders_lost_with_the_restore_when_a_till_offers_them_then_they_stand_with_their_promise(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, backed_up(shop, postgres.url) as backup:
        open_order = _order(shop, "open", CANDLE)
        done = _order(shop, "done", CANDLE)
        with shop.database.writing() as connection:
            orders.fulfil(connection, done, now=shop.database.clock.now())
        settle(shop, till)
        stock = till.shown_stock(CANDLE)
        restore(shop, postgres.url, backup)
        assert count_rows(shop, "customer_order") == 0
        till.sync()
        settle(shop, till)
        with shop.database.reading() as connection:
            states = {each: orders.order_by_id(connection, each).values["state"] for each in (open_order, done)}
            numbers = {orders.order_by_id(connection, each).values["number"] for each in (open_order, done)}
        assert states == {open_order: "placed", done: "fulfilled"}
        assert till.shown_stock(CANDLE) == stock
        assert count_rows(shop, "stock_level", "reserved = 1000") == 1
        assert len(till.inbox("recovery")) == 2
        with shop.database.reading() as connection:
            later = orders.order_by_id(connection, _order(shop, "later", LOAF)).values["number"]
        assert later not in numbers
        assert sorted(numbers) == ["W000001", "W000002"]
        assert later.startswith("W2-")


def test_given_an_order_placed_before_the_lost_ones_came_back_when_they_do_then_every_number_is_there_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, backed_up(shop, postgres.url) as backup:
        lost = [_order(shop, key, CANDLE) for key in ("one", "two")]
        settle(shop, till)
        restore(shop, postgres.url, backup)
        placed = [_order(shop, key, LOAF) for key in ("three", "four")]
        settle(shop, till)
        with shop.database.reading() as connection:
            numbers = [orders.order_by_id(connection, each).values["number"] for each in (*lost, *placed)]
        assert len(set(numbers)) == 4
        assert [number.partition("-")[0] for number in numbers[2:]] == ["W2", "W2"]
        assert not any("given to another order" in entry.reason for entry in till.inbox("recovery"))


def test_given_two_histories_that_came_to_one_epoch_when_both_gave_a_number_then_somebody_is_told(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, backed_up(shop, postgres.url) as backup:
        lost = _order(shop, "one", CANDLE)
        settle(shop, till)
        shop.stop()
        copy_database(postgres.url, backup, name_in(shop.database_url))
        (shop.home / "epoch.json").unlink()
        shop.start()
        placed = _order(shop, "two", LOAF)
        settle(shop, till)
        assert shop.database.epoch() == 2
        with shop.database.reading() as connection:
            numbers = {orders.order_by_id(connection, each).values["number"] for each in (lost, placed)}
        assert numbers == {"W000001"}
        said = [entry.reason for entry in till.inbox("recovery") if entry.entity_id == lost]
        assert ["given to another order" in reason for reason in said] == [True]


def _order(shop: ServedDatabase, key: str, sku: str) -> uuid.UUID:
    """Order one piece as the web shop does."""
    with shop.database.writing() as connection:
        api_key = create_api_key(connection, key, ids=shop.database.ids, clock=shop.database.clock)
    answer = httpx.post(
        f"{shop.url}/orders",
        json={"store": "HS", "lines": [{"sku": sku, "quantity": "1"}]},
        headers={"Authorization": f"Bearer {api_key}", "Idempotency-Key": key},
    )
    assert answer.status_code == 201, answer.text
    return uuid.UUID(answer.json()["id"])


def _move(desk: Desk, sku: str, quantity: int) -> None:
    """Write goods off at a desk, as the office does."""
    variant = desk.variant_id(sku)
    with desk.replica.write() as unit:
        me = identity_of(unit.connection)
        row = {"id": unit.ids.new(), "store_id": me.store_id, "variant_id": variant, "quantity": quantity}
        row |= {"reason": "write_off", "at": unit.clock.now(), "business_date": dt.date(2026, 11, 18)}
        number = unit.record("stock_movement", {**row, "device_id": me.device_id})
        unit.expect_stock(number, [(me.store_id, variant, quantity)])
