"""Every synced sale is priced once more: a defect and a stale price are told apart, and nothing is ever refused."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.money import UnitPrice
from shared.sales import Basket, LineKind, SealedSale
from shared.schema.base import Replicated
from sync_server.db.sessions import Database
from sync_server.repricing import service
from tests.helpers.baskets import GBP, VAT, basket_of, line, sealed
from tests.helpers.protocol_device import ProtocolDevice, ids, running_server, wire_row

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Shop:
    """A store with one item at 2.40, 20 % tax inside."""

    till: ProtocolDevice
    database: Database
    variant: uuid.UUID
    category: uuid.UUID
    price_list: uuid.UUID
    price: uuid.UUID

    def basket(self, price: str = "2.40", **more: object) -> Basket:
        one = line(price, variant_id=self.variant, kind=LineKind.SERVICE)
        one = replace(one, price_id=self.price, tax_category_id=self.category, **more)
        return basket_of(one)

    def sale(self, basket: Basket, **changes: object) -> SealedSale:
        return replace(
            sealed(basket),
            store_id=self.till.store_id,
            device_id=self.till.id,
            time_zone="Europe/London",
            sealed_at=SystemClock().now(),
            **changes,
        )

    def push(self, sale: SealedSale) -> None:
        answer = self.till.push([self.till.record("sale", payload_of(sale))])
        assert [result.status for result in answer.results] == ["applied"]

    def check(self, sale: SealedSale) -> dict[str, object]:
        """Push it, price it, and give what came of it."""
        self.push(sale)
        service.reprice_all(self.database)
        with self.database.reading() as connection:
            row = connection.execute(text("SELECT * FROM sale_check WHERE sale_id = :id"), {"id": sale.id})
            return dict(row.mappings().one())

    def add(self, entity: str, **values: object) -> uuid.UUID:
        table = Replicated.metadata.tables[entity]
        made = ids.new()
        with self.database.writing() as connection:
            connection.execute(table.insert().values(id=made, **values))
        return made

    def add_price(self, micro: int, **values: object) -> uuid.UUID:
        given = {"valid_from": dt.date(2020, 1, 1), "created_at": 1, "state": "active", **values}
        return self.add(
            "price",
            price_list_id=self.price_list,
            variant_id=self.variant,
            unit_price_micro=micro,
            kind="selling",
            min_quantity=0,
            created_by="",
            **given,
        )


def payload_of(sale: SealedSale) -> list[object]:
    """A sealed sale as it is pushed."""
    plain = {name: getattr(sale, name) for name in sale.__dataclass_fields__}
    plain["business_date"] = sale.business_date.isoformat()
    lines = [
        wire_row(
            "sale",
            {
                **{name: getattr(each, name) for name in each.__dataclass_fields__},
                "sale_id": sale.id,
                "taxes": [tax.as_json() for tax in each.taxes],
                "discounts": [discount.as_json() for discount in each.discounts],
            },
            "sale_line",
        )
        for each in sale.lines
    ]
    return [wire_row("sale", plain), {"sale_line": lines}]


@pytest.fixture(scope="module")
def address(database_url: str) -> Iterator[str]:
    with running_server(database_url) as url:
        yield url


@pytest.fixture
def shop(address: str, database: Database) -> Iterator[Shop]:
    """A shop of its own for each test."""
    tables = Replicated.metadata.tables
    store, price_list, category = ids.new(), ids.new(), ids.new()
    with database.writing() as connection:
        connection.execute(
            tables["price_list"].insert().values(id=price_list, code=str(price_list)[-8:], name="Shop", currency="GBP")
        )
        connection.execute(
            tables["tax_category"].insert().values(id=category, code=str(category)[-8:], name="Standard")
        )
        connection.execute(
            tables["store"]
            .insert()
            .values(
                id=store,
                code=str(store)[-8:],
                name="Harbour Street",
                currency="GBP",
                time_zone="Europe/London",
                country="GB",
                price_list_id=price_list,
            )
        )
        connection.execute(
            tables["tax_rate"]
            .insert()
            .values(
                id=ids.new(),
                tax_category_id=category,
                country="GB",
                code=VAT.code,
                name=VAT.name,
                rate_ppm=VAT.rate_ppm,
                price_include=True,
                valid_from=dt.date(2011, 1, 4),
            )
        )
    till = ProtocolDevice(address, database, str(store)[-8:])
    made = Shop(till, database, ids.new(), category, price_list, uuid.UUID(int=0))
    yield replace(made, price=made.add_price(2_400_000))
    till.close()


def counts_of(shop: Shop) -> service.Counts:
    service.reprice_all(shop.database)
    with shop.database.reading() as connection:
        return service.counts(connection)


def inbox(shop: Shop) -> list[tuple[str, str]]:
    with shop.database.reading() as connection:
        told = text("SELECT kind, reason FROM inbox_entry WHERE store_id = :store AND kind = 'divergence'")
        rows = connection.execute(told, {"store": shop.till.store_id})
        return [(row.kind, row.reason) for row in rows]


def test_given_a_sale_at_the_price_in_force_then_it_comes_out_the_same_and_nothing_is_told(shop: Shop) -> None:
    found = shop.check(shop.sale(shop.basket()))
    assert (found["state"], found["stale_lines"], found["is_skewed"], found["detail"]) == ("same", 0, 0, "")
    assert inbox(shop) == []


def test_given_an_amount_that_the_sale_s_own_inputs_do_not_give_then_it_is_a_defect_in_the_inbox_and_the_sale_stands(
    shop: Shop,
) -> None:
    sale = shop.sale(shop.basket())
    wrong = replace(sale.lines[0], net=sale.lines[0].net + 1, tax=sale.lines[0].tax - 1)
    found = shop.check(replace(sale, lines=(wrong,)))
    assert (found["state"], found["engine_difference"], found["stale_lines"]) == ("diverged", 1, 0)
    again = shop.sale(shop.basket())
    shop.check(replace(again, id=ids.new(), total=again.total + 100))
    told = inbox(shop)
    assert [kind for kind, _ in told] == ["divergence"], "one entry a till and day: a defect repeats itself"
    assert "net 201, computed 200" in told[0][1]
    with shop.database.reading() as connection:
        report = service.report(connection)
    assert report.counts.diverged >= 2
    assert [odd.engine_difference for odd in report.diverged[:1]] == [100], "the largest difference first"


def test_given_an_earlier_version_of_the_rules_then_what_differs_is_no_defect(shop: Shop) -> None:
    sale = shop.sale(shop.basket(), engine_version="0")
    found = shop.check(replace(sale, total=sale.total + 1))
    assert found["state"] == "other_engine"
    assert inbox(shop) == []


@pytest.mark.parametrize(
    ("case", "stale"),
    [
        ("raised since the till last heard", 1),
        ("raised after the sale", 0),
        ("withdrawn after the sale", 0),
        ("from tomorrow", 0),
        ("changed by hand from the listed price", 0),
        ("changed by hand from an old price", 1),
    ],
)
def test_given_another_price_in_force_then_it_is_information_only_where_it_held_at_that_moment(
    shop: Shop, case: str, stale: int
) -> None:
    basket = shop.basket()
    sold = shop.sale(basket)
    if case == "raised since the till last heard":
        shop.add_price(2_900_000, valid_from=dt.date(2025, 1, 1))
    elif case == "raised after the sale":
        shop.add_price(2_900_000, valid_from=dt.date(2025, 1, 1), created_at=sold.sealed_at + 1)
    elif case == "withdrawn after the sale":
        held = shop.add_price(2_400_000, valid_from=dt.date(2025, 6, 1), state="withdrawn")
        shop.add_price(2_900_000, valid_from=dt.date(2025, 1, 1))
        with shop.database.writing() as connection:
            edit = text("INSERT INTO field_edit (row_id, field, edited_at, edited_by) VALUES (:id, 'state', :at, 'Jo')")
            connection.execute(edit, {"id": held, "at": sold.sealed_at + DAY_US})
    elif case == "from tomorrow":
        shop.add_price(2_900_000, valid_from=dt.date(2099, 1, 1))
    else:
        listed = "2.40" if "listed" in case else "2.10"
        by_hand = shop.basket("1.00", list_price=UnitPrice.parse(listed, GBP), price_reason="dent")
        sold = shop.sale(by_hand)
    found = shop.check(sold)
    assert (found["state"], found["stale_lines"]) == ("same", stale)
    assert inbox(shop) == []
    if case == "raised since the till last heard":
        assert found["stale_difference"] == -50
        assert "in force was" in str(found["detail"])


def test_given_a_tax_that_was_not_in_force_any_more_then_that_is_information_and_the_amounts_still_agree(
    shop: Shop,
) -> None:
    shop.add(
        "tax_rate",
        tax_category_id=shop.category,
        country="GB",
        code=VAT.code,
        name="VAT 25 %",
        rate_ppm=250_000,
        price_include=True,
        valid_from=dt.date(2020, 1, 1),
    )
    found = shop.check(shop.sale(shop.basket()))
    assert (found["state"], found["stale_lines"]) == ("same", 1)
    assert "other taxes" in str(found["detail"])


def test_given_a_clock_that_is_wrong_then_its_sales_are_counted_and_taken_all_the_same(shop: Shop) -> None:
    before = counts_of(shop)
    ahead = shop.check(replace(shop.sale(shop.basket()), sealed_at=SystemClock().now() + DAY_US))
    assert ahead["is_skewed"] == 1
    late = shop.check(replace(shop.sale(shop.basket()), sealed_at=SystemClock().now() - 3 * DAY_US))
    assert late["is_skewed"] == 0, "a till that was offline for days is not a till with a wrong clock"
    assert counts_of(shop).skewed == before.skewed + 1


def test_given_a_sale_that_makes_no_sense_then_it_is_counted_and_the_others_are_checked(shop: Shop) -> None:
    before = counts_of(shop)
    odd = shop.sale(shop.basket(), currency="ZZZ")
    shop.push(odd)
    found = shop.check(shop.sale(shop.basket()))
    assert found["state"] == "same"
    after = counts_of(shop)
    assert (after.unchecked - before.unchecked, after.same - before.same, after.waiting) == (1, 1, 0)


def test_given_a_tax_the_server_never_heard_of_then_the_amounts_are_compared_and_nothing_is_called_stale(
    shop: Shop,
) -> None:
    found = shop.check(shop.sale(basket_of(line("1.20", kind=LineKind.SERVICE))))
    assert (found["state"], found["stale_lines"]) == ("same", 0)
    odd = shop.sale(basket_of(line("1.20", kind=LineKind.SERVICE)))
    wrong = replace(odd.lines[0], net=odd.lines[0].net + 1, tax=odd.lines[0].tax - 1)
    found = shop.check(replace(odd, lines=(wrong,)))
    assert found["state"] == "unchecked", "what the line tells of the tax may not be all of it: no defect is claimed"
