"""Real PostgreSQL servers that fail over, and a database that moves to another cluster, under a shop that goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from shared.errors import EnvironmentFailure
from sync_server.epochs.service import history
from tests.helpers.postgres_pair import PostgresServer, server_at
from tests.helpers.restorable_shop import (
    CANDLE,
    DATABASE,
    LOAF,
    Desk,
    count_rows,
    joined,
    served,
    settle,
)
from tests.helpers.tcp_switch import TcpSwitch


def test_given_a_failover_that_loses_commits_when_the_server_goes_on_then_what_devices_hold_comes_back_once(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with TcpSwitch(primary.port) as line:
        url = f"postgresql://postgres@127.0.0.1:{line.port}/{DATABASE}"
        with (
            served(url, tmp_path / "server") as shop,
            joined(shop, tmp_path) as till,
            joined(shop, tmp_path) as other,
            joined(shop, tmp_path, kind="office") as office,
        ):
            seller = till.till()
            kept = till.put_cash()
            settle(shop, till, other, office)
            _until(lambda: _lag(primary) == 0)
            standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
            standby.ask("SELECT pg_reload_conf()")
            _until(lambda: primary.ask("SELECT count(*) FROM pg_stat_replication") == 0)

            seller.scan(CANDLE)
            seller.scan(LOAF)
            seller.exact_cash()
            lost = till.put_cash()
            office.rename(LOAF, "Lost in the failover")
            settle(shop, till, other, office)
            stock = till.shown_stock(CANDLE)
            assert standby.ask("SELECT count(*) FROM sale", DATABASE) == 0

            primary.stop()
            standby.promote()
            line.lead_to(standby.port)
            for desk in (other, office, till):
                _sync_when_it_answers(desk)
            assert shop.database.epoch() == 2
            settle(shop, other, office, till)

            assert count_rows(shop, "sale") == 1
            assert count_rows(shop, "sale_line") == 2
            assert count_rows(shop, "stock_movement", "reason = 'sale'") == 2
            assert {kept, lost} <= other.cash()
            assert count_rows(shop, "cash_movement") == 2
            assert till.product(LOAF)[0] == other.product(LOAF)[0] == "Lost in the failover"
            assert till.shown_stock(CANDLE) == stock
            assert office.inbox() == []
            with shop.database.reading() as connection:
                epochs = history(connection)
            assert [each.epoch for each in epochs] == [1, 2]
            assert "timeline was 00000001 and is 00000002" in epochs[1].why


def test_given_a_dump_loaded_into_another_cluster_when_served_then_a_new_epoch_begins_and_nothing_is_lost(
    primary: PostgresServer, tmp_path: Path
) -> None:
    with served(primary.url_of(DATABASE), tmp_path / "server") as shop, joined(shop, tmp_path) as till:
        seller = till.till()
        till.sync()
        dump = tmp_path / "dump"
        primary.run("pg_dump", "--format=directory", f"--file={dump}", "--no-sync", primary.url_of(DATABASE))
        seller.scan(CANDLE)
        seller.exact_cash()
        settle(shop, till)
        shop.stop()
        fresh = server_at(tmp_path / "fresh")
        fresh.make()
        fresh.start()
        try:
            fresh.ask(f"CREATE DATABASE {DATABASE}")
            fresh.run("pg_restore", f"--dbname={fresh.url_of(DATABASE)}", "--exit-on-error", str(dump))
            shop.database_url = fresh.url_of(DATABASE)
            # The home did not survive: only PostgreSQL itself can tell.
            for file in shop.home.glob("epoch.*"):
                file.unlink()
            shop.start()
            assert shop.database.epoch() == 2
            assert count_rows(shop, "sale") == 0
            settle(shop, till)
            assert count_rows(shop, "sale") == 1
            with shop.database.reading() as connection:
                assert "another PostgreSQL cluster" in history(connection)[-1].why
        finally:
            shop.stop()
            fresh.stop()


def _lag(primary: PostgresServer) -> object:
    return primary.ask(
        "SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), -1) FROM pg_stat_replication"
    )


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        threading.Event().wait(0.05)
    pytest.fail("it did not come about in thirty seconds")


def _sync_when_it_answers(desk: Desk) -> None:
    """The server is away for a moment; the device asks again."""

    def has_synced() -> bool:
        with suppress(EnvironmentFailure):
            return desk.cycle.run().failure is None
        return False

    _until(has_synced)
