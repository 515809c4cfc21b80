"""A revoked device hands in what it never sent: kept, without effect, until an operator applies or discards it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import httpx
import msgspec
import pytest
import zstandard
from sqlalchemy import text

from shared.clock import SystemClock
from shared.errors import UserError
from shared.sync.wire import CONTENT_TYPE, PushAnswer, PushRequest, SentMutation
from sync_server.db.sessions import Database
from sync_server.devices.service import revoke
from sync_server.sync import quarantine_service
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, sale_payload, unpacked


def sale(till: ProtocolDevice) -> SentMutation:
    return till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))


def hand_in(till: ProtocolDevice, mutations: Sequence[SentMutation], bearer: str = "") -> httpx.Response:
    request = PushRequest(1, till.incarnation.bytes, SystemClock().now(), list(mutations))
    body = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(request))
    headers = {"Authorization": f"Bearer {bearer or till.assertion()}", "Content-Type": CONTENT_TYPE}
    return till.client.post("/sync/quarantine", content=body, headers=headers)


def sales_of(database: Database, till: ProtocolDevice) -> int:
    with database.reading() as connection:
        return connection.execute(text("SELECT count(*) FROM sale WHERE device_id = :id"), {"id": till.id}).scalar_one()


def entries_of(database: Database, till: ProtocolDevice) -> list[tuple[str, str]]:
    with database.reading() as connection:
        query = text("SELECT state, reason FROM inbox_entry WHERE kind = 'quarantine' AND entity_id = :id ORDER BY id")
        return [(row.state, row.reason) for row in connection.execute(query, {"id": till.id})]


@pytest.fixture
def revoked(till: ProtocolDevice, database: Database) -> ProtocolDevice:
    """A till that has sent one sale and was then revoked."""
    till.push([sale(till)])
    with database.writing() as connection:
        revoke(connection, database.clock, till.id)
    return till


@pytest.mark.scenario(
    "SymmetricDS SimpleIntegration",
    "an ignored channel: what comes through it is kept apart and has no effect",
)
def test_given_a_revoked_device_when_it_hands_in_then_all_is_kept_once_nothing_has_effect_and_the_inbox_says_so(
    revoked: ProtocolDevice, database: Database
) -> None:
    batch = [sale(revoked) for _ in range(3)]
    assert revoked.try_push(batch).status_code == 401
    first = unpacked(hand_in(revoked, batch), PushAnswer)
    again = unpacked(hand_in(revoked, batch), PushAnswer)
    assert first == msgspec.structs.replace(again, server_time=first.server_time)
    assert (first.last_number, {each.status for each in first.results}) == (4, {"quarantined"})
    assert sales_of(database, revoked) == 1
    ((state, reason),) = entries_of(database, revoked)
    assert state == "needs_you"
    assert "3 changes" in reason
    assert "quarantine list" in reason
    with database.reading() as connection:
        (found,) = [each for each in quarantine_service.handed_in(connection) if each.device_id == revoked.id]
    assert (found.waiting, found.applied, found.names) == (3, 0, "sale.record")


def test_given_what_the_server_had_before_the_answer_was_lost_then_it_is_told_and_not_kept_again(
    till: ProtocolDevice, database: Database
) -> None:
    lost = sale(till)
    till.push([lost])
    with database.writing() as connection:
        revoke(connection, database.clock, till.id)
    answer = unpacked(hand_in(till, [lost, sale(till)]), PushAnswer)
    assert [each.status for each in answer.results] == ["repeated", "quarantined"]


@pytest.mark.scenario(
    "SymmetricDS SimpleIntegration",
    "an ignored channel is opened again: what was kept takes effect, once",
)
def test_given_what_was_handed_in_when_an_operator_applies_it_then_it_takes_effect_once_and_poison_is_refused(
    revoked: ProtocolDevice, database: Database
) -> None:
    batch = [sale(revoked) for _ in range(4)]
    hand_in(revoked, [*batch, revoked.mutation("barn.record", {"row": []}), sale(revoked)])
    done = quarantine_service.apply(database, revoked.id)
    assert done.applied == 5
    assert [name for name, _ in done.refused] == ["barn.record"]
    assert sales_of(database, revoked) == 6
    assert [state for state, _ in entries_of(database, revoked)] == ["decided"]
    with pytest.raises(UserError, match="quarantine_empty"):
        quarantine_service.apply(database, revoked.id)
    hand_in(revoked, batch)
    assert sales_of(database, revoked) == 6
    with database.reading() as connection:
        moved = text("SELECT count(*) FROM stock_movement WHERE device_id = :id")
        assert connection.execute(moved, {"id": revoked.id}).scalar_one() == 6


def test_given_what_was_handed_in_when_an_operator_discards_it_then_it_never_takes_effect_and_is_kept_with_the_reason(
    revoked: ProtocolDevice, database: Database
) -> None:
    hand_in(revoked, [sale(revoked), sale(revoked)])
    assert quarantine_service.discard(database, revoked.id, "Sold after the theft") == 2
    assert sales_of(database, revoked) == 1
    assert [state for state, _ in entries_of(database, revoked)] == ["decided"]
    with pytest.raises(UserError, match="quarantine_empty"):
        quarantine_service.discard(database, revoked.id, "again")
    with database.reading() as connection:
        kept = text("SELECT DISTINCT state, message FROM quarantined_mutation WHERE device_id = :id")
        assert [tuple(row) for row in connection.execute(kept, {"id": revoked.id})] == [
            ("discarded", "Sold after the theft")
        ]


def test_given_nobody_we_know_or_a_device_that_may_push_then_nothing_is_kept(
    till: ProtocolDevice, revoked: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    spent = revoked.assertion()
    assert hand_in(revoked, [sale(revoked)], spent).status_code == 200
    told = {
        "assertion_used": hand_in(revoked, [sale(revoked)], spent),
        "assertion_invalid": hand_in(
            revoked, [sale(revoked)], other_till.assertion(sub=str(revoked.id), iss=str(revoked.id))
        ),
        "device_active": hand_in(other_till, [sale(other_till)]),
        "device_unknown": hand_in(revoked, [sale(revoked)], revoked.assertion(sub=str(ids.new()))),
    }
    for code, answer in told.items():
        assert (answer.status_code, error_of(answer)["error"]) == (401, code)
    with database.reading() as connection:
        kept = text("SELECT count(*) FROM quarantined_mutation WHERE device_id = ANY(:ids)")
        assert connection.execute(kept, {"ids": [revoked.id, other_till.id]}).scalar_one() == 1


def test_given_more_than_is_kept_of_one_device_then_it_is_told_and_what_is_there_stays(
    revoked: ProtocolDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_service, "QUARANTINE_MAX_MUTATIONS", 3)
    assert hand_in(revoked, [sale(revoked) for _ in range(3)]).status_code == 200
    full = hand_in(revoked, [sale(revoked)])
    assert (full.status_code, error_of(full)["error"]) == (413, "quarantine_full")
    assert quarantine_service.apply(database, uuid.UUID(str(revoked.id))).applied == 3
