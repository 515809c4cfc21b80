"""What a merchandiser does: each intention writes its rows and its mutation together, or says why not."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest

from desktop.replica.queries.product_list import (
    PriceContext,
    ProductFilter,
    ProductSort,
    prices_today,
    product_positions,
)
from desktop.replica.queries.shop import Person
from desktop.usecases.add_price import NewPrice, add_price, withdraw_price
from desktop.usecases.browse_products import list_products, price_context, product_lines, show_product
from desktop.usecases.create_product import NewProduct, create_product
from desktop.usecases.decide_conflict import keep_as_it_is, take_value
from desktop.usecases.desk import Desk
from desktop.usecases.edit_customer import create_customer, edit_customer
from desktop.usecases.edit_product import edit_product
from desktop.usecases.link_barcode import code_warning, link_barcode, unlink_barcode
from desktop.usecases.move_stock import NewMovement, begin_count, move_stock
from desktop.usecases.office import Office
from desktop.usecases.review_inbox import list_inbox, show_entry
from shared.errors import UserError
from shared.money import UnitPrice, currency
from shared.stock import MovementReason
from shared.sync.decision import Take
from tests.helpers.office_shop import add_price as price_row
from tests.helpers.office_shop import shop_id
from tests.helpers.replica import PINS, TinyShop

GBP = currency("GBP")
TODAY = dt.date(2026, 11, 18)


@pytest.fixture
def desk(jonas: Office) -> Desk:
    """The merchandiser's desk."""
    return jonas.desk()


def sent(desk: Desk) -> list[str]:
    with desk.replica.read() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT name FROM outbox ORDER BY number")]


def code_of(refused: pytest.ExceptionInfo[UserError]) -> str:
    return refused.value.code


def test_given_nothing_changed_when_a_product_is_saved_then_nothing_is_sent(desk: Desk, office_shop: TinyShop) -> None:
    edit_product(desk, office_shop.products["CND-CEDAR"], {"name": "Soy candle, cedar"})

    assert sent(desk) == []


def test_given_a_product_when_fields_and_code_change_then_one_edit_is_sent(desk: Desk, office_shop: TinyShop) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    edit_product(desk, office_shop.products["CND-CEDAR"], {"brand": "Wick"}, {candle: {"sku": "CND-CDR"}})

    card = show_product(desk, candle).card
    assert (card.brand, card.sku) == ("Wick", "CND-CDR")
    assert sent(desk) == ["product.edit"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "field_empty"),
        ({"name": "x" * 201}, "text_too_long"),
        ({"colour": "red"}, "field_unknown"),
        ({"state": "gone"}, "field_invalid"),
        ({"unit": "barrel"}, "field_invalid"),
    ],
)
def test_given_a_bad_field_when_a_product_is_edited_then_it_is_refused_and_nothing_written(
    desk: Desk, office_shop: TinyShop, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(UserError) as refused:
        edit_product(desk, office_shop.products["CND-CEDAR"], changes)

    assert code_of(refused) == code
    assert sent(desk) == []


def test_given_a_code_of_another_when_a_product_takes_it_then_it_is_refused(desk: Desk, office_shop: TinyShop) -> None:
    with pytest.raises(UserError) as refused:
        edit_product(
            desk, office_shop.products["CND-CEDAR"], {}, {office_shop.variants["CND-CEDAR"]: {"sku": "CND-FIG"}}
        )

    assert code_of(refused) == "sku_taken"


def test_given_a_clerk_when_editing_then_the_intention_itself_refuses(office: Office, office_shop: TinyShop) -> None:
    office.log_in("ada", PINS["ada"])
    desk = office.desk()
    with desk.replica.read() as connection:
        row = connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar()
    clerk = Desk(desk.replica, desk.clock, desk.facts, _as_clerk(desk))
    for intention in (
        lambda: edit_product(clerk, office_shop.products["CND-CEDAR"], {"name": "X"}),
        lambda: add_price(clerk, NewPrice(office_shop.variants["CND-CEDAR"], UnitPrice(1, GBP))),
        lambda: move_stock(clerk, NewMovement(office_shop.variants["CND-CEDAR"], 1000, MovementReason.RECEIPT)),
        lambda: link_barcode(clerk, office_shop.variants["CND-CEDAR"], "123"),
        lambda: keep_as_it_is(clerk, shop_id("inbox", "candle")),
        lambda: list_products(clerk, ProductFilter(office_shop.store_id)),
    ):
        with pytest.raises(UserError) as refused:
            intention()
        assert code_of(refused) == "not_allowed"
    assert row == len(sent(desk)) == 0


def _as_clerk(desk: Desk) -> Person:
    return replace(desk.person, role="clerk")


def test_given_a_price_for_today_when_it_is_corrected_then_the_first_one_is_withdrawn(
    desk: Desk, office_shop: TinyShop
) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    add_price(desk, NewPrice(candle, UnitPrice.parse("13.50", GBP)))
    add_price(desk, NewPrice(candle, UnitPrice.parse("13.60", GBP)))

    panel = show_product(desk, candle)
    assert panel.price == "13.60"
    assert sent(desk) == ["price.create", "price.edit", "price.create"]
    assert [state for _, words, state in panel.prices if words.startswith("13.50")] == ["withdrawn"]


def test_given_the_same_price_again_when_it_is_added_then_nothing_is_sent(desk: Desk, office_shop: TinyShop) -> None:
    price = NewPrice(office_shop.variants["CND-CEDAR"], UnitPrice.parse("13.50", GBP), dt.date(2026, 12, 1))
    add_price(desk, price)
    add_price(desk, price)

    assert sent(desk) == ["price.create"]


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (("12.00", dt.date(2026, 11, 17), None), "price_from_past"),
        (("-1", None, None), "price_negative"),
        (("12.00", dt.date(2026, 12, 1), dt.date(2026, 12, 1)), "price_period_empty"),
    ],
)
def test_given_an_impossible_price_when_it_is_added_then_it_is_refused(
    desk: Desk, office_shop: TinyShop, price: tuple[str, dt.date | None, dt.date | None], code: str
) -> None:
    amount, day, until = price
    with pytest.raises(UserError) as refused:
        add_price(desk, NewPrice(office_shop.variants["CND-CEDAR"], UnitPrice.parse(amount, GBP), day, until))

    assert code_of(refused) == code


def test_given_a_coming_price_when_it_is_taken_back_then_it_never_holds(desk: Desk, office_shop: TinyShop) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    add_price(desk, NewPrice(candle, UnitPrice.parse("13.50", GBP), dt.date(2026, 12, 1)))
    coming = next(price_id for price_id, words, _ in show_product(desk, candle).prices if words.startswith("13.50"))
    withdraw_price(desk, coming)

    assert show_product(desk, candle).next_price == ""


def test_given_a_barcode_when_linked_twice_then_once_is_enough_and_another_product_cannot_have_it(
    desk: Desk, office_shop: TinyShop
) -> None:
    candle, mug = office_shop.variants["CND-CEDAR"], office_shop.variants["MUG-BLUE"]
    link_barcode(desk, candle, " 4006381 333931 ")
    link_barcode(desk, candle, "4006381333931")
    with pytest.raises(UserError) as refused:
        link_barcode(desk, mug, "4006381333931")

    assert code_of(refused) == "barcode_taken"
    assert sent(desk) == ["barcode.create"]
    code = next(each for each in show_product(desk, candle).card.codes if each.code == "4006381333931")
    unlink_barcode(desk, code.id)
    link_barcode(desk, mug, "4006381333931")
    assert sent(desk)[1:] == ["barcode.remove", "barcode.create"]


def test_given_a_mistyped_gtin_when_it_is_looked_at_then_it_warns_and_other_codes_do_not() -> None:
    assert code_warning("4006381333932")
    assert code_warning("4006381333931") == ""
    assert code_warning("OWN-CODE-1") == ""


def test_given_movements_when_booked_then_signs_follow_the_reason(desk: Desk, office_shop: TinyShop) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    for reason, quantity in (
        (MovementReason.RECEIPT, 12_000),
        (MovementReason.WRITE_OFF, 2_000),
        (MovementReason.ADJUSTMENT, -1_000),
        (MovementReason.COUNT, 10_000),
    ):
        move_stock(desk, NewMovement(candle, quantity, reason, note="x"))

    with desk.replica.read() as connection:
        booked = connection.exec_driver_sql("SELECT quantity FROM stock_movement ORDER BY id").scalars().all()
    assert booked == [12_000, -2_000, -1_000, -3_000]
    assert show_product(desk, candle).stock[0].on_hand == "10"


def counts(desk: Desk) -> list[tuple[int, int, int]]:
    """(difference, counted, ledger position it was held against) of every count made here."""
    with desk.replica.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT quantity, counted, counted_at_position FROM stock_movement WHERE reason = 'count' ORDER BY id"
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_given_a_count_that_agrees_when_booked_then_it_is_kept_and_moves_nothing(
    desk: Desk, office_shop: TinyShop
) -> None:
    move_stock(desk, NewMovement(office_shop.variants["CND-CEDAR"], 4_000, MovementReason.COUNT))

    assert counts(desk) == [(0, 4_000, 0)]
    assert show_product(desk, office_shop.variants["CND-CEDAR"]).stock[0].on_hand == "4"


def test_given_sales_here_and_elsewhere_while_somebody_counts_then_the_difference_is_of_when_the_count_began(
    desk: Desk, office_shop: TinyShop
) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    sheet = begin_count(desk, candle)
    assert (sheet.on_hand, sheet.ledger_position) == (4_000, 0)

    # Five stood on the shelf. Before the figure is typed another till sells two, and this desk writes one off.
    with desk.replica.write() as work:
        work.connection.exec_driver_sql(
            "UPDATE stock_level SET on_hand = 2000, ledger_position = 1 WHERE store_id = ? AND variant_id = ?",
            (desk.facts.store.id.bytes, candle.bytes),
        )
    move_stock(desk, NewMovement(candle, 1_000, MovementReason.WRITE_OFF))
    move_stock(desk, NewMovement(candle, 5_000, MovementReason.COUNT, sheet=sheet))

    assert show_product(desk, candle).stock[0].on_hand == "2", "5 counted, less 2 sold, less 1 written off"
    assert counts(desk) == [(1_000, 5_000, 0)], "N at the ledger position that was shown when the count began"


def test_given_a_sheet_of_another_product_when_counted_then_it_counts_for_nothing(
    desk: Desk, office_shop: TinyShop
) -> None:
    sheet = begin_count(desk, office_shop.variants["MUG-BLUE"])
    move_stock(desk, NewMovement(office_shop.variants["CND-CEDAR"], 4_000, MovementReason.COUNT, sheet=sheet))

    assert counts(desk) == [(0, 4_000, 0)]


@pytest.mark.parametrize(
    ("movement", "code"),
    [
        (("GIFT-WRAP", 1_000, MovementReason.RECEIPT), "service_has_no_stock"),
        (("CND-CEDAR", 0, MovementReason.RECEIPT), "quantity_invalid"),
        (("CND-CEDAR", -1, MovementReason.WRITE_OFF), "quantity_invalid"),
        (("CND-CEDAR", 1_000, MovementReason.SALE), "reason_unknown"),
        (("CND-CEDAR", 10**13, MovementReason.RECEIPT), "quantity_too_large"),
    ],
)
def test_given_an_impossible_movement_when_booked_then_it_is_refused(
    desk: Desk, office_shop: TinyShop, movement: tuple[str, int, MovementReason], code: str
) -> None:
    sku, quantity, reason = movement
    with pytest.raises(UserError) as refused:
        move_stock(desk, NewMovement(office_shop.variants[sku], quantity, reason))

    assert code_of(refused) == code


def test_given_a_new_product_when_one_part_is_refused_then_no_part_is_made(desk: Desk) -> None:
    product = NewProduct("TPR-1", {"name": "Taper"}, barcodes=("5012345678924",), price=UnitPrice(1, GBP))
    with pytest.raises(UserError) as refused:
        create_product(desk, product)

    assert code_of(refused) == "barcode_taken"
    assert sent(desk) == []


def test_given_customers_when_made_and_changed_then_numbers_are_the_devices_own(desk: Desk) -> None:
    first, _ = create_customer(desk, {"name": "  Ruth   Marsh "})
    create_customer(desk, {"name": "Sam"})
    edit_customer(desk, first, {"may_send_offers": True})
    with desk.replica.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, number FROM customer WHERE number LIKE 'HS2-%' ORDER BY number")
        assert [tuple(row) for row in rows] == [("Ruth Marsh", "HS2-0001"), ("Sam", "HS2-0002")]
    with pytest.raises(UserError) as refused:
        create_customer(desk, {"name": "Tim"}, number="HS2-0001")
    assert code_of(refused) == "customer_number_taken"


def test_given_the_inbox_when_read_then_what_needs_somebody_comes_first(desk: Desk) -> None:
    inbox = list_inbox(desk)

    assert [line.title for line in inbox.lines] == [
        "Espresso beans 250 g",
        "Enamel mug, blue",
        "Ines Carvalho",
        "Soy candle, cedar",
    ]
    assert (inbox.needing, inbox.settled, inbox.settled_today) == (2, 2, 2)


def test_given_a_conflict_of_references_when_read_then_the_values_are_words(desk: Desk) -> None:
    entry = show_entry(desk, shop_id("inbox", "tax"))

    assert entry.heading == "Espresso beans 250 g · Tax"
    assert [side.text for side in entry.sides] == ["Zero", "Reduced", "Standard"]
    assert entry.written is None


def test_given_a_discrepancy_when_a_value_is_taken_then_there_is_none_to_take(desk: Desk) -> None:
    with pytest.raises(UserError) as refused:
        take_value(desk, shop_id("inbox", "mug"), Take.MINE)

    assert code_of(refused) == "conflict_has_no_values"


def test_given_nothing_written_when_it_is_saved_then_it_is_refused(desk: Desk) -> None:
    with pytest.raises(UserError) as refused:
        take_value(desk, shop_id("inbox", "candle"), Take.OTHER, "  ")

    assert code_of(refused) == "field_empty"


def test_given_an_unknown_product_when_shown_then_it_is_said(desk: Desk) -> None:
    with pytest.raises(UserError) as refused:
        show_product(desk, uuid.UUID(int=5))

    assert code_of(refused) == "product_unknown"


def test_given_price_rows_of_all_kinds_when_the_list_prices_them_then_it_agrees_with_the_kernel(
    desk: Desk, office_shop: TinyShop
) -> None:
    candle = office_shop.variants["CND-CEDAR"]
    with desk.replica.write() as work:
        price_row(work.connection, office_shop, candle, name="later", pence=9900, valid_from=dt.date(2027, 1, 1))
        price_row(work.connection, office_shop, candle, name="today", pence=1300, valid_from=TODAY)
    with desk.replica.read() as connection:
        found = prices_today(connection, [candle], PriceContext(office_shop.price_list_id, TODAY))

    assert found == {(candle.bytes, "selling"): 13_000_000, (candle.bytes, "cost"): 5_100_000}
    assert show_product(desk, candle).price == "13.00"


@pytest.mark.parametrize("sort", list(ProductSort))
@pytest.mark.parametrize("is_descending", [False, True])
def test_given_every_way_to_sort_then_all_rows_are_there_and_in_order(
    desk: Desk, office_shop: TinyShop, sort: ProductSort, is_descending: bool
) -> None:
    wanted = ProductFilter(office_shop.store_id)
    with desk.replica.read() as connection:
        positions = product_positions(connection, wanted, price_context(desk), sort, is_descending=is_descending)
    lines = [line for line in product_lines(desk, positions, office_shop.store_id) if line is not None]
    assert len(lines) == len(set(positions)) == 21
    keys = {
        ProductSort.NAME: lambda line: line.name.replace(",", "").casefold(),
        ProductSort.SKU: lambda line: line.sku.replace("-", "").casefold(),
        ProductSort.PRICE: lambda line: float(line.price),
        ProductSort.COST: lambda line: float(line.cost) if line.cost else None,
        ProductSort.MARGIN: lambda line: line.margin_ppm,
        ProductSort.HERE: lambda line: line.here,
        ProductSort.CHAIN: lambda line: line.chain,
        ProductSort.STATE: lambda line: line.state,
    }
    values = [value for line in lines if (value := keys[sort](line)) is not None]
    assert values == sorted(values, reverse=is_descending)
