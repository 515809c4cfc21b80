"""Create, update, delete and resurrect by one, by two in turn, and by two who do not know of each other.

Against the real server. The clocks are apart, or tied on purpose; those who do not know of each other arrive in both
orders. Whatever happens, all devices end with the same rows, and nothing anybody did is lost without a word.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.schema.types import canonical_json
from shared.sync.decision import Take, decision
from sync_server.db.sessions import Database
from tests.helpers.editing_device import EditingDevice
from tests.helpers.protocol_device import ProtocolDevice, ids

SECOND = 1_000_000
SIX, TWELVE = 6_000, 12_000
CATALOGUE = ("catalogue",)


@dataclass
class Two:
    """Ada and Ben at their tills, and the server's database."""

    ada: EditingDevice
    ben: EditingDevice
    database: Database

    @property
    def both(self) -> tuple[EditingDevice, EditingDevice]:
        return self.ada, self.ben

    def in_step(self) -> None:
        """Everybody has what the server has; twice, so that what a conflict left is there too."""
        for each in (*self.both, *self.both):
            each.pull()

    def agree(self) -> bool:
        """Whether both hold the same rows of the catalogue, and the server's digest is the same for both."""
        mine, theirs = ({key: row for key, row in each.rows.items() if key[0] == "barcode"} for each in self.both)
        digests = [each.device.digest(CATALOGUE).digests[0].digest for each in self.both]
        return mine == theirs and digests[0] == digests[1]

    def entries(self, key: uuid.UUID) -> list[dict[str, object]]:
        """What the inbox says about one thing."""
        query = text("SELECT * FROM inbox_entry WHERE entity_id = :key ORDER BY created_at, id")
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(query, {"key": key}).mappings()]

    def decide(self, entry: dict[str, object], take: Take) -> list[str]:
        """Ada decides an entry at her desk."""
        key = entry["id"]
        assert isinstance(key, uuid.UUID)
        now = SystemClock().now()
        changes = {
            "state": [entry["state"], "decided"],
            "decision": [None, canonical_json(decision(take))],
            "decided_by": ["", self.ada.by],
            "decided_at": [None, now],
        }
        arguments: dict[str, object] = {"id": key.bytes, "base_version": 1 << 60, "changes": changes}
        arguments |= {"edited_at": now, "edited_by": self.ada.by}
        self.ada.outbox.append(self.ada.device.mutation("inbox_entry.edit", arguments))
        return self.ada.send()


@pytest.fixture
def two(till: ProtocolDevice, other_till: ProtocolDevice, database: Database) -> Iterator[Two]:
    made = Two(EditingDevice(till, "Ada M., Till 1"), EditingDevice(other_till, "Ben O., Till 2"), database)
    made.in_step()
    return made


def standing(two: Two) -> uuid.UUID:
    """A barcode that everybody has."""
    key = ids.new()
    two.ada.create("barcode", id=key, code=key.hex[-12:], quantity=1_000)
    two.ada.send()
    two.in_step()
    return key


def quantities(two: Two, key: uuid.UUID) -> set[object]:
    two.in_step()
    assert two.agree()
    return {each.value("barcode", key, "quantity") for each in two.both}


def times(*, is_tied: bool) -> tuple[int, int]:
    """Ada's and Ben's clocks: Ben a second later, or both the same."""
    now = SystemClock().now()
    return (now, now) if is_tied else (now - SECOND, now)


ACTORS = ("one", "two in turn")
TIES = pytest.mark.parametrize("is_tied", [False, True], ids=["clocks apart", "clocks tied"])
ORDERS = pytest.mark.parametrize("is_ada_first", [True, False], ids=["Ada first", "Ben first"])


@pytest.mark.scenario("Couchbase", "create x one and several actors x clocks apart and tied")
@pytest.mark.parametrize("actors", ACTORS)
@TIES
def test_create(two: Two, actors: str, *, is_tied: bool) -> None:
    at, later = times(is_tied=is_tied)
    key = ids.new()
    two.ada.create("barcode", id=key, code="one", quantity=SIX)
    assert two.ada.send() == ["applied"]
    if actors == "two in turn":
        two.in_step()
        two.ben.edit("barcode", key, later, quantity=TWELVE)
        assert two.ben.send() == ["applied"]
    assert quantities(two, key) == {TWELVE if actors == "two in turn" else SIX}
    assert (two.entries(key), at <= later) == ([], True)


@pytest.mark.scenario("Couchbase", "create x conflict: one id, other content")
@pytest.mark.scenario("RxDB", "the same id with different properties on both sides")
@ORDERS
def test_create_conflict(two: Two, *, is_ada_first: bool) -> None:
    key = ids.new()
    two.ada.create("barcode", id=key, code="ada's")
    two.ben.create("barcode", id=key, code="ben's")
    first, second = two.both if is_ada_first else two.both[::-1]
    refused_id = uuid.UUID(bytes=second.outbox[0].id)
    assert (first.send(), second.send()) == (["applied"], ["refused"])
    two.in_step()
    assert two.agree()
    assert two.ben.value("barcode", key, "code") == ("ada's" if is_ada_first else "ben's")
    (entry,) = two.entries(refused_id)
    assert (entry["kind"], entry["state"]) == ("refused", "needs_you")


@pytest.mark.scenario("RxDB", "both inserted the exact same document: no conflict")
def test_create_of_the_same_by_both(two: Two) -> None:
    key, variant = ids.new(), ids.new()
    for each in two.both:
        each.create("barcode", id=key, code="same", variant_id=variant, quantity=SIX)
    assert (two.ada.send(), two.ben.send()) == (["applied"], ["repeated"])
    assert quantities(two, key) == {SIX}
    assert two.entries(key) == []


@pytest.mark.scenario("Couchbase", "update x one and several actors x clocks apart and tied")
@pytest.mark.parametrize("actors", ACTORS)
@TIES
def test_update(two: Two, actors: str, *, is_tied: bool) -> None:
    key = standing(two)
    at, later = times(is_tied=is_tied)
    # The second clock is behind where the clocks are apart: who saw the first edit follows it all the same.
    two.ada.edit("barcode", key, later, quantity=SIX)
    assert two.ada.send() == ["applied"]
    if actors == "two in turn":
        two.in_step()
        two.ben.edit("barcode", key, at, quantity=TWELVE)
        assert two.ben.send() == ["applied"]
    assert quantities(two, key) == {TWELVE if actors == "two in turn" else SIX}
    assert two.entries(key) == []


@pytest.mark.scenario("Couchbase", "update x conflict x clocks apart and tied, both orders")
@pytest.mark.scenario("SymmetricDS", "update on both sides, newer wins; the loser is kept")
@pytest.mark.scenario("RxDB", "both updated the same document")
@TIES
@ORDERS
def test_update_conflict(two: Two, *, is_tied: bool, is_ada_first: bool) -> None:
    key = standing(two)
    at, later = times(is_tied=is_tied)
    two.ada.edit("barcode", key, at, quantity=SIX)
    two.ben.edit("barcode", key, later, quantity=TWELVE)
    first, second = two.both if is_ada_first else two.both[::-1]
    assert (first.send(), second.send()) == (["applied"], ["merged"])
    # In a tie the name decides, the same in both orders: Ben comes after Ada.
    assert quantities(two, key) == {TWELVE}
    (entry,) = two.entries(key)
    assert (entry["kind"], entry["state"]) == ("conflict", "settled")
    assert {json.loads(str(entry[side])) for side in ("mine", "theirs")} == {SIX, TWELVE}

    lost = Take.MINE if json.loads(str(entry["mine"])) == SIX else Take.THEIRS
    assert two.decide(entry, lost) == ["applied"]
    assert quantities(two, key) == {SIX}


@pytest.mark.scenario("Couchbase", "delete x one and several actors x clocks apart and tied")
@pytest.mark.parametrize("actors", ACTORS)
@TIES
def test_delete(two: Two, actors: str, *, is_tied: bool) -> None:
    key = standing(two)
    at, later = times(is_tied=is_tied)
    if actors == "two in turn":
        two.ben.edit("barcode", key, later, quantity=SIX)
        two.ben.send()
        two.in_step()
    two.ada.remove("barcode", key, at)
    assert two.ada.send() == ["applied"]
    assert quantities(two, key) == {None}
    assert two.entries(key) == []
    two.ben.remove("barcode", key)
    assert two.ben.send() == ["repeated"]


@pytest.mark.scenario("Couchbase", "delete x conflict: removed by one, changed by the other, both orders")
@pytest.mark.scenario("PouchDB", "a conflict of a deletion and an edit keeps both until somebody decides")
@TIES
@ORDERS
def test_delete_conflict(two: Two, *, is_tied: bool, is_ada_first: bool) -> None:
    key = standing(two)
    at, later = times(is_tied=is_tied)
    two.ada.remove("barcode", key, at)
    two.ben.edit("barcode", key, later, quantity=TWELVE)
    first, second = two.both if is_ada_first else two.both[::-1]
    assert (first.send(), second.send()) == (["applied"], ["merged"])
    # What stood when they met stays until somebody decides.
    assert quantities(two, key) == {None if is_ada_first else TWELVE}
    (entry,) = two.entries(key)
    assert (entry["kind"], entry["state"]) == ("removal", "needs_you")

    edited, removed = (Take.MINE, Take.THEIRS) if is_ada_first else (Take.THEIRS, Take.MINE)
    two.decide(entry, edited)
    assert quantities(two, key) == {TWELVE}
    entry["state"] = "decided"
    two.decide(entry, removed)
    assert quantities(two, key) == {None}
    two.decide(entry, edited)
    assert quantities(two, key) == {TWELVE}


@pytest.mark.scenario("Couchbase", "resurrect x one and several actors")
@pytest.mark.parametrize("actors", ACTORS)
@TIES
def test_resurrect(two: Two, actors: str, *, is_tied: bool) -> None:
    key = standing(two)
    before = two.ada.version("barcode", key)
    two.ada.remove("barcode", key, times(is_tied=is_tied)[0])
    two.ada.send()
    two.in_step()
    again = two.ben if actors == "two in turn" else two.ada
    again.create("barcode", id=key, code="again", quantity=SIX)
    assert again.send() == ["applied"]
    assert quantities(two, key) == {SIX}
    assert two.ben.version("barcode", key) > before


@pytest.mark.scenario("Couchbase", "resurrect x conflict: both make it anew")
@ORDERS
def test_resurrect_conflict(two: Two, *, is_ada_first: bool) -> None:
    key = standing(two)
    two.ada.remove("barcode", key)
    two.ada.send()
    two.in_step()
    variant = ids.new()
    for each, quantity in zip(two.both, (SIX, TWELVE), strict=True):
        each.create("barcode", id=key, code="again", variant_id=variant, quantity=quantity)
    first, second = two.both if is_ada_first else two.both[::-1]
    assert (first.send(), second.send()) == (["applied"], ["repeated"])
    assert quantities(two, key) == {SIX if is_ada_first else TWELVE}


def test_given_an_edit_and_a_removal_on_one_device_offline_then_the_removal_saw_the_edit(two: Two) -> None:
    key = standing(two)
    two.ada.edit("barcode", key, quantity=SIX)
    two.ada.remove("barcode", key)
    assert two.ada.send() == ["applied", "applied"]
    assert quantities(two, key) == {None}
    assert two.entries(key) == []


def test_given_two_edits_of_a_row_that_was_removed_then_both_are_in_what_can_be_restored(two: Two) -> None:
    key, variant = standing(two), ids.new()
    two.ada.remove("barcode", key)
    two.ben.edit("barcode", key, quantity=TWELVE)
    two.ben.edit("barcode", key, variant_id=variant.bytes)
    assert (two.ada.send(), two.ben.send()) == (["applied"], ["merged", "merged"])
    first, second = sorted(two.entries(key), key=lambda entry: "variant" in str(entry["mine"]) and str(entry["base"]))
    latest = max((first, second), key=lambda entry: json.loads(str(entry["mine"]))["variant_id"] == str(variant))
    two.decide(latest, Take.MINE)
    two.in_step()
    assert two.ada.value("barcode", key, "quantity") == TWELVE
    assert two.ada.value("barcode", key, "variant_id") == variant.bytes


@pytest.mark.scenario("SymmetricDS", "ping-back: what a device pushed comes back as it is, and is not sent again")
def test_given_an_edit_that_comes_back_by_pull_then_its_author_has_nothing_to_send(two: Two) -> None:
    key = standing(two)
    two.ada.edit("barcode", key, quantity=SIX)
    two.ada.send()
    two.in_step()
    positions = [dict(each.device.cursors) for each in two.both]
    two.in_step()
    assert [dict(each.device.cursors) for each in two.both] == positions
    assert (two.ada.outbox, quantities(two, key)) == ([], {SIX})


@pytest.mark.scenario("SymmetricDS", "a row that is on the server already arrives as an insert from the client")
def test_given_a_row_on_the_server_when_a_device_creates_it_then_it_stays_and_is_acknowledged(two: Two) -> None:
    key, variant = ids.new(), ids.new()
    with two.database.writing() as connection:
        connection.execute(
            text("INSERT INTO barcode (id, code, variant_id, quantity) VALUES (:key, 'there', :variant, 1000)"),
            {"key": key, "variant": variant},
        )
    two.ada.create("barcode", id=key, code="there", variant_id=variant, quantity=1_000)
    assert two.ada.send() == ["repeated"]
    assert quantities(two, key) == {1_000}


@pytest.mark.scenario("WatermelonDB", "conflict per column, on the server: each field by itself")
@ORDERS
def test_given_different_and_equal_fields_then_each_is_merged_by_itself(two: Two, *, is_ada_first: bool) -> None:
    key = standing(two)
    at, later = times(is_tied=False)
    mine, theirs = ids.new(), ids.new()
    two.ada.edit("barcode", key, at, quantity=SIX, variant_id=mine.bytes)
    two.ben.edit("barcode", key, later, variant_id=theirs.bytes)
    first, second = two.both if is_ada_first else two.both[::-1]
    first.send()
    assert second.send() == ["merged"]
    assert quantities(two, key) == {SIX}
    assert two.ada.value("barcode", key, "variant_id") == theirs.bytes
    conflicts = [entry for entry in two.entries(key) if entry["kind"] == "conflict"]
    assert [entry["field"] for entry in conflicts] == ["variant_id"]


@pytest.mark.scenario("PouchDB", "the same winner everywhere, and the losing revisions can be read")
def test_given_three_edits_in_a_row_that_lose_then_every_loser_can_be_read(two: Two) -> None:
    key = standing(two)
    now = SystemClock().now()
    two.ben.edit("barcode", key, now, quantity=TWELVE)
    for step, quantity in enumerate((2_000, 3_000, 4_000)):
        two.ada.edit("barcode", key, now - 9 * SECOND + step, quantity=quantity)
    two.ben.send()
    assert two.ada.send() == ["merged"] * 3
    assert quantities(two, key) == {TWELVE}
    assert sorted(json.loads(str(entry["mine"])) for entry in two.entries(key)) == [2_000, 3_000, 4_000]
