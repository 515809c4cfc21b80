"""An office desk over a filled replica: the range, stock, customers, conflicts and sales a merchandiser works with.

Rows are written as if they had been pulled. Tests take the fixtures from here;
``fill_office`` for screenshots, with as many made-up products behind the named ones as are wanted.
"""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity
from desktop.replica.outbox import append
from desktop.replica.schema import SyncEvent
from desktop.replica.search import rebuild
from desktop.ui.equipment import equipment_at
from desktop.usecases.office import Office
from desktop.usecases.till import Till
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.registry import level_id
from shared.sync.operations import Verb
from tests.helpers.replica import KEY, NOON, PINS, TinyShop, fill, pulled

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

RANGE = (
    # sku, name, category, tax, price, cost, here, mill lane, warehouse, state
    ("CND-FIG", "Soy candle, fig", "Candles", "STANDARD", 1250, 510, 11, 29, 100, "active"),
    ("CND-SALT", "Soy candle, sea salt", "Candles", "STANDARD", 1250, 525, 0, 8, 30, "active"),
    ("CND-TRAV", "Travel candle, assorted", "Candles", "STANDARD", 790, 280, 23, 87, 200, "active"),
    ("CHO-85-100", "Dark chocolate 85 %, 100 g", "Sweets", "STANDARD", 320, 135, 36, 76, 300, "active"),
    ("CHO-70-100", "Dark chocolate 70 %, 100 g", "Sweets", "STANDARD", 290, 120, 52, 53, 400, "active"),
    ("CHO-MLK-45", "Milk chocolate bar 45 g", "Sweets", "STANDARD", 120, 48, 90, 114, 1000, "active"),
    ("CUP-ENM-W", "Enamel mug, white", "Kitchen", "STANDARD", 900, 340, 14, 22, 60, "active"),
    ("CUP-ENM-B", "Enamel mug, blue", "Kitchen", "STANDARD", 900, 340, -1, 29, 60, "active"),
    ("CRD-THX", "Card, thank you", "Cards", "STANDARD", 250, 70, 61, 69, 600, "active"),
    ("CRD-BDAY", "Card, birthday", "Cards", "STANDARD", 250, 70, 58, 44, 600, "active"),
    ("CLO-TEA", "Tea towel, linen", "Kitchen", "STANDARD", 850, 310, 19, 25, 100, "active"),
    ("COF-ESP-250", "Espresso beans 250 g", "Coffee", "ZERO", 680, 330, 17, 16, 200, "active"),
    ("COF-DEC-250", "Decaf beans 250 g", "Coffee", "ZERO", 680, 345, 6, 11, 80, "draft"),
    ("CUT-SCIS", "Scissors, 18 cm", "Kitchen", "STANDARD", 1100, 460, 3, 8, 30, "archived"),
)
PEOPLE = (
    ("Ines Carvalho", "C-1002", "ines@example.com", "+44 20 7946 0018", 1240),
    ("Tom Ashby", "C-1003", "tom.ashby@example.com", "+44 20 7946 0102", 310),
    ("Grace Okafor", "C-1004", "grace@example.com", "", 85),
    ("Li Wei", "C-1005", "li.wei@example.com", "+44 161 496 0551", 0),
    ("Noor Haddad", "C-1006", "", "+44 117 496 0777", 640),
)


def shop_id(*parts: str) -> uuid.UUID:
    """The id of a row of this shop."""
    return derived_id("office_shop", *parts)


def fill_office(connection: Connection, *, with_trouble: bool = True) -> TinyShop:
    """The tiny shop as an office sees it, with the range of a gift shop, a warehouse, people, and what needs a decision."""
    shop = fill(connection, kind="office")
    _add_warehouse(connection, shop)
    _add_range(connection, shop)
    _add_candle(connection, shop)
    for number, (name, code, email, phone, points) in enumerate(PEOPLE):
        row: dict[str, object] = {"id": shop_id("customer", code), "store_id": shop.store_id, "number": code}
        row |= {"name": name, "email": email, "phone": phone, "points": points, "created_at": NOON - number * DAY}
        pulled(connection, "customer", row)
    if with_trouble:
        _add_conflicts(connection, shop)
        _add_sync_log(connection, shop)
    rebuild(connection)
    return shop


def _add_warehouse(connection: Connection, shop: TinyShop) -> None:
    row: dict[str, object] = {"id": shop_id("store", "WH"), "code": "WH", "name": "Warehouse", "currency": "GBP"}
    row |= {"time_zone": "Europe/London", "country": "GB", "price_list_id": shop.price_list_id}
    pulled(connection, "store", row)


def _add_range(connection: Connection, shop: TinyShop) -> None:
    home = shop_id("category", "Home")
    pulled(connection, "category", {"id": home, "name": "Home & living", "sort_order": 20})
    for order, name in enumerate(("Candles", "Kitchen", "Sweets", "Cards", "Coffee")):
        parent = home if name in ("Candles", "Kitchen") else None
        row: dict[str, object] = {"id": shop_id("category", name), "name": name, "sort_order": 30 + order}
        pulled(connection, "category", row | {"parent_id": parent})
    since = dt.date(2026, 3, 1)
    for sku, name, category, tax, pence, cost, here, lane, house, state in RANGE:
        product_id, variant_id = shop_id("product", sku), shop_id("variant", sku)
        product: dict[str, object] = {"id": product_id, "name": name, "state": state}
        product |= {"category_id": shop_id("category", category), "tax_category_id": shop.tax_categories[tax]}
        pulled(connection, "product", product, variant=[{"id": variant_id, "sku": sku}])
        add_price(connection, shop, variant_id, name=sku, pence=pence, valid_from=since)
        add_price(connection, shop, variant_id, name=f"{sku} cost", pence=cost, valid_from=since, kind="cost")
        stores = (shop.store_id, shop.other_store_id, shop_id("store", "WH"))
        for store_id, pieces in zip(stores, (here, lane, house), strict=True):
            add_level(connection, store_id, variant_id, pieces)


def _add_candle(connection: Connection, shop: TinyShop) -> None:
    """The candle of the tiny shop, with everything a panel can show."""
    variant_id = shop.variants["CND-CEDAR"]
    product: dict[str, object] = {"id": shop.products["CND-CEDAR"], "name": "Soy candle, cedar", "brand": "Wick & Wool"}
    product |= {"category_id": shop_id("category", "Candles"), "tax_category_id": shop.tax_categories["STANDARD"]}
    product |= {"attributes": {"Scent": "Cedar", "Burn time, h": 40}, "updated_by": "Mara K., Till 2"}
    product |= {"updated_at": NOON - 168 * MINUTE, "description": "Poured by hand. Burns for forty hours."}
    pulled(connection, "product", product, variant=[{"id": variant_id, "sku": "CND-CEDAR"}])
    days = ((1250, dt.date(2026, 2, 1)), (1190, dt.date(2026, 10, 26)), (1250, dt.date(2026, 11, 3)))
    for pence, day in days:
        add_price(connection, shop, variant_id, name=f"CND-CEDAR {day}", pence=pence, valid_from=day)
    add_price(connection, shop, variant_id, name="CND-CEDAR cost", pence=510, valid_from=days[0][1], kind="cost")
    add_level(connection, shop.store_id, variant_id, 4, reserved=2)
    add_level(connection, shop.other_store_id, variant_id, 22)
    add_level(connection, shop_id("store", "WH"), variant_id, 100, incoming=48)


def add_price(
    connection: Connection,
    shop: TinyShop,
    variant_id: uuid.UUID,
    *,
    name: str,
    pence: int,
    valid_from: dt.date,
    kind: str = "selling",
) -> None:
    """One price row in pence, made at noon of the day before it begins."""
    row: dict[str, object] = {"id": shop_id("price", name), "price_list_id": shop.price_list_id, "kind": kind}
    row |= {"variant_id": variant_id, "unit_price_micro": pence * 10_000, "valid_from": valid_from}
    made = (valid_from - dt.timedelta(days=1) - dt.date(1970, 1, 1)).days * DAY + 12 * HOUR
    pulled(connection, "price", row | {"created_at": made, "created_by": "Jonas P., Office"})


def add_level(
    connection: Connection,
    store_id: uuid.UUID,
    variant_id: uuid.UUID,
    pieces: int,
    *,
    reserved: int = 0,
    incoming: int = 0,
) -> None:
    """A stock level in whole pieces."""
    row: dict[str, object] = {"id": level_id(store_id, variant_id), "store_id": store_id, "variant_id": variant_id}
    row |= {"on_hand": pieces * 1000, "reserved": reserved * 1000, "incoming": incoming * 1000}
    pulled(connection, "stock_level", row)


def add_conflict(connection: Connection, name: str, **fields: object) -> uuid.UUID:
    """An inbox entry; the fields left out are those of a settled conflict of names."""
    entry_id = shop_id("inbox", name)
    row: dict[str, object] = {"id": entry_id, "kind": "conflict", "entity": "product", "field": "name"}
    row |= {"reason": "Two people changed the name at the same time. The later edit stands.", "state": "settled"}
    row |= {"base": None, "mine": None, "theirs": None, "decision": None, "stands": "mine", "created_at": NOON}
    pulled(connection, "inbox_entry", row | fields)
    return entry_id


def _add_conflicts(connection: Connection, shop: TinyShop) -> None:
    candle = shop.products["CND-CEDAR"]
    both = {"mine_by": "Mara K., Till 2", "mine_at": NOON - 168 * MINUTE, "theirs_by": "Jonas P., Office"}
    both |= {"theirs_at": NOON - 182 * MINUTE}
    add_conflict(
        connection,
        "candle",
        entity_id=candle,
        title="Soy candle, cedar",
        base="Soy candle cedar",
        mine="Soy candle, cedar",
        theirs="Cedarwood soy candle",
        created_at=NOON - 127 * MINUTE,
        **both,
    )
    add_conflict(
        connection,
        "tax",
        entity_id=shop_id("product", "COF-ESP-250"),
        title="Espresso beans 250 g",
        field="tax_category_id",
        base=str(shop.tax_categories["ZERO"]),
        mine=str(shop.tax_categories["REDUCED"]),
        theirs=str(shop.tax_categories["STANDARD"]),
        reason="Two people changed the tax category at the same time. What stood before stays until you decide.",
        state="needs_you",
        stands="theirs",
        created_at=NOON - 20 * MINUTE,
        mine_by="Ada M., Till 1",
        mine_at=NOON - 55 * MINUTE,
        theirs_by="Import autumn.xlsx",
        theirs_at=NOON - 60 * MINUTE,
    )
    add_conflict(
        connection,
        "mug",
        kind="discrepancy",
        entity="variant",
        entity_id=shop_id("variant", "CUP-ENM-B"),
        field="",
        title="Enamel mug, blue",
        reason="More was sold than the stock said was there. Count it and correct the stock.",
        state="needs_you",
        stands="",
        store_id=shop.store_id,
        mine={"on_hand": -1000},
        created_at=NOON - 58 * MINUTE,
    )
    add_conflict(
        connection,
        "ines",
        entity="customer",
        entity_id=shop_id("customer", "C-1002"),
        field="phone",
        store_id=shop.store_id,
        title="Ines Carvalho",
        base="020 7946 0018",
        mine="+44 20 7946 0018",
        theirs="+44 20 7946 0081",
        reason="Two people changed the phone at the same time. The later edit stands.",
        created_at=NOON - 89 * MINUTE,
        mine_by="Theo B., Till 1",
        mine_at=NOON - 89 * MINUTE,
        theirs_by="Mara K., Till 2",
        theirs_at=NOON - 120 * MINUTE,
    )


def _add_sync_log(connection: Connection, shop: TinyShop) -> None:
    lines = (
        (181, "received", "104,218 products, 104,218 prices, 162 stock levels"),
        (94, "sent", "3 products, 2 prices"),
        (41, "failed", "The server could not be reached. Trying again by itself."),
        (12, "received", "24 sales, 61 stock levels"),
        (2, "sent", "1 stock movement"),
        (0, "received", "2 sales, 5 stock levels"),
    )
    for minutes, kind, text in lines:
        connection.execute(SyncEvent.__table__.insert(), {"at": NOON - minutes * MINUTE, "kind": kind, "text": text})
    del shop


def add_refusal(connection: Connection, product_id: uuid.UUID) -> int:
    """A change of this device that the server did not take."""
    number = append(
        connection,
        mutation_id=shop_id("mutation", str(product_id)),
        entity="product",
        verb=Verb.EDIT,
        entity_id=product_id.bytes,
        arguments={"id": product_id.bytes, "changes": {}},
        made_at=NOON - 30 * MINUTE,
    )
    connection.exec_driver_sql(
        "UPDATE outbox SET state = 'refused', code = 'record_unknown', message = ?, answered_at = ? WHERE number = ?",
        ("The product was removed on the server in the meantime.", NOON - 29 * MINUTE, number),
    )
    return number


def sell(replica: Replica, clock: SettableClock, folder: Path) -> list[str]:
    """A morning at a till over the same replica: four sales and a return; gives the receipt numbers."""
    with replica.write() as unit:
        change_identity(unit.connection, kind="till")
    till = Till(replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment_at(folder, clock))
    till.login("priya", PINS["priya"])
    till.open_shift(till.money("100.00"))
    numbers = []
    for skus, customer in ((("CND-CEDAR", "CHO-85-100"), "C-1002"), (("MUG-BLUE",), None), (("TEA-EARL-50",), None)):
        clock.advance(600)
        for sku in skus:
            till.add(sku=sku)
        if customer:
            till.set_customer(customer)
        numbers.append(till.exact_cash().number)
        till.dismiss_receipt()
    clock.advance(300)
    till.add(sku="CUP-ENM-W", quantity="3")
    till.tender("card")
    numbers.append(till.complete().number)
    till.dismiss_receipt()
    clock.advance(300)
    numbers.append(till.return_items(numbers[1], None, "cash").number)
    with replica.write() as unit:
        change_identity(unit.connection, kind="office")
    return numbers


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at noon of 18 November 2026 (UTC and London)."""
    return SettableClock(NOON)


@pytest.fixture(scope="session")
def office_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TinyShop]:
    """A closed replica of an office desk, filled, to be copied; and the ids of what it holds."""
    path = tmp_path_factory.mktemp("office") / "replica.db"
    clock = SettableClock(NOON)
    made = Replica.open(path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    with made.write() as unit:
        shop = fill_office(unit.connection)
    made.close()
    return path, shop


@pytest.fixture
def office_replica(office_file: tuple[Path, TinyShop], tmp_path: Path, clock: SettableClock) -> Iterator[Replica]:
    """An open encrypted replica of an office desk, filled."""
    path = tmp_path / "replica.db"
    shutil.copyfile(office_file[0], path)
    opened = Replica.open(path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    yield opened
    opened.close()


@pytest.fixture
def office_shop(office_file: tuple[Path, TinyShop]) -> TinyShop:
    """The ids of what ``office_replica`` holds."""
    return office_file[1]


@pytest.fixture
def office(office_replica: Replica, clock: SettableClock, tmp_path: Path) -> Office:
    """The office with nobody logged in and no server."""
    return Office(
        office_replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment_at(tmp_path / "home", clock)
    )


@pytest.fixture
def jonas(office: Office) -> Office:
    """The office with the merchandiser logged in."""
    office.log_in("jonas", PINS["jonas"])
    return office
