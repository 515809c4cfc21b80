"""The server finds and mends what is wrong with its own feed, and tells; and devices verify themselves over HTTP."""

from __future__ import annotations

import json
import uuid

import msgspec
import pytest
from sqlalchemy import text

from shared.ids import TimeOrderedIds
from shared.schema.registry import AGGREGATES
from shared.sync.buckets import bucket_sums, unpacked_sums
from shared.sync.version import EPOCH_SHIFT
from shared.sync.wire import BucketName, RowsAnswer, RowsRequest, VerifyAnswer, VerifyRequest
from sync_server import cli
from sync_server.db.sessions import Database
from sync_server.doctor import examine
from sync_server.settings import ServerSettings
from sync_server.sync import verify_service
from sync_server.sync.integrity_service import repair_feed, verify_feed
from sync_server.sync.reconciler import Reconciler
from tests.helpers.protocol_device import ProtocolDevice, sale_payload, unpacked

ids = TimeOrderedIds()


def add_barcodes(database: Database, count: int) -> list[uuid.UUID]:
    rows = [ids.new() for _ in range(count)]
    with database.writing() as connection:
        given = [{"id": row} for row in rows]
        connection.execute(text("INSERT INTO barcode VALUES (:id, '1', :id, 1000)"), given)
    return rows


def run(database: Database, statement: str, **given: object) -> None:
    with database.writing() as connection:
        connection.execute(text(statement), given)


def behind_the_feeds_back(database: Database, statement: str, **given: object) -> None:
    """Write without the triggers, as a restore of single tables or a careless operator would."""
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE barcode DISABLE TRIGGER USER"))
        connection.execute(text(statement), given)
        connection.execute(text("ALTER TABLE barcode ENABLE TRIGGER USER"))


def state(database: Database, row: uuid.UUID) -> str | None:
    with database.reading() as connection:
        found: str | None = connection.execute(text("SELECT state FROM sync_row WHERE id = :id"), {"id": row}).scalar()
        return found


def versions(database: Database) -> dict[uuid.UUID, int]:
    with database.reading() as connection:
        return {row.id: row.version for row in connection.execute(text("SELECT id, version FROM sync_row"))}


# The server's own look -------------------------------------------------------------------------------------------------


def test_given_rows_written_behind_the_feeds_back_when_verified_then_they_are_found_and_devices_are_told(
    fresh_database: Database,
) -> None:
    kept, gone = add_barcodes(fresh_database, 2)
    late = ids.new()
    behind_the_feeds_back(fresh_database, "INSERT INTO barcode VALUES (:id, '1', :id, 1000)", id=late)
    behind_the_feeds_back(fresh_database, "DELETE FROM barcode WHERE id = :id", id=gone)
    found = verify_feed(fresh_database)
    assert sorted((each.id, each.is_missing) for each in found.rows) == sorted([(str(late), True), (str(gone), False)])
    repair_feed(fresh_database, found)
    assert verify_feed(fresh_database).agrees
    assert (state(fresh_database, late), state(fresh_database, gone), state(fresh_database, kept)) == (
        "live",
        "deleted",
        "live",
    )


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE sync_bucket SET low = low + 1 WHERE entity = 'barcode'",
        "UPDATE sync_bucket SET rows = rows + 1 WHERE entity = 'barcode'",
        "DELETE FROM sync_bucket WHERE entity = 'barcode'",
        "UPDATE sync_row SET version = version + 1 WHERE entity = 'barcode'",
    ],
)
def test_given_sums_that_do_not_say_what_the_rows_say_when_repaired_then_they_do(
    fresh_database: Database, spoil: str
) -> None:
    rows = add_barcodes(fresh_database, 3)
    run(fresh_database, spoil)
    found = verify_feed(fresh_database)
    assert {(each.scope, each.entity) for each in found.buckets} == {("catalogue", "barcode")}
    repair_feed(fresh_database, found)
    assert verify_feed(fresh_database).agrees
    run(fresh_database, "UPDATE barcode SET code = 'x' WHERE id = :id", id=rows[0])
    assert verify_feed(fresh_database).agrees, "and the stamping goes on from right sums"


def test_given_a_trigger_switched_off_then_doctor_names_the_table(fresh_database: Database) -> None:
    assert not any("barcode" in line for line in examine(fresh_database, ServerSettings()).lines if "LOOK" in line)
    run(fresh_database, "ALTER TABLE barcode DISABLE TRIGGER sync_capture_update")
    report = examine(fresh_database, ServerSettings())
    assert not report.is_well
    assert "LOOK  tables whose writes the feed does not see: barcode" in report.lines


def test_given_a_difference_then_the_reconciler_finds_it_puts_it_into_the_inbox_once_and_doctor_shows_it(
    fresh_database: Database,
) -> None:
    behind_the_feeds_back(fresh_database, "INSERT INTO barcode VALUES (:id, '1', :id, 1000)", id=ids.new())
    reconciler = Reconciler(fresh_database)
    looked = []
    while (done := reconciler.look()) is not None:
        looked.append(done)
    assert {each.subject for each in looked} >= {"buckets", "stock", "feed: barcode", "feed: sale"}
    assert {each.subject: each.differences for each in looked if each.differences} == {"feed: barcode": 1}
    again = [reconciler.look(round_us=0) for _ in looked]
    assert {each.subject for each in again if each is not None} == {each.subject for each in looked}
    with fresh_database.reading() as connection:
        entries = connection.execute(text("SELECT kind, title FROM inbox_entry")).all()
    assert [tuple(entry) for entry in entries] == [("integrity", "The server found a difference: feed: barcode")]
    shown = [line for line in examine(fresh_database, ServerSettings()).lines if "feed: barcode" in line]
    assert len(shown) == 1
    assert shown[0].startswith("LOOK")


def test_given_the_command_when_the_feed_differs_then_it_ends_with_1_and_repairs_on_demand(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", url)
    assert cli.run(["verify"]) == 0
    behind_the_feeds_back(fresh_database, "INSERT INTO barcode VALUES (:id, '1', :id, 1000)", id=ids.new())
    capsys.readouterr()
    assert cli.run(["verify"]) == 1
    assert "1 rows, 0 sums and 0 tables differ" in capsys.readouterr().out
    assert cli.run(["verify", "--repair"]) == 0
    assert "Put right." in capsys.readouterr().out
    assert cli.run(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["feed"] == {"uncovered": [], "rows": [], "buckets": []}


# Versions and epochs ---------------------------------------------------------------------------------------------------


def test_given_a_new_epoch_then_what_changes_has_versions_above_all_of_the_old_one_and_the_rest_keeps_its_own(
    fresh_database: Database,
) -> None:
    untouched, edited = add_barcodes(fresh_database, 2)
    for code in ("a", "b"):
        run(fresh_database, "UPDATE barcode SET code = :code WHERE id = :id", code=code, id=edited)
    assert versions(fresh_database) == {untouched: 1, edited: 3}
    run(fresh_database, "UPDATE server_state SET epoch = epoch + 1")
    run(fresh_database, "UPDATE barcode SET code = 'c' WHERE id = :id", id=edited)
    (new,) = add_barcodes(fresh_database, 1)
    with fresh_database.reading() as connection:
        epoch = connection.execute(text("SELECT epoch FROM server_state")).scalar_one()
    floor = (epoch - 1) << EPOCH_SHIFT
    assert versions(fresh_database) == {untouched: 1, edited: floor + 1, new: floor + 1}
    run(fresh_database, "UPDATE barcode SET code = 'd' WHERE id = :id", id=edited)
    assert versions(fresh_database)[edited] == floor + 2
    assert verify_feed(fresh_database).agrees


# Over HTTP -------------------------------------------------------------------------------------------------------------


def verify(till: ProtocolDevice, scopes: list[str], buckets: list[BucketName]) -> VerifyAnswer:
    answer: VerifyAnswer = unpacked(
        till.post("/sync/verify", VerifyRequest(till.epoch, scopes, buckets, schema=2)), VerifyAnswer
    )
    return answer


def rows(till: ProtocolDevice, **request: object) -> RowsAnswer:
    whole = msgspec.convert({"schema": 2, "epoch": till.epoch, **request}, RowsRequest)
    answer: RowsAnswer = unpacked(till.post("/sync/rows", whole), RowsAnswer)
    return answer


def test_given_a_device_that_asks_then_sums_and_buckets_are_those_of_what_it_pulled(
    till: ProtocolDevice, database: Database
) -> None:
    add_barcodes(database, 40)
    held: dict[tuple[str, str], dict[bytes, int]] = {}
    for answer in till.pull_all():
        for page in answer.pages:
            for row in page.rows:
                held.setdefault((page.scope, row.entity), {})[row.id] = row.version
    verified = verify(till, sorted({name for name, _ in held}), [])
    assert verified.epoch == till.epoch
    assert [each.position for each in verified.scopes] == [
        till.cursors[each.scope].position for each in verified.scopes
    ]
    told = {
        (scope.scope, each.entity): (each.rows, unpacked_sums(each.sums))
        for scope in verified.scopes
        for each in scope.entities
    }
    assert told == {key: (len(of), bucket_sums(key[1], of.items())) for key, of in held.items()}
    for number in range(256):
        (bucket,) = verify(till, [], [BucketName("catalogue", "barcode", number)]).buckets
        expected = {row: version for row, version in held["catalogue", "barcode"].items() if row[-1] == number}
        assert dict(bucket.rows) == expected


def test_given_more_rows_than_an_answer_holds_then_the_buckets_come_in_parts_and_in_order(
    till: ProtocolDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_barcodes(database, 200)
    monkeypatch.setattr(verify_service, "ROWS_ANSWERED_MAX", 3)
    left, came = [BucketName("catalogue", "barcode", number) for number in range(256)], 0
    while left:
        answered = verify(till, [], left).buckets
        assert [each.bucket for each in answered] == [each.bucket for each in left[: len(answered)]]
        assert answered
        came += sum(len(each.rows) for each in answered)
        left = left[len(answered) :]
    with database.reading() as connection:
        assert came == connection.execute(text("SELECT count(*) FROM barcode")).scalar_one()


def test_given_a_scope_of_another_store_when_asked_then_nothing_of_it_is_told(
    till: ProtocolDevice, database: Database
) -> None:
    other = ids.new()
    scope = f"store:{other}"
    customer = ids.new()
    run(
        database,
        "INSERT INTO customer (id, store_id, number, name, email, phone, addresses, tags, note, may_send_offers, "
        "consent_evidence, points, created_at, is_archived) "
        "VALUES (:id, :store, '1', 'Ann', '', '', '[]', '[]', '', false, '', 0, 0, false)",
        id=customer,
        store=other,
    )
    answer = verify(till, [scope], [BucketName(scope, "customer", customer.bytes[-1])])
    assert (answer.scopes, answer.buckets) == ([], [])
    named = rows(till, scope=scope, keys=[("customer", customer.bytes)])
    assert (named.rows, named.position) == ([], 0)
    assert rows(till, scope=scope, entity="customer").rows == []


def test_given_rows_asked_for_by_name_then_they_come_as_a_pull_has_them_and_what_is_not_there_is_named(
    till: ProtocolDevice, database: Database
) -> None:
    sale = sale_payload(till.store_id, till.id, [ids.new()], business_date="2026-11-20")
    till.push([till.record("sale", sale)])
    pulled = {
        (row.entity, row.id): (page.scope, row)
        for answer in till.pull_all()
        for page in answer.pages
        for row in page.rows
    }
    (scope, whole) = next(each for key, each in pulled.items() if key[0] == "sale")
    stranger = ids.new().bytes
    answer = rows(till, scope=scope, keys=[("sale", whole.id), ("sale", stranger)])
    assert answer.rows == [whole]
    assert [tuple(key) for key in answer.missing] == [("sale", stranger)]
    assert answer.position == till.cursors[scope].position
    assert not answer.more


def test_given_all_rows_of_an_entity_then_they_come_in_slices_in_the_order_of_their_ids(
    till: ProtocolDevice, database: Database
) -> None:
    add_barcodes(database, 1_300)
    came: list[bytes] = []
    after, more = b"", True
    while more:
        answer = rows(till, scope="catalogue", entity="barcode", after=after, maximum_bytes=20_000)
        came += [row.id for row in answer.rows]
        more, after = answer.more, came[-1]
    assert came == sorted(came)
    with database.reading() as connection:
        assert len(came) == len(set(came)) == connection.execute(text("SELECT count(*) FROM barcode")).scalar_one()


def test_given_an_entity_nobody_knows_when_asked_for_then_there_is_none(till: ProtocolDevice) -> None:
    assert rows(till, scope="catalogue", entity="unicorn").rows == []
    assert [tuple(key) for key in rows(till, scope="catalogue", keys=[("unicorn", bytes(16))]).missing] == [
        ("unicorn", bytes(16))
    ]
    assert verify(till, [], [BucketName("catalogue", "unicorn", 1)]).buckets == []
    assert "unicorn" not in AGGREGATES
