"""The inbox on the server: notes of automatic merges, decisions that meet, decisions that come late, and what is pruned."""

from __future__ import annotations

import json
import uuid

from sqlalchemy import text

from shared.clock import SystemClock
from shared.schema.types import canonical_json
from shared.sync.decision import Take, decision
from shared.sync.wire import SentMutation
from sync_server.db.sessions import Database
from sync_server.inbox import service as inbox_service
from tests.helpers.protocol_device import ProtocolDevice
from tests.integration.server_trade.shop_questions import inbox, one, product

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
JONAS, MARA = "Jonas P., Office 1", "Mara K., Till 2"


def edit(device: ProtocolDevice, key: uuid.UUID, by: str, at: int, **changes: list[object]) -> SentMutation:
    arguments = {"id": key.bytes, "base_version": 1, "changes": changes, "edited_at": at, "edited_by": by}
    return device.mutation("product.edit", arguments)


def decide(device: ProtocolDevice, entry: uuid.UUID, take: Take, by: str, at: int) -> SentMutation:
    changes = {
        "state": ["settled", "decided"],
        "decision": [None, canonical_json(decision(take))],
        "decided_by": ["", by],
        "decided_at": [None, at],
    }
    arguments = {"id": entry.bytes, "base_version": 1, "changes": changes, "edited_at": at, "edited_by": by}
    return device.mutation("inbox_entry.edit", arguments)


def name_of(database: Database, key: uuid.UUID) -> object:
    return one(database, "SELECT name FROM product WHERE id = :id", id=key)


def conflict_of_names(till: ProtocolDevice, office: ProtocolDevice, shop: Database, sku: str) -> uuid.UUID:
    """A settled conflict: Mara's name stands, Jonas's lost."""
    key, now = product(sku), SystemClock().now()
    before = name_of(shop, key)
    office.push([edit(office, key, JONAS, now - 20 * MINUTE, name=[before, f"{sku} by Jonas"])])
    till.push([edit(till, key, MARA, now - 10 * MINUTE, name=[before, f"{sku} by Mara"])])
    (entry,) = inbox(shop, key)
    found = entry["id"]
    assert isinstance(found, uuid.UUID)
    return found


def test_given_edits_of_different_fields_then_one_note_for_the_whole_edit_needs_nobody(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("CND-FIG"), SystemClock().now()
    office.push([edit(office, key, JONAS, now - MINUTE, brand=["Tidewater", "Wick & Wool"])])
    late = edit(
        till,
        key,
        MARA,
        now,
        name=["Soy candle, fig", "Fig candle"],
        description=["Hand-poured soy wax, 40 hours.", "By hand."],
    )
    assert till.push([late]).results[0].status == "merged"
    (note,) = inbox(shop, key, "merged")
    assert (note["state"], note["mine_by"], note["theirs_by"]) == ("settled", MARA, JONAS)
    assert json.loads(note["mine"]) == {"description": "By hand.", "name": "Fig candle"}
    assert json.loads(note["theirs"]) == {"brand": "Wick & Wool"}
    assert note["reason"] == "While one changed the brand, another changed the description and name. Both stand."
    assert inbox(shop, key) == []


def test_given_tags_added_on_both_sides_then_the_note_says_what_both_set(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key, now = product("BOA-OAK"), SystemClock().now()
    before = one(shop, "SELECT tags FROM product WHERE id = :id", id=key)
    kept = json.loads(before)
    office.push([edit(office, key, JONAS, now - MINUTE, tags=[before, canonical_json([*kept, "gift"])])])
    till.push([edit(till, key, MARA, now, tags=[before, canonical_json([*kept, "oak"])])])
    (note,) = inbox(shop, key, "merged")
    assert note["reason"] == "Two people changed the tags without knowing of each other. What both set is kept."
    stands = json.loads(str(one(shop, "SELECT tags FROM product WHERE id = :id", id=key)))
    assert sorted(stands) == sorted([*kept, "gift", "oak"])


def test_given_edits_of_one_device_in_a_row_then_there_is_nothing_to_note(till: ProtocolDevice, shop: Database) -> None:
    key, now = product("FUE-HEAT-10"), SystemClock().now()
    before = name_of(shop, key)
    first = edit(till, key, MARA, now, brand=["", "Ember"])
    second = edit(till, key, MARA, now + 1, name=[before, "Heat logs, ten"])
    assert [each.status for each in till.push([first, second]).results] == ["applied", "applied"]
    assert inbox(shop, key, "merged") == []


def test_given_two_people_decide_differently_offline_then_the_later_decision_stands_and_one_note_says_so(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    entry, now = conflict_of_names(till, office, shop, "CND-CEDAR"), SystemClock().now()
    late = decide(office, entry, Take.THEIRS, JONAS, now)
    early = decide(till, entry, Take.BASE, MARA, now - MINUTE)
    office.push([late])
    assert till.push([early]).results[0].status == "merged"
    assert name_of(shop, product("CND-CEDAR")) == "CND-CEDAR by Jonas"
    assert one(shop, "SELECT decided_by FROM inbox_entry WHERE id = :id", id=entry) == JONAS
    notes = inbox(shop, entry, "merged") + inbox(shop, entry)
    assert [(note["kind"], note["field"]) for note in notes] == [("merged", "decision")]


def test_given_the_field_was_edited_after_a_decision_then_the_decision_that_comes_late_changes_nothing(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    key = product("FUE-KIND")
    entry, now = conflict_of_names(till, office, shop, "FUE-KIND"), SystemClock().now()
    made_offline = decide(till, entry, Take.THEIRS, MARA, now - 5 * MINUTE)
    office.push([edit(office, key, JONAS, now - MINUTE, name=["FUE-KIND by Mara", "Kindling"])])
    till.push([made_offline])
    assert name_of(shop, key) == "Kindling"
    office.push([decide(office, entry, Take.THEIRS, JONAS, now)])
    assert name_of(shop, key) == "FUE-KIND by Jonas"


def test_given_a_lost_decision_when_it_arrives_then_the_one_that_stands_is_not_carried_out_again(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    """Between the two somebody wrote the field anew: that must not be overwritten by a decision already carried out."""
    key = product("CND-FIG")
    before = name_of(shop, key)
    now = SystemClock().now()
    office.push([edit(office, key, JONAS, now - 20 * MINUTE, name=[before, "Fig by Jonas"])])
    till.push([edit(till, key, MARA, now - 10 * MINUTE, name=[before, "Fig by Mara"])])
    entry = inbox(shop, key)[-1]["id"]
    office.push([decide(office, entry, Take.THEIRS, JONAS, now - 2 * MINUTE)])
    with shop.writing() as connection:
        connection.execute(text("UPDATE product SET name = 'By hand in psql' WHERE id = :id"), {"id": key})
    till.push([decide(till, entry, Take.BASE, MARA, now - 4 * MINUTE)])
    assert name_of(shop, key) == "By hand in psql"


def test_given_a_name_an_import_set_then_a_conflict_with_it_says_who_it_was(
    till: ProtocolDevice, shop: Database
) -> None:
    key, now = product("BOA-OAK"), SystemClock().now()
    with shop.writing() as connection:
        statement = text("UPDATE product SET name = 'Oak, imported', updated_by = :by, updated_at = :at WHERE id = :id")
        connection.execute(statement, {"by": "Import autumn.xlsx", "at": now, "id": key})
    till.push([edit(till, key, MARA, now - MINUTE, name=["Oak chopping board", "Oak board"])])
    assert name_of(shop, key) == "Oak, imported"
    assert [entry["theirs_by"] for entry in inbox(shop, key) if entry["field"] == "name"] == ["Import autumn.xlsx"]


def test_given_notes_older_than_90_days_when_pruned_then_only_they_go(
    till: ProtocolDevice, office: ProtocolDevice, shop: Database
) -> None:
    conflicts = one(shop, "SELECT count(*) FROM inbox_entry WHERE kind = 'conflict'")
    notes = one(shop, "SELECT count(*) FROM inbox_entry WHERE kind = 'merged'")
    assert notes > 0
    now = SystemClock().now()
    with shop.writing() as connection:
        assert inbox_service.prune_notes(connection, now=now + 89 * DAY) == 0
    with shop.writing() as connection:
        assert inbox_service.prune_notes(connection, now=now + 91 * DAY) >= notes
    assert one(shop, "SELECT count(*) FROM inbox_entry WHERE kind = 'merged'") == 0
    assert one(shop, "SELECT count(*) FROM inbox_entry WHERE kind = 'conflict'") == conflicts
