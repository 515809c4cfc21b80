"""Two prices for one slot: the first stands until somebody decides."""

from __future__ import annotations

import datetime as dt
import uuid
from itertools import count

import pytest
from sqlalchemy import text

from shared.schema.types import canonical_json
from shared.sync.decision import Take, decision
from shared.sync.wire import SentMutation
from sync_server.db.sessions import Database
from sync_server.sample_shop.service import sample_id
from tests.helpers.protocol_device import ProtocolDevice, ids, wire_row
from tests.integration.server_trade.shop_questions import inbox, one, variant

RETAIL = sample_id("price_list", "RETAIL")
DAY = dt.date(2027, 3, 1)
_instants = count(5)


def price(
    device: ProtocolDevice, sku: str, amount: int, by: str, *, day: dt.date = DAY, at: int = 1
) -> tuple[uuid.UUID, SentMutation]:
    key = ids.new()
    values = {
        "id": key,
        "price_list_id": RETAIL,
        "variant_id": variant(sku),
        "kind": "selling",
        "unit_price_micro": amount * 10_000,
        "valid_from": day.isoformat(),
        "valid_to": None,
        "created_at": at,
        "created_by": by,
        "state": "active",
    }
    return key, device.record("price", [wire_row("price", values), {}], verb="create")


def edit(
    device: ProtocolDevice, entity: str, key: uuid.UUID, by: str = "Jonas P., Office 1", **changes: list[object]
) -> SentMutation:
    arguments = {"id": key.bytes, "base_version": 0, "changes": changes, "edited_at": next(_instants), "edited_by": by}
    return device.mutation(f"{entity}.edit", arguments)


def decide(device: ProtocolDevice, entry: uuid.UUID, take: Take, value: object = None) -> SentMutation:
    changes = {
        "state": ["needs_you", "decided"],
        "decision": [None, canonical_json(decision(take, value))],
        "decided_by": ["", "Ada L., Office 1"],
        "decided_at": [None, 7],
    }
    return edit(device, "inbox_entry", entry, **changes)


def state(database: Database, key: uuid.UUID) -> str:
    return str(one(database, "SELECT state FROM price WHERE id = :id", id=key))


def two_prices(till: ProtocolDevice, office: ProtocolDevice, sku: str) -> tuple[uuid.UUID, uuid.UUID]:
    first, mutation = price(office, sku, 1350, "Jonas P., Office 1")
    office.push([mutation])
    second, mutation = price(till, sku, 1290, "Mara K., Till 2")
    till.push([mutation])
    return first, second


def test_given_two_prices_for_one_day_when_they_meet_then_the_first_stands_and_a_person_is_asked(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, second = two_prices(till, office, "CND-CEDAR")
    assert (state(shop, first), state(shop, second)) == ("active", "review")
    (entry,) = inbox(shop, second)
    assert (entry["title"], entry["mine"], entry["theirs"], entry["stands"]) == (
        "Soy candle, cedar",
        '"12.90"',
        '"13.50"',
        "theirs",
    )
    assert (entry["mine_by"], entry["theirs_by"], entry["state"]) == (
        "Mara K., Till 2",
        "Jonas P., Office 1",
        "needs_you",
    )
    assert entry["reason"] == "There are two prices from 1 Mar 2027. The first one stands until you decide."


@pytest.mark.parametrize(
    ("sku", "choice", "expected"),
    [
        ("CND-FIG", (Take.MINE, None), ("withdrawn", "active", 1290)),
        ("CND-TRAV", (Take.THEIRS, None), ("active", "withdrawn", 1350)),
        ("CND-PILLAR", (Take.OTHER, "12.00"), ("withdrawn", "withdrawn", 1200)),
    ],
)
def test_given_two_prices_when_somebody_decides_then_exactly_one_is_in_force(
    till: ProtocolDevice,
    office: ProtocolDevice,
    shop: Database,
    sku: str,
    *,
    choice: tuple[Take, str | None],
    expected: tuple[str, str, int],
) -> None:
    first, second = two_prices(till, office, sku)
    (entry,) = inbox(shop, second)
    for _ in range(2):
        assert office.push([decide(office, entry["id"], *choice)]).results[0].status == "applied"
    assert (state(shop, first), state(shop, second)) == expected[:2]
    with shop.reading() as connection:
        query = text(
            "SELECT unit_price_micro FROM price WHERE variant_id = :v AND valid_from = :d AND state = 'active'"
        )
        amounts = connection.execute(query, {"v": variant(sku), "d": DAY}).scalars().all()
    assert amounts == [expected[2] * 10_000]
    assert inbox(shop, second)[0]["state"] == "decided"


def test_given_a_decision_when_it_is_changed_again_and_again_then_always_one_price_is_in_force(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, second = two_prices(till, office, "HAM-SMALL")
    (entry,) = inbox(shop, second)
    active = "SELECT string_agg((unit_price_micro / 10000)::text, ',') FROM price WHERE variant_id = :v AND valid_from = :d AND state = 'active'"
    for take, value, expected in [
        (Take.MINE, None, "1290"),
        (Take.THEIRS, None, "1350"),
        (Take.OTHER, "11.00", "1100"),
        (Take.MINE, None, "1290"),
        (Take.OTHER, "13.50", "1350"),
    ]:
        office.push([decide(office, entry["id"], take, value)])
        assert one(shop, active, v=variant("HAM-SMALL"), d=DAY) == expected
    assert (state(shop, first), state(shop, second)) == ("active", "withdrawn")
    refused = office.push([decide(office, entry["id"], Take.OTHER, "-1")])
    assert (refused.results[0].status, refused.results[0].code) == ("refused", "decision_invalid")


def test_given_two_prices_when_kept_as_they_are_then_the_second_never_comes_into_force(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    first, second = two_prices(till, office, "HAM-LARGE")
    (entry,) = inbox(shop, second)
    office.push([edit(office, "inbox_entry", entry["id"], state=["needs_you", "decided"])])
    assert (state(shop, first), state(shop, second)) == ("active", "withdrawn")
    office.push([edit(office, "price", first, state=["active", "withdrawn"])])
    assert state(shop, second) == "withdrawn"


def test_given_the_same_amount_twice_then_nobody_is_asked(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    _, one_mutation = price(office, "CUP-ENM-W", 950, "Jonas P., Office 1")
    office.push([one_mutation])
    second, mutation = price(till, "CUP-ENM-W", 950, "Mara K., Till 2")
    till.push([mutation])
    assert inbox(shop, second) == []


def test_given_two_in_one_batch_then_the_one_made_first_stands(office: ProtocolDevice, shop: Database) -> None:
    late, late_mutation = price(office, "CUP-ENM-B", 990, "Jonas P., Office 1", at=9)
    early, early_mutation = price(office, "CUP-ENM-B", 980, "Jonas P., Office 1", at=3)
    office.push([late_mutation, early_mutation])
    assert (state(shop, early), state(shop, late)) == ("active", "review")


def test_given_a_correction_when_the_old_row_is_withdrawn_with_it_then_nobody_is_asked(
    office: ProtocolDevice, shop: Database
) -> None:
    old, mutation = price(office, "BOW-STONE", 1500, "Jonas P., Office 1")
    office.push([mutation])
    withdrawn = edit(office, "price", old, state=["active", "withdrawn"])
    new, added = price(office, "BOW-STONE", 1550, "Jonas P., Office 1")
    office.push([withdrawn, added])
    assert (state(shop, old), state(shop, new)) == ("withdrawn", "active")
    assert [entry["state"] for entry in inbox(shop, new)] in ([], ["decided"])


def test_given_another_day_or_quantity_then_it_is_another_slot(office: ProtocolDevice, shop: Database) -> None:
    first, one_mutation = price(office, "CLO-TEA", 900, "Jonas P., Office 1", day=DAY)
    second, mutation = price(office, "CLO-TEA", 950, "Jonas P., Office 1", day=DAY + dt.timedelta(days=1))
    office.push([one_mutation, mutation])
    assert (state(shop, first), state(shop, second)) == ("active", "active")
