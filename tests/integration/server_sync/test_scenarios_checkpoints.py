"""Scenarios about checkpoints on the server: PowerSync's service, Replicache's push, PouchDB's read-only source."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from desktop.sync.transport.encoding import packed
from shared.clock import SystemClock
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.buckets import bucket_sums, unpacked_sums
from shared.sync.operations import decode_arguments
from shared.sync.wire import (
    CONTENT_TYPE,
    Cursor,
    PullRequest,
    PushAnswer,
    PushRequest,
    SentMutation,
    VerifyAnswer,
    VerifyRequest,
)
from sync_server.auth.service import require_device
from sync_server.db.sessions import Database, DBAPIError
from sync_server.devices import service as devices
from sync_server.sync.housekeeping import DAY_US, Housekeeper
from sync_server.sync.pull_service import answer_pull
from tests.helpers.protocol_device import (
    ProtocolDevice,
    ids,
    running_server,
    unpacked,
    wire_row,
)

SERVICE = "PowerSync service"
Held = dict[tuple[str, str], dict[bytes, int]]


def wire_cash(till: ProtocolDevice, n: int = 0) -> list[object]:
    values = {"store_id": till.store_id, "device_id": till.id, "kind": "paid_in", "amount": 100 + n}
    return wire_row("cash_movement", values)


def payload_id(mutation: SentMutation) -> bytes:
    arguments: Any = decode_arguments(mutation.arguments)
    return bytes(arguments["row"][0][0])


def push_aside(till: ProtocolDevice, mutation: SentMutation) -> int:
    """Push on a line of its own, as the device's push lane does beside its pulls; gives the last number."""
    request = PushRequest(1, till.incarnation.bytes, SystemClock().now(), [mutation])
    headers = {"Authorization": f"Bearer {till.token}", "Content-Type": CONTENT_TYPE}
    answer = httpx.post(till.client.base_url.join("/sync/push"), content=packed(request), headers=headers, timeout=30)
    return int(unpacked(answer, PushAnswer).last_number)


def pull_into(held: Held, till: ProtocolDevice, **options: int) -> None:
    """Take what is new as a device does: versions by scope, entity and id."""
    for answer in till.pull_all(**options):
        for page in answer.pages:
            if page.restart:
                for key in [key for key in held if key[0] == page.scope]:
                    held.pop(key)
            for row in page.rows:
                held.setdefault((page.scope, row.entity), {})[row.id] = row.version
            for gone in (*page.left, *page.deleted):
                held.get((page.scope, gone.entity), {}).pop(gone.id, None)


def assert_sums_agree(till: ProtocolDevice, held: Held) -> None:
    request = VerifyRequest(till.epoch, sorted({scope for scope, _ in held}), schema=SCHEMA_VERSION)
    verified = unpacked(till.post("/sync/verify", request), VerifyAnswer)
    told = {
        (scope.scope, each.entity): unpacked_sums(each.sums)
        for scope in verified.scopes
        for each in scope.entities
        if each.rows
    }
    assert told == {key: bucket_sums(key[1], rows.items()) for key, rows in held.items() if rows}


def add_barcodes(database: Database, count: int) -> list[uuid.UUID]:
    rows = [ids.new() for _ in range(count)]
    with database.writing() as connection:
        connection.execute(text("INSERT INTO barcode VALUES (:id, '1', :id, 1000)"), [{"id": each} for each in rows])
    return rows


def compact(database: Database) -> None:
    """Everything so far happened long ago; the feed forgets what was deleted."""
    with database.writing() as connection:
        connection.execute(text("UPDATE sync_stamp SET stamped_at = stamped_at - :us"), {"us": 70 * DAY_US})
    assert Housekeeper(database).tidy().pruned > 0


# Compacting -----------------------------------------------------------------------------------------------------------


@pytest.mark.scenario(SERVICE, "partial checksums after compacting: what a client holds still adds up")
def test_given_a_device_in_step_when_the_feed_is_compacted_then_its_sums_are_still_the_servers(
    till: ProtocolDevice, database: Database
) -> None:
    held: Held = {}
    rows = add_barcodes(database, 60)
    pull_into(held, till)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM barcode WHERE id = ANY(:ids)"), {"ids": rows[:25]})
    pull_into(held, till)
    compact(database)
    assert_sums_agree(till, held)
    with database.writing() as connection:
        connection.execute(text("UPDATE barcode SET code = '2' WHERE id = ANY(:ids)"), {"ids": rows[30:40]})
    pull_into(held, till)
    assert_sums_agree(till, held)
    assert len(held["catalogue", "barcode"]) >= 35


@pytest.mark.scenario(SERVICE, "compacting between two pages of one download: the sums agree at its end")
def test_given_a_download_when_the_feed_is_compacted_amid_it_then_what_comes_adds_up(
    till: ProtocolDevice, database: Database
) -> None:
    held: Held = {}
    rows = add_barcodes(database, 30)
    pull_into(held, till)
    first = till.pull(maximum_bytes=1)
    assert not any(page.more for page in first.pages)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM barcode WHERE id = ANY(:ids)"), {"ids": rows[:10]})
        connection.execute(text("UPDATE barcode SET code = '3' WHERE id = ANY(:ids)"), {"ids": rows[10:]})
    answer = till.pull(maximum_bytes=200)
    for page in answer.pages:
        for row in page.rows:
            held.setdefault((page.scope, row.entity), {})[row.id] = row.version
        for gone in page.deleted:
            held[page.scope, gone.entity].pop(gone.id, None)
    compact(database)
    pull_into(held, till, maximum_bytes=200)
    assert_sums_agree(till, held)
    assert not {each.bytes for each in rows[:10]} & set(held["catalogue", "barcode"])


# Write checkpoints ----------------------------------------------------------------------------------------------------


@pytest.mark.scenario(SERVICE, "write checkpoint: the checkpoint is after the write, and never says more than it holds")
def test_given_pulls_beside_pushes_then_no_answer_claims_a_number_whose_row_has_not_come(
    till: ProtocolDevice, server: str, database: Database
) -> None:
    mine = [till.record("cash_movement", [wire_cash(till, n), {}]) for n in range(40)]
    expected = {number: payload_id(mutation) for number, mutation in enumerate(mine, 1)}
    till.pull_all()

    def push() -> None:
        for mutation in mine:
            assert push_aside(till, mutation) == mutation.number

    seen: set[bytes] = set()
    claimed: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(push)
        is_last = False
        while not is_last:
            is_last = pushing.done()
            answer = till.pull()
            seen |= {row.id for page in answer.pages for row in page.rows}
            claimed.append(answer.last_number)
            if not any(page.more for page in answer.pages):
                assert {expected[number] for number in range(1, answer.last_number + 1)} <= seen
        pushing.result()
    assert claimed == sorted(claimed), "numbers never go back"
    assert claimed[-1] == 40


@pytest.mark.scenario(SERVICE, "write checkpoint before there is data: a device that wrote nothing is at number 0")
def test_given_a_device_that_wrote_nothing_then_its_number_is_0_whatever_others_write(
    till: ProtocolDevice, other_till: ProtocolDevice
) -> None:
    other_till.push([other_till.record("cash_movement", [wire_cash(other_till, n), {}]) for n in range(3)])
    assert {answer.last_number for answer in till.pull_all()} == {0}
    assert other_till.pull_all()[-1].last_number == 3


@pytest.mark.scenario("Replicache", "a client's numbers belong to it: nobody moves or reads them under its name")
def test_given_two_devices_that_name_the_same_incarnation_then_each_counts_for_itself(
    till: ProtocolDevice, other_till: ProtocolDevice
) -> None:
    till.push([till.record("cash_movement", [wire_cash(till, n), {}]) for n in range(5)])
    other_till.incarnation = till.incarnation
    assert other_till.pull().last_number == 0
    answer = other_till.push([other_till.record("cash_movement", [wire_cash(other_till), {}])])
    assert (answer.last_number, [result.status for result in answer.results]) == (1, ["applied"])
    assert till.pull().last_number == 5
    assert till.push([till.record("cash_movement", [wire_cash(till), {}])]).last_number == 6


@pytest.mark.scenario(
    "Replicache", "last number and effects are one commit: what is read between two pushes fits together"
)
def test_given_a_push_that_is_read_amid_its_transaction_then_neither_number_nor_rows_show(
    till: ProtocolDevice, database: Database
) -> None:
    till.pull_all()
    till.push([till.record("cash_movement", [wire_cash(till), {}])])
    with database.engine.connect() as blocker:  # The device's row is held, so that the next push waits in the middle.
        blocker.execute(text("SELECT 1 FROM device_progress WHERE device_id = :id FOR UPDATE"), {"id": till.id})
        late = till.record("cash_movement", [wire_cash(till), {}])
        with ThreadPoolExecutor(1) as pool:
            pushing = pool.submit(push_aside, till, late)
            for _ in range(5):
                answer = till.pull()
                assert answer.last_number == 1
                assert payload_id(late) not in {row.id for page in answer.pages for row in page.rows}
            assert not pushing.done()
            blocker.rollback()
            assert pushing.result() == 2
    assert till.pull().last_number == 2


# A source that cannot be written --------------------------------------------------------------------------------------


@pytest.mark.scenario("PouchDB", "a read-only source: the checkpoint is kept on the target alone, and that is enough")
def test_given_a_connection_that_may_only_read_then_a_whole_download_is_answered_from_it(
    till: ProtocolDevice, database: Database
) -> None:
    rows = add_barcodes(database, 10)
    came: set[bytes] = set()
    cursors: dict[str, Cursor] = {}
    is_complete, identity = False, database.identity
    while not is_complete:
        request = PullRequest(SCHEMA_VERSION, 0, till.incarnation.bytes, list(cursors.values()), maximum_bytes=300)
        with database.reading() as connection:
            device = require_device(connection, till.id)
            answer = answer_pull(connection, device, request, identity=identity, now=database.clock.now())
            with pytest.raises(DBAPIError, match="read-only"):
                connection.execute(text("UPDATE barcode SET code = '9'"))
            connection.rollback()
        for page in answer.pages:
            assert page.from_position == (cursors[page.scope].position if page.scope in cursors else 0)
            cursors[page.scope] = Cursor(page.scope, page.to_position, page.mark)
            came |= {msgspec.msgpack.decode(row)[1] for row in page.rows}
        is_complete = not any(page.more for page in answer.pages)
    assert {each.bytes for each in rows} <= came


# Streams that outlive the right to them -------------------------------------------------------------------------------


@pytest.mark.scenario(SERVICE, "an expiring token: a stream ends with the right to it, however much there is to tell")
def test_given_news_without_pause_when_the_device_is_revoked_then_its_stream_ends_all_the_same(
    database_url: str, database: Database, store_code: str
) -> None:
    with running_server(database_url, heartbeat_seconds=1) as url:
        listening = ProtocolDevice(url, database, store_code)
        is_over = threading.Event()

        def write() -> None:
            while not is_over.wait(0.05):
                add_barcodes(database, 1)
                database.after_commit()

        writing = threading.Thread(target=write)
        headers = {"Authorization": f"Bearer {listening.token}"}
        heads = 0
        with listening.client.stream("GET", "/sync/events", headers=headers, timeout=10) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("event:")
            writing.start()
            with database.writing() as connection:
                devices.revoke(connection, database.clock, listening.id)
            for line in lines:
                heads += line.startswith("data:")
                if heads > 80:
                    break
        is_over.set()
        writing.join()
        assert heads <= 80, "it hears of news for as long as there is some"
        listening.close()
