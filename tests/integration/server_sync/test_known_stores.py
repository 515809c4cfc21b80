"""A customer is on the devices of the home store and of the stores that know them, and on no others."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from shared.clock import SettableClock, SystemClock
from shared.errors import UserError
from shared.ids import TimeOrderedIds
from shared.schema.registry import AGGREGATES, scopes_of, store_scope
from sync_server.chain.service import customer_months_known, set_setting
from sync_server.customers import known_store_service as known_stores
from sync_server.db.sessions import Database
from sync_server.sync.housekeeping import Housekeeper
from sync_server.sync.integrity_service import verify_feed
from sync_server.sync.record_repository import copy_rows
from tests.helpers.protocol_device import ProtocolDevice, make_store, sale_payload, wire_row

ids = TimeOrderedIds()


def add_customer(database: Database, home: uuid.UUID) -> uuid.UUID:
    customer = ids.new()
    with database.writing() as connection:
        row = wire_row("customer", {"id": customer, "store_id": home, "name": "Ann"})
        copy_rows(connection, AGGREGATES["customer"].root, [tuple(row)])
    return customer


def states(database: Database, customer: uuid.UUID) -> dict[str, str]:
    with database.reading() as connection:
        rows = connection.execute(
            text("SELECT s.name, r.state FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id WHERE r.id = :id"),
            {"id": customer},
        )
        return {row.name: row.state for row in rows}


def versions(database: Database, customer: uuid.UUID) -> set[int]:
    with database.reading() as connection:
        live = text("SELECT version FROM sync_row WHERE id = :id AND state = 'live'")
        return set(connection.execute(live, {"id": customer}).scalars())


def test_given_a_customer_known_elsewhere_then_the_sql_and_the_registry_name_the_same_scopes(
    fresh_database: Database,
) -> None:
    home, other, third = ids.new(), ids.new(), ids.new()
    customer = add_customer(fresh_database, home)
    for store in (other, third, home):
        with fresh_database.writing() as connection:
            known_stores.pin(connection, customer, store, now=0)
    held = {scope for scope, state in states(fresh_database, customer).items() if state == "live"}
    assert held == set(scopes_of(AGGREGATES["customer"], {"store_id": home}, [other, third]))
    assert versions(fresh_database, customer) == {3}, "one version in every scope; the home store is no news"


def test_given_any_writer_of_the_stores_then_the_customer_joins_and_leaves_with_the_row(
    fresh_database: Database,
) -> None:
    home, other = ids.new(), ids.new()
    customer = add_customer(fresh_database, home)
    with fresh_database.writing() as connection:
        connection.execute(
            text("INSERT INTO customer_store VALUES (:customer, :store, 'pinned', NULL)"),
            {"customer": customer, "store": other},
        )
    assert states(fresh_database, customer)[store_scope(other)] == "live"
    with fresh_database.writing() as connection:
        connection.execute(text("UPDATE customer SET store_id = :other"), {"other": other})
    assert states(fresh_database, customer) == {store_scope(home): "left", store_scope(other): "live"}
    with fresh_database.writing() as connection:
        connection.execute(text("DELETE FROM customer_store"))
    assert states(fresh_database, customer) == {store_scope(home): "left", store_scope(other): "live"}
    with fresh_database.writing() as connection:
        connection.execute(text("DELETE FROM customer"))
    assert states(fresh_database, customer) == {store_scope(home): "left", store_scope(other): "deleted"}
    assert verify_feed(fresh_database).agrees


def test_given_a_sale_to_a_customer_of_another_store_then_this_store_knows_them(
    database: Database, till: ProtocolDevice
) -> None:
    elsewhere = make_store(database)
    visitor, at_home = add_customer(database, elsewhere), add_customer(database, till.store_id)
    till.push(
        [
            till.record("sale", sale_payload(till.store_id, till.id, [ids.new()], customer_id=customer))
            for customer in (visitor, at_home, ids.new())
        ]
    )
    pages = [page for answer in till.pull_all() for page in answer.pages]
    rows = {row.id for page in pages for row in page.rows if row.entity == "customer"}
    assert rows >= {visitor.bytes, at_home.bytes}
    with database.reading() as connection:
        known = connection.execute(text("SELECT customer_id, store_id, reason FROM customer_store")).all()
    assert [tuple(row) for row in known] == [(visitor, till.store_id, "bought")]
    before = versions(database, visitor)
    till.push([till.record("sale", sale_payload(till.store_id, till.id, [ids.new()], customer_id=visitor))])
    assert versions(database, visitor) == before, "another visit soon after sends nobody anything"


def test_given_a_visit_long_ago_then_housekeeping_lets_the_store_forget_them(fresh_database: Database) -> None:
    home, other = ids.new(), ids.new()
    clock = SettableClock(SystemClock().now())
    database = Database(fresh_database.engine, clock, TimeOrderedIds(clock))
    customer = add_customer(database, home)
    with database.writing() as connection:
        set_setting(connection, "customer_months_known", "2")
        assert customer_months_known(connection) == 2
        known_stores.pin(connection, customer, other, now=clock.now())
    assert Housekeeper(database).tidy().customers_ended == 0
    clock.advance(63 * 86_400)
    assert Housekeeper(database).tidy().customers_ended == 1
    assert states(database, customer) == {store_scope(home): "live", store_scope(other): "left"}


def test_given_months_that_make_no_sense_then_the_setting_is_refused(fresh_database: Database) -> None:
    with fresh_database.writing() as connection, pytest.raises(UserError, match="does not fit"):
        set_setting(connection, "customer_months_known", "0")
