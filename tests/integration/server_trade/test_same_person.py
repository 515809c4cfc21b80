"""Customers made twice: proposed by the server, joined by an alias, had back by an undo; whoever decides, and where."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.customers.same_person import alias_id
from shared.sync.wire import SentMutation
from sync_server.customers import same_person_service
from sync_server.customers.service import id_by_email
from sync_server.db.sessions import Database
from tests.helpers.protocol_device import ProtocolDevice, ids, wire_row
from tests.integration.server_trade.shop_questions import HS, inbox, one


def customer(device: ProtocolDevice, name: str, **more: object) -> tuple[uuid.UUID, SentMutation]:
    key = ids.new()
    row: dict[str, object] = {"id": key, "store_id": HS, "number": f"T{key.hex[-8:]}", "name": name}
    row |= {"created_at": SystemClock().now(), "may_send_offers": 0, "is_archived": 0, **more}
    return key, device.record("customer", [wire_row("customer", row), {}], "create")


def alias(database: Database, first: uuid.UUID, second: uuid.UUID) -> Mapping[str, Any] | None:
    with database.reading() as connection:
        found = connection.execute(
            text("SELECT * FROM customer_alias WHERE id = :id"), {"id": alias_id(first, second)}
        ).mappings()
        return next((dict(row) for row in found), None)


def set_state(device: ProtocolDevice, pair: uuid.UUID, before: str, after: str, by: str = "Ada M.") -> SentMutation:
    now = SystemClock().now()
    changes = {"state": [before, after], "decided_by": ["", by], "decided_at": [None, now]}
    arguments = {"id": pair.bytes, "base_version": 1, "changes": changes, "edited_at": now, "edited_by": by}
    return device.mutation("customer_alias.edit", arguments)


def stands_for(database: Database, key: uuid.UUID) -> uuid.UUID:
    with database.reading() as connection:
        return same_person_service.survivor_of(connection, key)


def test_given_a_customer_made_twice_offline_then_both_are_kept_and_a_person_is_asked(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, made = customer(till, "Beatrix Quill", email="bea@quill.example", phone="+44 20 7946 0301")
    till.push([made])
    second, again = customer(office, "Béatrix Quill", phone="020 7946 0301")
    assert office.push([again]).results[0].status == "applied"

    pair = alias(shop, first, second)
    assert pair is not None
    assert (pair["survivor_id"], pair["alias_id"], pair["state"]) == (first, second, "proposed")
    (entry,) = inbox(shop, second, "same_person")
    assert (entry["state"], entry["title"]) == ("needs_you", "Béatrix Quill")
    assert (
        entry["reason"] == "Two profiles have the same name and the same telephone. Nothing changes until you decide."
    )
    assert stands_for(shop, second) == second


def test_given_a_merge_when_undone_then_both_profiles_are_exactly_as_before(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, made = customer(till, "Casper Lund", email="casper@lund.example")
    second, again = customer(till, "Caspar Lund", email="Casper@Lund.example")
    till.push([made, again])
    rows = "SELECT string_agg(customer::text, '|' ORDER BY id) FROM customer WHERE id IN (:one, :other)"
    before = one(shop, rows, one=first, other=second)
    pair = alias_id(first, second)

    office.push([set_state(office, pair, "proposed", "merged")])
    assert stands_for(shop, second) == first
    (entry,) = inbox(shop, second, "same_person")
    assert (entry["state"], entry["decided_by"]) == ("decided", "Ada M.")
    assert one(shop, rows, one=first, other=second) == before

    office.push([set_state(office, pair, "merged", "undone")])
    assert (stands_for(shop, first), stands_for(shop, second)) == (first, second)
    assert one(shop, rows, one=first, other=second) == before


def test_given_an_address_of_the_newer_profile_when_the_web_shop_asks_then_the_survivor_is_meant(
    till: ProtocolDevice, shop: Database
) -> None:
    first, made = customer(till, "Dora Finch", phone="+44 20 7946 0311")
    second, again = customer(till, "Dora Finch", phone="020 7946 0311", email="dora@finch.example")
    till.push([made, again])
    till.push([set_state(till, alias_id(first, second), "proposed", "merged")])
    with shop.reading() as connection:
        assert id_by_email(connection, "DORA@finch.example") == first


def test_given_a_circle_of_merges_then_all_are_one_person_and_the_oldest_stands(
    till: ProtocolDevice, shop: Database
) -> None:
    made = [customer(till, name, email="ring@example.com") for name in ("Ed Ring", "Edd Ring", "E. Ring")]
    till.push([mutation for _, mutation in made])
    first, second, third = (key for key, _ in made)
    pairs = [alias_id(first, second), alias_id(second, third), alias_id(first, third)]
    till.push([set_state(till, pair, "proposed", "merged") for pair in pairs])
    assert {stands_for(shop, key) for key in (first, second, third)} == {first}

    till.push([set_state(till, pairs[0], "merged", "undone")])
    assert {stands_for(shop, key) for key in (first, second, third)} == {first}
    till.push([set_state(till, pairs[2], "merged", "undone")])
    assert [stands_for(shop, key) for key in (first, second, third)] == [first, second, second]


def test_given_one_merges_and_another_keeps_apart_offline_then_the_later_stands_and_the_other_can_be_had_back(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, made = customer(till, "Gus Holm", email="gus@holm.example")
    second, again = customer(till, "Gus Holm", email="gus@holm.example")
    till.push([made, again])
    pair = alias_id(first, second)
    early = set_state(office, pair, "proposed", "kept_apart", "Ada M., Office")
    late = set_state(till, pair, "proposed", "merged", "Mara K., Till 2")
    till.push([late])
    office.push([early])
    found = alias(shop, first, second)
    assert found is not None
    assert (found["state"], found["decided_by"]) == ("merged", "Mara K., Till 2")
    (entry,) = inbox(shop, pair)
    assert (entry["field"], entry["mine_by"], entry["stands"]) == ("state", "Ada M., Office", "theirs")


def test_given_a_pair_kept_apart_when_a_profile_is_edited_then_it_is_not_proposed_again(
    till: ProtocolDevice, shop: Database
) -> None:
    first, made = customer(till, "Hal Ivory", email="hal@ivory.example")
    second, again = customer(till, "Hal Ivory", email="hal@ivory.example")
    till.push([made, again])
    till.push([set_state(till, alias_id(first, second), "proposed", "kept_apart")])
    now = SystemClock().now()
    changes = {"phone": ["", "+44 20 7946 0399"]}
    arguments = {"id": second.bytes, "base_version": 1, "changes": changes, "edited_at": now, "edited_by": "Ada M."}
    till.push([till.mutation("customer.edit", arguments)])
    found = alias(shop, first, second)
    assert found is not None
    assert found["state"] == "kept_apart"
    assert len(inbox(shop, second, "same_person")) == 1


def test_given_an_edit_makes_two_profiles_alike_then_they_are_proposed(till: ProtocolDevice, shop: Database) -> None:
    first, made = customer(till, "Ivo Jansen", email="ivo@jansen.example")
    second, again = customer(till, "Ivo Jansen")
    till.push([made, again])
    assert alias(shop, first, second) is None
    now = SystemClock().now()
    changes = {"email": ["", "ivo@jansen.example"]}
    arguments = {"id": second.bytes, "base_version": 1, "changes": changes, "edited_at": now, "edited_by": "Ada M."}
    till.push([till.mutation("customer.edit", arguments)])
    assert alias(shop, first, second) is not None


def test_given_a_household_when_made_then_nobody_is_asked(till: ProtocolDevice, shop: Database) -> None:
    home = [{"street": "12 Quay Lane", "city": "Whitby", "postcode": "YO21 3QA"}]
    keys = []
    for name in ("Jo Kemp", "Sam Kemp"):
        key, made = customer(till, name, phone="+44 1947 600 123", addresses=home)
        till.push([made])
        keys.append(key)
    assert alias(shop, *keys) is None


def test_given_customers_written_by_hand_when_all_are_matched_then_they_are_found_once(shop: Database) -> None:
    keys = [ids.new(), ids.new()]
    with shop.writing() as connection:
        for key in keys:
            connection.execute(
                text(
                    "INSERT INTO customer (id, store_id, number, name, email, phone, addresses, tags, note,"
                    " may_send_offers, consent_evidence, points, created_at, is_archived) VALUES"
                    " (:id, :store, :number, 'Kit Larch', 'kit@larch.example', '', '[]', '[]', '', false, '', 0, 1, false)"
                ),
                {"id": key, "store": HS, "number": str(key)[-6:]},
            )
    looked_at, proposed = same_person_service.match_all(shop)
    assert looked_at >= 2
    assert proposed >= 1
    assert alias(shop, *keys) is not None
    assert same_person_service.match_all(shop) == (0, 0)


@pytest.mark.parametrize("state", ["proposed", "merged"])
def test_given_a_pair_made_by_hand_that_the_server_knows_then_both_are_the_same_pair(
    till: ProtocolDevice, shop: Database, state: str
) -> None:
    first, made = customer(till, f"Lo Mint {state}", email=f"{state}@mint.example")
    second, again = customer(till, f"Lo Mint {state}", email=f"{state}@mint.example")
    till.push([made, again])
    row = {"id": alias_id(first, second), "alias_id": second, "survivor_id": first, "state": state}
    answer = till.push([till.record("customer_alias", [wire_row("customer_alias", row), {}], "create")])
    assert answer.results[0].status == "repeated"
