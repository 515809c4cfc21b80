"""A planned switchover to a real standby: handed over with everything, it is the same epoch; else it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.clock import SystemClock
from shared.errors import UserError
from shared.ids import TimeOrderedIds
from sync_server.db.engine import make_engine
from sync_server.epochs.service import HandedOver, hand_over, history, marker_of
from sync_server.settings import ServerSettings
from tests.helpers.postgres_pair import PostgresServer
from tests.helpers.restorable_shop import (
    CANDLE,
    DATABASE,
    ServedDatabase,
    count_rows,
    joined,
    served,
    settle,
)


def test_given_a_database_that_was_handed_over_when_the_standby_is_promoted_then_devices_notice_nothing(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with served(primary.url_of(DATABASE), tmp_path / "server") as shop, joined(shop, tmp_path) as till:
        seller = till.till()
        seller.scan(CANDLE)
        seller.exact_cash()
        settle(shop, till)
        with pytest.raises(UserError) as raised:
            handed_over(shop)
        assert raised.value.code == "server_running"

        waiting = till.put_cash()
        shop.stop()
        done = handed_over(shop)
        _until(lambda: _has_replayed(standby, done))
        primary.stop("fast")
        standby.promote()
        shop.database_url = standby.url_of(DATABASE)
        shop.start()
        assert shop.database.epoch() == 1
        report = till.sync()
        assert report.received.get("product", 0) == 0, "nothing was fetched anew"
        settle(shop, till)
        assert till.me.epoch == shop.database.epoch() == 1
        assert waiting in till.cash()
        assert count_rows(shop, "sale") == 1
        with shop.database.reading() as connection:
            assert [each.epoch for each in history(connection)] == [1]

        shop.stop()
        standby.ask("UPDATE server_state SET timeline = '00000001'", DATABASE)
        shop.start()
        assert shop.database.epoch() == 2, "the word of a hand-over is good once"


def test_given_a_standby_that_lacks_the_hand_over_when_it_is_promoted_then_a_new_epoch_begins(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with served(primary.url_of(DATABASE), tmp_path / "server") as shop, joined(shop, tmp_path) as till:
        settle(shop, till)
        _until(lambda: standby.ask("SELECT pg_last_wal_replay_lsn()") == primary.ask("SELECT pg_current_wal_lsn()"))
        _cut_off(primary, standby)
        lost = till.put_cash()
        settle(shop, till)
        shop.stop()
        handed_over(shop)
        primary.stop("fast")
        standby.promote()
        shop.database_url = standby.url_of(DATABASE)
        shop.start()
        assert shop.database.epoch() == 2
        settle(shop, till)
        assert count_rows(shop, "cash_movement") == 1
        assert lost in till.cash()


def test_given_an_old_primary_that_served_on_after_the_hand_over_when_the_standby_is_promoted_then_nothing_is_lost(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with served(primary.url_of(DATABASE), tmp_path / "server") as shop, joined(shop, tmp_path) as till:
        settle(shop, till)
        shop.stop()
        done = handed_over(shop)
        _until(lambda: _has_replayed(standby, done))
        _cut_off(primary, standby)
        kept, shop.home = shop.home, tmp_path / "another machine"
        shop.start()
        late = till.put_cash()
        settle(shop, till)
        shop.stop()
        primary.stop("fast")
        standby.promote()
        shop.database_url, shop.home = standby.url_of(DATABASE), kept
        shop.start()
        assert shop.database.epoch() == 1, "this home cannot know"
        settle(shop, till)
        assert shop.database.epoch() == 2, "the device knew"
        assert late in till.cash()
        assert count_rows(shop, "cash_movement") == 1


def handed_over(shop: ServedDatabase) -> HandedOver:
    engine = make_engine(ServerSettings(home=shop.home, database_url=shop.database_url))
    try:
        return hand_over(engine, marker_of(shop.home), SystemClock(), TimeOrderedIds())
    finally:
        engine.dispose()


def _has_replayed(standby: PostgresServer, done: HandedOver) -> bool:
    return standby.ask(f"SELECT pg_last_wal_replay_lsn() >= '{done.place}'::pg_lsn") is True


def _cut_off(primary: PostgresServer, standby: PostgresServer) -> None:
    standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
    standby.ask("SELECT pg_reload_conf()")
    _until(lambda: primary.ask("SELECT count(*) FROM pg_stat_replication") == 0)


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        threading.Event().wait(0.05)
    pytest.fail("it did not come about in thirty seconds")
