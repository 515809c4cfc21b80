"""SymmetricDS's and Zero's scenarios, re-expressed: odd rows, odd values and odd writers between a server and two tills."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import select

from desktop.replica.engine import Replica
from desktop.replica.unit_of_work import ChildEdit
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.base import Replicated, ScopeRule
from shared.schema.catalogue import Barcode, Category, Product, QuickKey, Variant
from shared.schema.registry import AGGREGATES
from sync_server.db.engine import connection_text
from sync_server.sync.digest_service import digests
from sync_server.sync.record_repository import copy_rows
from tests.helpers.desks import Desks, central, desks, digest_of, new_category
from tests.helpers.lives import OpenTill, Shop
from tests.helpers.postgres import database, database_url, postgres
from tests.helpers.protocol_device import wire_row

__all__ = ["central", "database", "database_url", "desks", "postgres"]

ids = TimeOrderedIds()
SIMPLE = "SymmetricDS SimpleIntegration"
LARGE = 160_000
"""Beyond what PostgreSQL keeps in the row itself by far, and within what an aggregate may weigh."""
ODD_WORDS = {
    "a statement": "Robert'); DROP TABLE sale;--",
    "placeholders": "%s %(name)s :name $1 {0} ?",
    "words of SQL": "NULL",
    "a reserved word": "select",
    "quotes": "\"'`´’\\",
    "spaces": "  two at both ends  ",
    "control characters": "tab\tline\nreturn\r\x01\x1b",
    "right to left": "שלום \u202eعكس",
    "beyond the basic plane": "🕯️👩‍👩‍👧 𝔸",
    "combining": "e\u0301 versus \u00e9",
    "very long": "long " * 4_000,
}


@contextmanager
def psql(shop: Shop) -> Iterator[psycopg.Connection]:
    """A writer that is none of ours; one transaction."""
    url = shop.database.engine.url.render_as_string(hide_password=False)
    with psycopg.connect(connection_text(url)) as connection:
        yield connection


def assert_in_step(shop: Shop, *tills: OpenTill) -> None:
    """Each till holds byte for byte what the server would give it."""
    for till in tills:
        for _ in range(5):  # The server's own rounds (stock, matching) may write between the two looks.
            till.sync()
            here = digest_of(till)
            with shop.database.reading() as connection:
                found = digests(connection, [scope for scope, _, _ in here])
            there = [(each.scope, each.rows, each.digest) for each in found]
            if here == there:
                break
        assert here == there


def barcode_of(replica: Replica, barcode: uuid.UUID) -> str | None:
    with replica.read() as connection:
        return connection.execute(select(Barcode.code).where(Barcode.id == barcode)).scalar()


def add_barcode(connection: psycopg.Connection, barcode: uuid.UUID, code: str) -> None:
    connection.execute("INSERT INTO barcode VALUES (%s, %s, %s, 1000)", [barcode, code, barcode])


@pytest.mark.scenario(SIMPLE, "the primary key of a row is changed: the old one goes, the new one comes")
def test_given_a_row_that_gets_another_id_then_devices_lose_the_old_and_have_the_new(
    central: Shop, desks: Desks
) -> None:
    a, b = desks("a"), desks("b")
    old, new = ids.new(), ids.new()
    with psql(central) as connection:
        add_barcode(connection, old, "of old")
    a.sync()
    assert barcode_of(a.device.replica, old) == "of old"
    with psql(central) as connection:
        connection.execute("UPDATE barcode SET id = %s WHERE id = %s", [new, old])
    assert_in_step(central, a, b)
    assert (barcode_of(a.device.replica, old), barcode_of(a.device.replica, new)) == (None, "of old")


@pytest.mark.scenario(SIMPLE, "many changes of one row in one transaction: only what it came to")
@pytest.mark.parametrize("ends_there", [True, False])
def test_given_a_row_made_deleted_and_made_again_at_once_then_devices_see_only_the_outcome(
    central: Shop, desks: Desks, ends_there: bool
) -> None:
    a, b = desks("a"), desks("b")
    row = ids.new()
    with psql(central) as connection:
        for turn in range(3):
            add_barcode(connection, row, f"turn {turn}")
            connection.execute("UPDATE barcode SET quantity = quantity + 1 WHERE id = %s", [row])
            connection.execute("DELETE FROM barcode WHERE id = %s", [row])
        if ends_there:
            add_barcode(connection, row, "stays")
    assert_in_step(central, a, b)
    assert barcode_of(a.device.replica, row) == ("stays" if ends_there else None)


@pytest.mark.scenario(SIMPLE, "empty and null are two things, in words, references, lists and documents")
def test_given_empty_and_absent_values_then_each_arrives_as_what_it_is_both_ways(central: Shop, desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    parent = new_category(a, "Parent")
    with a.device.replica.write() as unit:
        full, bare = unit.ids.new(), unit.ids.new()
        unit.create("category", {"id": full, "name": "", "parent_id": parent, "colour": "moss"})
        unit.create("category", {"id": bare, "name": "x", "parent_id": None, "colour": ""})
        product = unit.ids.new()
        unit.create("product", {"id": product, "name": "P", "tags": [], "attributes": {"a": None, "b": "", "c": []}})
    a.sync()
    b.sync()
    with b.device.replica.write() as unit:
        unit.edit("category", full, {"parent_id": None, "name": "named"}, edited_by="b")
        unit.edit("category", bare, {"parent_id": parent, "name": ""}, edited_by="b")
    for _ in range(2):
        assert_in_step(central, b, a)
    with psql(central) as connection:
        asked = "SELECT name, parent_id, colour FROM category WHERE id = %s"
        rows = [connection.execute(asked, [each]).fetchone() for each in (full, bare)]
    assert rows == [("named", None, "moss"), ("", parent, "")]
    for till in (a, b):
        with till.device.replica.read() as connection:
            shown = select(Category.name, Category.parent_id, Category.colour)
            assert [tuple(connection.execute(shown.where(Category.id == each)).one()) for each in (full, bare)] == rows
            kept = connection.execute(select(Product.tags, Product.attributes).where(Product.id == product)).one()
            assert tuple(kept) == ([], {"a": None, "b": "", "c": []})


@pytest.mark.scenario(SIMPLE, "numbers come as they are, beyond what a float can hold as well")
@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)])
def test_given_the_largest_numbers_then_none_is_rounded_on_the_way(central: Shop, desks: Desks, number: int) -> None:
    a, b = desks("a"), desks("b")
    with a.device.replica.write() as unit:
        made = unit.ids.new()
        unit.create("category", {"id": made, "name": "Order", "sort_order": number})
    a.sync()
    assert_in_step(central, a, b)
    with b.device.replica.read() as connection:
        assert connection.execute(select(Category.sort_order).where(Category.id == made)).scalar_one() == number


@pytest.mark.scenario(SIMPLE, "reserved names and odd characters are values like any other")
@pytest.mark.parametrize("kind", ODD_WORDS)
def test_given_words_that_mean_something_to_a_database_then_they_arrive_as_they_were_typed(
    central: Shop, desks: Desks, kind: str
) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, ODD_WORDS[kind])
    a.sync()
    with psql(central) as connection:
        connection.execute("UPDATE category SET colour = %s WHERE id = %s", [ODD_WORDS[kind][:60], made])
    assert_in_step(central, a, b)
    with b.device.replica.read() as connection:
        shown = connection.execute(select(Category.name, Category.colour).where(Category.id == made)).one()
    assert tuple(shown) == (ODD_WORDS[kind], ODD_WORDS[kind][:60])


@pytest.mark.scenario(SIMPLE, "every table with every column travels, whatever its columns are called")
def test_given_a_row_in_every_table_then_every_one_of_them_arrives(central: Shop, desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    store = a.identity.store_id
    assert store is not None
    made: dict[str, bytes] = {}
    with central.database.writing() as connection:
        for entity, aggregate in AGGREGATES.items():
            root = wire_row(entity, {"store_id": store, "business_date": "2026-11-18", "at": 0, "key": str(ids.new())})
            copy_rows(connection, aggregate.root, [tuple(root)])
            assert isinstance(root[0], bytes)
            made[entity] = root[0]
            for child in aggregate.children:
                values = {child.parent_column: uuid.UUID(bytes=made[entity])}
                copy_rows(connection, child, [tuple(wire_row(entity, values, child.name)) for _ in range(2)])
    assert_in_step(central, a, b)
    with a.device.replica.read() as connection:
        for entity, aggregate in AGGREGATES.items():
            table = Replicated.metadata.tables[aggregate.root.name]
            found = connection.execute(select(table.c.id).where(table.c.id == uuid.UUID(bytes=made[entity]))).all()
            assert bool(found) == (aggregate.scope is not ScopeRule.NOWHERE), entity


@pytest.mark.scenario(SIMPLE, "every column of a child with next to none of them is changed at once")
def test_given_a_child_whose_every_column_changes_then_it_is_the_same_child_everywhere(
    central: Shop, desks: Desks
) -> None:
    a, b = desks("a"), desks("b")
    with a.device.replica.write() as unit:
        product, variant, other = unit.ids.new(), unit.ids.new(), unit.ids.new()
        children = [
            {"id": variant, "product_id": product, "sku": "ONE"},
            {"id": other, "product_id": product, "sku": "TWO"},
        ]
        unit.create("product", {"id": product, "name": "P"}, {"variant": children})
    a.sync()
    b.sync()
    changed = {"sku": "UNO", "name": "Large", "position": 9}
    with b.device.replica.write() as unit:
        edits = [ChildEdit("variant", variant, changed), ChildEdit("variant", other, is_removed=True)]
        unit.edit("product", product, {}, edited_by="b", children=edits)
    b.sync()
    with psql(central) as connection:
        connection.execute("UPDATE variant SET position = 10 WHERE id = %s", [variant])
    assert_in_step(central, a, b)
    with a.device.replica.read() as connection:
        columns = select(Variant.id, Variant.sku, Variant.name, Variant.position)
        found = connection.execute(columns.where(Variant.product_id == product)).all()
    assert [tuple(row) for row in found] == [(variant, "UNO", "Large", 10)]


@pytest.mark.scenario(SIMPLE, "a reference to what is not there: taken as it is, whole again once that comes")
def test_given_a_key_for_a_product_that_comes_later_then_neither_waits_for_the_other(
    central: Shop, desks: Desks
) -> None:
    a, b = desks("a"), desks("b")
    variant = ids.new()
    with a.device.replica.write() as unit:
        key = unit.ids.new()
        unit.create(
            "quick_key", {"id": key, "category_id": derived_id("nowhere"), "variant_id": variant, "position": 1}
        )
    assert not a.engine.cycle().refused
    assert_in_step(central, a, b)
    with b.device.replica.write() as unit:
        product = unit.ids.new()
        child = {"id": variant, "product_id": product, "sku": "LATE"}
        unit.create("product", {"id": product, "name": "Late"}, {"variant": [child]})
    b.sync()
    assert_in_step(central, a, b)
    with a.device.replica.read() as connection:
        joined = select(Variant.sku).join(QuickKey, QuickKey.variant_id == Variant.id).where(QuickKey.id == key)
        assert connection.execute(joined).scalar_one() == "LATE"


@pytest.mark.scenario("Zero toasted values", "a small column changes beside a large one: the large one is not lost")
def test_given_a_large_value_when_another_column_changes_then_the_row_comes_whole(central: Shop, desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    description = random.Random(7).randbytes(LARGE // 2).hex()
    with psql(central) as connection:
        product = ids.new()
        connection.execute(
            "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at,"
            " updated_by) VALUES (%s, 'Large', %s, '', 'goods', 'piece', 'active', '[]', '{}', 0, '')",
            [product, description],
        )
    a.sync()
    with psql(central) as connection:
        connection.execute("UPDATE product SET brand = 'By hand' WHERE id = %s", [product])
    assert_in_step(central, a, b)
    with b.device.replica.write() as unit:
        unit.edit("product", product, {"name": "Larger"}, edited_by="b")
    b.sync()
    assert_in_step(central, a, b)
    for till in (a, b):
        with till.device.replica.read() as connection:
            columns = select(Product.name, Product.brand, Product.description).where(Product.id == product)
            assert tuple(connection.execute(columns).one()) == ("Larger", "By hand", description)


@pytest.mark.scenario("Zero toasted values", "a large value itself changes, and is emptied")
def test_given_a_large_value_that_changes_here_and_there_then_the_later_one_is_everywhere_whole(
    central: Shop, desks: Desks
) -> None:
    a, b = desks("a"), desks("b")
    first, second = (random.Random(seed).randbytes(LARGE // 4).hex() for seed in (1, 2))
    with a.device.replica.write() as unit:
        product = unit.ids.new()
        unit.create("product", {"id": product, "name": "Large", "description": first})
    a.sync()
    b.sync()
    for till, value in ((b, second), (a, "")):
        with till.device.replica.write() as unit:
            unit.edit("product", product, {"description": value}, edited_by="x")
        till.sync()
        assert_in_step(central, a, b)
        with a.device.replica.read() as connection:
            shown = connection.execute(select(Product.description).where(Product.id == product)).scalar_one()
        assert shown == value
