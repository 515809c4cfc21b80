"""What went wrong with reservations in other shop systems, each as a test of ours."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

import httpx
import pytest

from sync_server.db.sessions import Connection, Database
from sync_server.inventory import service as inventory
from sync_server.orders import service as orders
from tests.helpers.protocol_device import ids
from tests.integration.server_trade.shop_questions import HS, balance, one

Result = TypeVar("Result")
NOW = 1_800_000_000_000_000
_keys = count(1)


@pytest.fixture
def pieces(shop: Database) -> Iterator[Callable[[int], uuid.UUID]]:
    """Makes a variant of which Harbour Street has so many pieces."""
    yield lambda number: stocked(shop, number)
    assert inventory.verify_stock(shop).differences == ()


def stocked(shop: Database, number: int) -> uuid.UUID:
    wanted = ids.new()
    with shop.writing() as connection:
        row = inventory.LedgerRow(ids.new(), HS, wanted, number * 1000, "receipt", NOW, _DAY)
        inventory.move(connection, [row], now=NOW)
    return wanted


_DAY = dt.date(2026, 11, 21)


def promise(shop: Database, order: uuid.UUID, *lines: tuple[uuid.UUID, int], **options: int) -> bool:
    """Whether the promise was given; where not, everything is rolled back as the orders' edge does."""
    try:
        with shop.writing() as connection:
            inventory.promise(connection, HS, order, lines, now=NOW, **options)
    except inventory.OutOfStock:
        return False
    return True


def held(shop: Database, wanted: uuid.UUID) -> tuple[int, int]:
    """Pieces that the balance and that the open reservations say are promised."""
    reserved = one(shop, "SELECT reserved FROM stock_balance WHERE variant_id = :v", v=wanted)
    query = "SELECT coalesce(sum(quantity), 0)::bigint FROM reservation WHERE variant_id = :v AND state = 'held'"
    return reserved // 1000, one(shop, query, v=wanted) // 1000


def at_once(number: int, work: Callable[[int], Result]) -> list[Result]:
    barrier = threading.Barrier(number)

    def started(turn: int) -> Result:
        barrier.wait()
        return work(turn)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(started, range(number)))


@pytest.mark.scenario(
    "Medusa #16502", "two lines of one product in one reservation are checked together, not one by one"
)
def test_given_two_lines_of_one_product_when_each_would_fit_alone_then_together_they_are_refused(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(10)
    assert not promise(shop, ids.new(), (wanted, 6000), (wanted, 6000))
    assert held(shop, wanted) == (0, 0)
    assert promise(shop, ids.new(), (wanted, 6000), (wanted, 4000))
    assert held(shop, wanted) == (10, 10)


@pytest.mark.scenario(
    "Medusa #16569", "reservations called directly and at once oversubscribe and counter and holds part"
)
def test_given_direct_calls_at_once_when_more_is_wanted_than_there_is_then_counter_and_holds_stay_one(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(7)
    given = at_once(12, lambda _: promise(shop, ids.new(), (wanted, 1000)))
    assert given.count(True) == 7
    assert held(shop, wanted) == (7, 7)


@pytest.mark.scenario("Medusa #12401, #11131", "what is reserved becomes negative when a hold is given back twice")
def test_given_a_hold_when_cancelled_swept_and_handed_out_at_once_then_it_is_given_back_once(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted, order = pieces(5), ids.new()
    assert promise(shop, order, (wanted, 3000), expires_at=NOW + 1)

    def end(turn: int) -> None:
        with shop.writing() as connection:
            _ENDINGS[turn % len(_ENDINGS)](connection, order, wanted)

    at_once(9, end)
    assert held(shop, wanted) == (0, 0)


_ENDINGS: tuple[Callable[[Connection, uuid.UUID, uuid.UUID], object], ...] = (
    lambda connection, order, _: inventory.release(connection, order, now=NOW),
    lambda connection, _, wanted: inventory.free_lapsed(connection, HS, [wanted], now=NOW + 2),
    lambda connection, *_: inventory.sweep(connection, now=NOW + 2),
)


@pytest.mark.scenario("Spree PR #13978", "reservations without a lock on the stock row sell the last piece twice")
@pytest.mark.scenario(
    "Shopify",
    "one row per product cannot take the contention of a sale: here every buyer is answered, none twice",
)
@pytest.mark.scenario("Saleor #543", "two checkouts of the last piece both succeed")
def test_given_one_piece_when_sixteen_want_it_at_once_then_one_gets_it(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(1)
    assert at_once(16, lambda _: promise(shop, ids.new(), (wanted, 1000))).count(True) == 1
    assert held(shop, wanted) == (1, 1)


@pytest.mark.scenario("Saleor apps #1175", "part of an order is kept where the whole of it failed")
@pytest.mark.scenario("Saleor #5334", "an order without its allocations")
def test_given_a_short_line_among_others_then_neither_order_nor_any_hold_is_left(
    shop: Database, web: httpx.Client
) -> None:
    before = balance(shop, "CND-FIG")
    lines = [{"sku": "CND-FIG", "quantity": "1"}, {"sku": "HAM-LARGE", "quantity": "900"}]
    key = f"field-{next(_keys)}"
    refused = web.post("/orders", json={"store": "HS", "lines": lines}, headers={"Idempotency-Key": key})
    assert refused.status_code == 409
    assert balance(shop, "CND-FIG") == before
    order_id = orders.order_id_of(orders.Channel(uuid.uuid4(), "web-shop"), key)
    assert one(shop, "SELECT count(*) FROM customer_order WHERE id = :id", id=order_id) == 0
    assert one(shop, "SELECT count(*) FROM reservation WHERE order_id = :id", id=order_id) == 0


@pytest.mark.scenario("Saleor PR #6897", "stock is checked before it is locked, so the check is of yesterday")
def test_given_a_buyer_who_waits_for_another_then_the_newest_stock_decides_not_the_one_it_saw(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(3)
    with ThreadPoolExecutor(1) as pool, shop.engine.connect() as first:
        transaction = first.begin()
        inventory.promise(first, HS, ids.new(), [(wanted, 2000)], now=NOW)
        second = pool.submit(promise, shop, ids.new(), (wanted, 2000))
        wait_until(shop, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        transaction.commit()
        assert second.result(30) is False
    assert held(shop, wanted) == (2, 2)


@pytest.mark.scenario("Odoo PR #32857", "twenty processes reserve ten units")
def test_given_ten_pieces_when_twenty_reserve_one_each_then_ten_do(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(10)
    assert at_once(20, lambda _: promise(shop, ids.new(), (wanted, 1000))).count(True) == 10
    assert held(shop, wanted) == (10, 10)


@pytest.mark.scenario("Odoo #32160, #32434", "sums of reserved quantities are corrupted by work at the same time")
@pytest.mark.scenario("Shopify", "reservation and ledger are in two stores and cannot commit together")
@pytest.mark.scenario("Odoo #62139, #55494", "two figures of one stock part, and people run a repair every ten minutes")
def test_given_promises_movements_and_ends_at_once_then_ledger_holds_and_balance_agree_with_no_repair(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    first, second = pieces(40), pieces(40)

    def trade(turn: int) -> None:
        for each in range(6):
            order = ids.new()
            lines = [(first, 1000), (second, 2000)]
            taken = promise(shop, order, *(lines if turn % 2 else reversed(lines)))
            with shop.writing() as connection:
                row = inventory.LedgerRow(ids.new(), HS, first if each % 2 else second, -1000, "sale", NOW, _DAY)
                inventory.move(connection, [row], now=NOW)
            if taken and each % 3 == 0:
                with shop.writing() as connection:
                    inventory.release(connection, order, now=NOW)

    at_once(6, trade)


@pytest.mark.scenario("Odoo PR #272560", "one piece is reserved twice through SKIP LOCKED and its delivery hangs")
@pytest.mark.scenario("Odoo PR #268942", "who finds a quantity locked passes it by and reserves the same elsewhere")
def test_given_a_locked_quantity_when_another_wants_it_then_it_waits_and_neither_passes_it_by_nor_makes_a_second(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(2)
    with ThreadPoolExecutor(1) as pool, shop.engine.connect() as first:
        transaction = first.begin()
        inventory.promise(first, HS, ids.new(), [(wanted, 1000)], now=NOW)
        second = pool.submit(promise, shop, ids.new(), (wanted, 1000))
        wait_until(shop, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        assert not second.done()
        transaction.commit()
        assert second.result(30) is True
    assert one(shop, "SELECT count(*) FROM stock_balance WHERE variant_id = :v", v=wanted) == 1
    assert held(shop, wanted) == (2, 2)


@pytest.mark.scenario("Vendure #3508", "check and allocation in two transactions let a sale slip in between")
def test_given_a_sale_between_looking_and_promising_then_the_promise_is_refused(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(2)
    with shop.reading() as connection:
        assert inventory.stock_of(connection, [wanted], now=NOW)[HS, wanted].can_promise(2000)
    with shop.writing() as connection:
        row = inventory.LedgerRow(ids.new(), HS, wanted, -1000, "sale", NOW, _DAY)
        inventory.move(connection, [row], now=NOW)
    assert not promise(shop, ids.new(), (wanted, 2000))
    assert promise(shop, ids.new(), (wanted, 1000))


@pytest.mark.scenario("WooCommerce #67354", "a shopper is blocked by the hold of the own order")
def test_given_the_last_piece_held_when_its_owner_asks_again_or_collects_then_the_own_hold_is_no_obstacle(
    shop: Database, web: httpx.Client
) -> None:
    on_hand = balance(shop, "TOY-GULL")[0]
    body = {"store": "HS", "lines": [{"sku": "TOY-GULL", "quantity": str(on_hand // 1000)}], "hold_minutes": 30}
    headers = {"Idempotency-Key": "own-hold"}
    placed = web.post("/orders", json=body, headers=headers)
    again = web.post("/orders", json=body, headers=headers)
    assert (placed.status_code, again.status_code, again.json()) == (201, 201, placed.json())
    assert balance(shop, "TOY-GULL") == (on_hand, on_hand)
    assert web.post(f"/orders/{placed.json()['id']}/fulfil").status_code == 200
    assert balance(shop, "TOY-GULL") == (0, 0)


@pytest.mark.scenario("commercetools reservations", "a lapsed reservation keeps its stock for minutes more")
def test_given_a_lapsed_hold_and_no_sweeper_then_its_stock_is_for_sale_in_that_very_moment(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted = pieces(1)
    assert promise(shop, ids.new(), (wanted, 1000), expires_at=NOW + 10)
    with shop.reading() as connection:
        assert inventory.stock_of(connection, [wanted], now=NOW + 9)[HS, wanted].available == 0
        assert inventory.stock_of(connection, [wanted], now=NOW + 10)[HS, wanted].available == 1000
    with shop.writing() as connection:
        assert inventory.free_lapsed(connection, HS, [wanted], now=NOW + 10)
    assert promise(shop, ids.new(), (wanted, 1000))


@pytest.mark.scenario("Reservations in general", "the same reservation called twice holds twice")
def test_given_the_same_order_when_promised_again_even_at_once_then_it_holds_once(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    wanted, order = pieces(5), ids.new()
    assert at_once(6, lambda _: promise(shop, order, (wanted, 2000))) == [True] * 6
    assert held(shop, wanted) == (2, 2)
    assert not promise(shop, order, (wanted, 3000)), "another quantity is another promise"


@pytest.mark.scenario("Reservations in general", "two orders of the same products in opposite order wait for ever")
def test_given_the_same_products_in_any_order_when_promised_at_once_then_nobody_waits_for_ever(
    shop: Database, pieces: Callable[[int], uuid.UUID]
) -> None:
    several = [pieces(30) for _ in range(4)]

    def order(turn: int) -> bool:
        lines = [(each, 1000) for each in (several if turn % 2 else reversed(several))]
        return all(promise(shop, ids.new(), *lines) for _ in range(3))

    assert at_once(8, order) == [True] * 8
    assert {held(shop, each) for each in several} == {(24, 24)}


def wait_until(shop: Database, query: str) -> None:
    """Until the query counts something."""
    waited = threading.Event()
    for _ in range(2000):
        if one(shop, query):
            return
        waited.wait(0.005)
    raise AssertionError(f"never came true: {query}")
