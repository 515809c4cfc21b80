"""Finding products: what a clerk types must lead to the product, and no text may break the search."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from desktop.replica import search
from desktop.replica.search import Match
from shared.schema.search.folding import fold
from tests.unit.search.conftest import PRICE_LIST, AddProduct


def names(connection: Connection, text: str, **options: bool) -> list[str]:
    return [found.name for found in search.find(connection, text, 20, **options)]


@pytest.fixture
def shop(connection: Connection, add_product: AddProduct) -> Connection:
    add_product("Soy candle, cedar", "CND-CEDAR", barcode="5012345678900", price_micro=12_500_000, brand="Wick & Co")
    add_product("Soy candle, fig", "CND-FIG", barcode="5012345678917")
    add_product("Dark chocolate 85 %, 100 g", "CHO-85-100")
    add_product("Milk chocolate bar 45 g", "CHO-MLK-45")
    add_product("Crème brûlée", "DES-BRU")
    add_product("Smørrebrød rye", "BRE-SMO")
    add_product("King’s tea", "TEA-KING")
    add_product("緑茶 ティー", "TEA-GRN")
    add_product("Oat milk, barista 1 l", "OAT-BAR-1L")
    add_product("Old candle", "CND-OLD", state="archived")
    add_product("Apron", "APR-L", variant="Large")
    return connection


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cedar soy", "Soy candle, cedar"),
        ("CED cand", "Soy candle, cedar"),
        ("creme brulee", "Crème brûlée"),
        ("BRÛLÉE", "Crème brûlée"),
        ("smorrebrod", "Smørrebrød rye"),
        ("kings", "King’s tea"),
        ("king's", "King’s tea"),
        ("茶", "緑茶 ティー"),
        ("wick", "Soy candle, cedar"),
        ("cnd-fig", "Soy candle, fig"),
        ("cndfig", "Soy candle, fig"),
        ("apron large", "Apron, Large"),
        ("o", "Oat milk, barista 1 l"),
    ],
)
def test_given_words_in_any_order_case_or_accent_when_finding_then_the_product_comes_first(
    shop: Connection, typed: str, expected: str
) -> None:
    assert names(shop, typed)[0] == expected


@pytest.mark.parametrize(
    "typed",
    ["chocolte", "chocolatte", "chocolste", "cohcolate", "chocl", "hocolate", "choccolate 85", "drak chocolate"],
)
def test_given_one_typing_error_when_finding_then_the_product_is_found_all_the_same(
    shop: Connection, typed: str
) -> None:
    assert "Dark chocolate 85 %, 100 g" in names(shop, typed)


def test_given_a_word_too_many_when_finding_then_what_has_the_others_is_found(shop: Connection) -> None:
    assert names(shop, "cedar candle scented") == ["Soy candle, cedar"]


def test_given_a_barcode_when_finding_then_it_comes_first_with_its_price(shop: Connection) -> None:
    found = search.find(shop, "5012345678900", 5, PRICE_LIST, dt.date(2026, 5, 1))

    assert (found[0].sku, found[0].match, found[0].barcode) == ("CND-CEDAR", Match.BARCODE, "5012345678900")
    assert found[0].unit_price_micro == 12_500_000


def test_given_the_beginning_of_a_barcode_when_finding_then_all_that_begin_so_are_listed(shop: Connection) -> None:
    assert [found.sku for found in search.find(shop, "50123456789", 5)] == ["CND-CEDAR", "CND-FIG"]


def test_given_a_whole_sku_when_finding_then_it_comes_before_everything_else(
    shop: Connection, add_product: AddProduct
) -> None:
    add_product("Cho-85-100 look-alike", "ZZZ")

    assert search.find(shop, "cho-85-100", 5)[0].sku == "CHO-85-100"


def test_given_an_archived_product_when_finding_then_only_the_office_sees_it(shop: Connection) -> None:
    assert "Old candle" not in names(shop, "candle")
    assert "Old candle" in names(shop, "candle", is_on_sale_only=False)
    assert names(shop, "CND-OLD") == ["Old candle"]


def test_given_a_renamed_product_when_its_change_is_indexed_then_only_the_new_name_finds_it(
    connection: Connection, add_product: AddProduct
) -> None:
    product_id = add_product("Soy candle", "CND")
    connection.exec_driver_sql("UPDATE product SET name = 'Beeswax taper' WHERE id = ?", (product_id.bytes,))
    search.index_changed(connection, "product", [product_id])

    assert names(connection, "soy") == []
    assert names(connection, "taper beesw") == ["Beeswax taper"]
    assert names(connection, "beeswxa") == ["Beeswax taper"]


def test_given_a_removed_product_when_its_change_is_indexed_then_nothing_is_found(
    connection: Connection, add_product: AddProduct
) -> None:
    product_id = add_product("Soy candle", "CND")
    connection.exec_driver_sql("DELETE FROM variant WHERE product_id = ?", (product_id.bytes,))
    connection.exec_driver_sql("DELETE FROM product WHERE id = ?", (product_id.bytes,))
    search.index_changed(connection, "product", [product_id])

    assert names(connection, "soy") == []


def test_given_a_change_of_no_searched_column_when_it_is_indexed_then_the_index_is_not_written(
    connection: Connection, add_product: AddProduct
) -> None:
    product_id = add_product("Soy candle", "CND")
    connection.exec_driver_sql("UPDATE product SET description = 'Burns long' WHERE id = ?", (product_id.bytes,))
    written: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *seen: written.append(seen[2].split()[0]))

    search.index_changed(connection, "product", [product_id])

    assert set(written) == {"SELECT"}


def test_given_no_index_yet_when_finding_then_codes_still_lead_to_their_product(shop: Connection) -> None:
    search.mark_stale(shop)

    assert not search.is_ready(shop)
    assert names(shop, "candle") == []
    assert names(shop, "5012345678900") == ["Soy candle, cedar"]
    assert names(shop, "CND-FIG") == ["Soy candle, fig"]


def test_given_an_index_grown_row_by_row_when_it_is_rebuilt_then_it_finds_the_same(shop: Connection) -> None:
    queries = ["c", "candle", "choc", "o", "crème", "chocolte", "t"]
    before = [names(shop, query) for query in queries]

    search.rebuild(shop)

    assert [names(shop, query) for query in queries] == before


def test_given_an_unknown_entity_when_it_changes_then_nothing_happens(connection: Connection) -> None:
    search.index_changed(connection, "customer", [uuid.UUID(int=1)])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.one_of(st.text(max_size=60), st.text(alphabet="\"'*()^:-+{}[]~%_\\ AND OR NOT NEAR\x00\x1d", max_size=40))
)
def test_given_any_text_at_all_when_finding_then_an_answer_comes(shop: Connection, text: str) -> None:
    assert len(search.find(shop, text, 10)) <= 10


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(min_size=1, max_size=60))
def test_given_any_name_at_all_when_it_is_indexed_then_its_own_words_find_it(
    connection: Connection, add_product: AddProduct, name: str
) -> None:
    product_id = add_product(name, "SKU-ANY")
    first = (fold(name).split() or [""])[0]

    found = [item.product_id for item in search.find(connection, first, 60)]

    connection.rollback()
    assert product_id in found or not any(sign.isalpha() and sign.isascii() for sign in first)
