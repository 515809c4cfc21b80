"""Edits that meet: different fields merge silently, the same field is settled by its policy, and a person can undo it."""

from __future__ import annotations

import json
import uuid

from shared.clock import SystemClock
from shared.schema.types import canonical_json
from shared.sync.decision import Take, decision
from shared.sync.wire import SentMutation
from sync_server.db.sessions import Database
from sync_server.sample_shop.service import sample_id
from tests.helpers.protocol_device import ProtocolDevice
from tests.integration.server_trade.shop_questions import inbox, one, product

MINUTE = 60_000_000


def edit(
    device: ProtocolDevice, entity: str, key: uuid.UUID, by: str, at: int, **changes: list[object]
) -> SentMutation:
    arguments = {"id": key.bytes, "base_version": 1, "changes": changes, "edited_at": at, "edited_by": by}
    return device.mutation(f"{entity}.edit", arguments)


def field(database: Database, name: str, key: uuid.UUID) -> object:
    return one(database, f"SELECT {name} FROM product WHERE id = :id", id=key)


def decide(device: ProtocolDevice, entry: uuid.UUID, take: Take, value: object = None) -> SentMutation:
    changes = {
        "state": ["settled", "decided"],
        "decision": [None, canonical_json(decision(take, value))],
        "decided_by": ["", "Jonas P., Office 1"],
    }
    return edit(device, "inbox_entry", entry, "Jonas P., Office 1", SystemClock().now(), **changes)


def test_given_the_name_changed_twice_offline_then_the_later_stands_and_the_other_can_be_taken(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("CND-CEDAR"), SystemClock().now()
    office.push(
        [
            edit(
                office,
                "product",
                key,
                "Jonas P., Office 1",
                now - 20 * MINUTE,
                name=["Soy candle, cedar", "Cedarwood soy candle"],
            )
        ]
    )
    late = edit(
        till, "product", key, "Mara K., Till 2", now - 5 * MINUTE, name=["Soy candle, cedar", "Soy candle cedar"]
    )
    assert till.push([late]).results[0].status == "merged"
    assert field(shop, "name", key) == "Soy candle cedar"
    (entry,) = inbox(shop, key)
    assert [json.loads(entry[side]) for side in ("base", "mine", "theirs")] == [
        "Soy candle, cedar",
        "Soy candle cedar",
        "Cedarwood soy candle",
    ]
    assert (entry["mine_by"], entry["theirs_by"], entry["stands"]) == ("Mara K., Till 2", "Jonas P., Office 1", "mine")
    assert (entry["state"], entry["field"], entry["reason"]) == (
        "settled",
        "name",
        "Two people changed the name at the same time. The later edit stands.",
    )
    office.push([decide(office, entry["id"], Take.THEIRS)])
    assert field(shop, "name", key) == "Cedarwood soy candle"
    assert field(shop, "updated_by", key) == "Jonas P., Office 1"
    office.push([decide(office, entry["id"], Take.OTHER, "Soy candle, cedarwood")])
    assert field(shop, "name", key) == "Soy candle, cedarwood"


def test_given_different_fields_then_both_stand_and_nobody_is_told(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("CND-FIG"), SystemClock().now()
    office.push([edit(office, "product", key, "Jonas P., Office 1", now, brand=["Tidewater", "Tidewater Home"])])
    till.push(
        [
            edit(
                till,
                "product",
                key,
                "Mara K., Till 2",
                now,
                description=["Hand-poured soy wax, 40 hours.", "Hand-poured."],
            )
        ]
    )
    assert (field(shop, "brand", key), field(shop, "description", key)) == ("Tidewater Home", "Hand-poured.")
    assert inbox(shop, key) == []


def test_given_two_tax_categories_then_what_stood_stays_until_somebody_decides(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("FUE-KIND"), SystemClock().now()
    reduced, standard, zero = (sample_id("tax_category", code) for code in ("REDUCED", "STANDARD", "ZERO"))
    office.push(
        [
            edit(
                office,
                "product",
                key,
                "Jonas P., Office 1",
                now - MINUTE,
                tax_category_id=[reduced.bytes, standard.bytes],
            )
        ]
    )
    till.push([edit(till, "product", key, "Priya S., Till 1", now, tax_category_id=[reduced.bytes, zero.bytes])])
    assert field(shop, "tax_category_id", key) == standard
    (entry,) = inbox(shop, key)
    assert (entry["state"], json.loads(entry["mine"])) == ("needs_you", str(zero))
    office.push([decide(office, entry["id"], Take.MINE)])
    assert field(shop, "tax_category_id", key) == zero


def test_given_an_archive_and_a_rename_then_both_stand_and_a_sale_is_still_taken(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("BOA-OAK"), SystemClock().now()
    office.push([edit(office, "product", key, "Jonas P., Office 1", now, state=["active", "archived"])])
    till.push(
        [
            edit(
                till,
                "product",
                key,
                "Mara K., Till 2",
                now + MINUTE,
                state=["active", "draft"],
                name=["Oak chopping board", "Oak board"],
            )
        ]
    )
    assert (field(shop, "state", key), field(shop, "name", key)) == ("archived", "Oak board")


def test_given_consent_withdrawn_and_granted_at_once_then_it_is_withdrawn(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = sample_id("customer", "T1001"), SystemClock().now()
    office.push([edit(office, "customer", key, "Ada L., Office 1", now - MINUTE, may_send_offers=[1, 0])])
    office.push(
        [edit(office, "customer", key, "Ada L., Office 1", now - MINUTE, tags=['["regular"]', '["friend","regular"]'])]
    )
    till.push(
        [edit(till, "customer", key, "Mara K., Till 2", now, tags=['["regular"]', '["allergy: nuts","regular"]'])]
    )
    assert one(shop, "SELECT may_send_offers FROM customer WHERE id = :id", id=key) is False
    assert json.loads(str(one(shop, "SELECT tags FROM customer WHERE id = :id", id=key))) == [
        "regular",
        "allergy: nuts",
        "friend",
    ]


def test_given_a_decision_that_makes_no_sense_then_it_is_refused_and_the_rest_goes_on(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("FUE-HEAT-10"), SystemClock().now()
    office.push([edit(office, "product", key, "Jonas P., Office 1", now - MINUTE, kind=["goods", "service"])])
    till.push([edit(till, "product", key, "Mara K., Till 2", now, kind=["goods", "other"])])
    (entry,) = inbox(shop, key)
    answer = office.push([decide(office, entry["id"], Take.OTHER, 5), decide(office, entry["id"], Take.BASE)])
    assert [result.status for result in answer.results] == ["refused", "applied"]
    assert answer.results[0].code == "decision_invalid"
    assert field(shop, "kind", key) == "goods"
