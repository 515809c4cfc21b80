"""A device that dies in the middle of a recovery goes on from there: nothing lost, nothing doubled, nothing flickers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from desktop.sync.cycle import SyncCycle
from shared.errors import EnvironmentFailure
from shared.sync.wire import PullAnswer, PullRequest, PushAnswer, PushRequest
from tests.helpers.postgres import PostgresCluster
from tests.helpers.restorable_shop import (
    CANDLE,
    LOAF,
    ServedDatabase,
    backed_up,
    count_rows,
    joined,
    reopened,
    restore,
    settle,
)


class _Died(BaseException):
    """The process ended; nothing may catch it."""


PHASES = (
    ("desktop.replica.resending.begin", 1),
    ("desktop.replica.resending.prepare", 1),
    ("desktop.replica.resending.take_up", 1),
    ("desktop.sync.push_lane.outbox.settle_answers", 1),
    ("desktop.replica.cursors.set_aside", 1),
    ("desktop.replica.pulled.write_rows", 2),
    ("desktop.replica.cursors.move_cursor", 2),
    ("desktop.replica.offers.give_back", 1),
    ("desktop.replica.offers.offer_held_back", 1),
    ("desktop.replica.pulled.sweep", 1),
)
"""Where it dies: in which function, at which call of it."""


@pytest.mark.parametrize("first", [0, 1], ids=["even", "odd"])
def test_given_a_device_that_dies_anywhere_in_a_recovery_when_it_goes_on_then_all_is_there_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """One restore after another; each time the till dies in another place, once before and once after it."""
    with joined(shop, tmp_path) as till:
        till.till()
        till.sync()
        home = till.device.home
    with joined(shop, tmp_path) as gone, joined(shop, tmp_path, kind="office") as author:
        for turn, (place, call) in enumerate(PHASES[first::2], 1):
            with reopened(home) as till, backed_up(shop, postgres.url) as backup:
                seller = till.till()
                seller.scan(CANDLE)
                seller.exact_cash()
                till.put_cash()
                gone.put_cash()
                author.rename(LOAF, f"Lost name {turn}")
                till.describe(CANDLE, f"Own lost words {turn}")
                settle(shop, gone, author, till)
                stock = till.shown_stock(CANDLE)
                restore(shop, postgres.url, backup)
                with monkeypatch.context() as broken:
                    deaths = _die(broken, place, call, is_after=bool((turn + first) % 2))
                    with pytest.raises(_Died):
                        till.cycle.run()
                    assert deaths() == 1
                assert till.shown_stock(CANDLE) == stock
            with reopened(home) as till:
                assert till.shown_stock(CANDLE) == stock, place
                assert till.product(CANDLE)[1] == f"Own lost words {turn}"
                settle(shop, till)
                assert till.shown_stock(CANDLE) == stock, place
                assert till.product(LOAF)[0] == f"Lost name {turn}"
                assert till.product(CANDLE)[1] == f"Own lost words {turn}"
                assert till.inbox("conflict") == till.inbox("refused") == []
                assert count_rows(shop, "sale") == turn
                assert count_rows(shop, "cash_movement") == 2 * turn
                settle(shop, gone, author, till)
            assert count_rows(shop, "sale") == turn
            assert count_rows(shop, "cash_movement") == 2 * turn
            assert count_rows(shop, "stock_movement", "reason = 'sale'") == turn


def test_given_answers_that_are_lost_when_offers_were_taken_then_they_are_sent_again_and_nothing_is_doubled(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as holder:
        with joined(shop, tmp_path) as gone, backed_up(shop, postgres.url) as backup:
            seller = gone.till()
            for code in (CANDLE, LOAF):
                seller.scan(code)
                seller.exact_cash()
            settle(shop, gone, holder)
            restore(shop, postgres.url, backup)
        breaking = SyncCycle(holder.replica, _Breaking(holder.server))
        for _ in range(2):
            with pytest.raises(EnvironmentFailure):
                breaking.run()
        settle(shop, holder)
    assert count_rows(shop, "sale") == 2
    assert count_rows(shop, "stock_movement", "reason = 'sale'") == 2


def test_given_a_recovery_by_small_pages_when_it_runs_then_shown_stock_and_own_edits_never_change(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with joined(shop, tmp_path) as till:
        seller = till.till()
        till.sync()
        with backed_up(shop, postgres.url) as backup:
            for _ in range(3):
                seller.scan(CANDLE)
                seller.exact_cash()
            till.describe(CANDLE, "Own lost words")
            settle(shop, till)
            restore(shop, postgres.url, backup)
        seen: list[tuple[int, str]] = []

        def look(_: object) -> None:
            seen.append((till.shown_stock(CANDLE), till.product(CANDLE)[1]))

        look(None)
        # Nothing gets through to the server, so what comes down knows nothing of what this till did.
        assert SyncCycle(till.replica, _SmallPages(till.server, pushes=False), look).run().failure is not None
        look(None)
        # It gets through, and the levels that come down still know nothing of it.
        with monkeypatch.context() as paused:
            paused.setattr("sync_server.inventory.service.bring_levels_up", lambda _: 0)
            SyncCycle(till.replica, _SmallPages(till.server), look).run()
            look(None)
        settle(shop, till)
        look(None)
        assert len(seen) > 10
        assert len(set(seen)) == 1


class _SmallPages:
    """Asks for a few rows at a time, and may let no push through."""

    def __init__(self, server: Any, *, pushes: bool = True) -> None:
        self._server = server
        self._pushes = pushes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def pull(self, request: PullRequest) -> PullAnswer:
        return self._server.pull(msgspec.structs.replace(request, maximum_bytes=request.maximum_bytes or 6_000))

    def push(self, request: PushRequest) -> PushAnswer:
        if not self._pushes:
            raise EnvironmentFailure("server_failed", "The server could not do it.")
        return self._server.push(request)


class _Breaking:
    """Loses the answer of every push after the server has committed it."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def push(self, request: PushRequest) -> PushAnswer:
        self._server.push(request)
        raise EnvironmentFailure("server_unreachable", "The line broke.")


def _die(monkeypatch: pytest.MonkeyPatch, place: str, call: int, *, is_after: bool) -> Callable[[], int]:
    """Die at the n-th call of a function, before or after it did its work; gives how often it happened."""
    module, _, name = place.rpartition(".")
    owner = _resolved(module)
    real = getattr(owner, name)
    calls = [0, 0]

    def dying(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] != call:
            return real(*arguments, **options)
        calls[1] += 1
        if is_after:
            real(*arguments, **options)
        raise _Died

    monkeypatch.setattr(owner, name, dying)
    return lambda: calls[1]


def _resolved(path: str) -> Any:
    from importlib import import_module

    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)
