"""When the database is unwell or busy, a push says "later": nothing is refused, lost or done twice."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from sync_server.db.sessions import Database
from sync_server.sync import apply_service, effects
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, sale_payload, wire_row

Effect = Callable[[Connection, object, list[uuid.UUID]], None]


@pytest.fixture
def instead_of_stock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Effect], None]:
    """Put something else in the place of what follows a sale."""

    def put(effect: Effect) -> None:
        monkeypatch.setattr(apply_service, "AFTER_RECORD", {**effects.AFTER_RECORD, "sale": effect})

    return put


@pytest.mark.scenario(
    "PowerSync Jepsen",
    "a connection that breaks amid a write: known as not done, never as half done",
)
def test_given_a_connection_lost_amid_a_push_then_it_is_told_to_come_again_and_nothing_is_refused(
    till: ProtocolDevice,
    database: Database,
    instead_of_stock: Callable[[Effect], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose_connection(connection: Connection, context: object, sale_ids: list[uuid.UUID]) -> None:
        with database.writing() as other:
            own = connection.connection.driver_connection.info.backend_pid
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        connection.execute(text("SELECT 1"))

    batch = [till.record("sale", sale_payload(till.store_id, till.id, [ids.new()])) for _ in range(3)]
    instead_of_stock(lose_connection)
    answer = till.try_push(batch)
    assert (answer.status_code, error_of(answer)["error"]) == (503, "database_unavailable")
    monkeypatch.undo()
    assert [result.status for result in till.push(batch).results] == ["applied"] * 3


def test_given_a_statement_that_takes_too_long_then_no_mutation_is_blamed(
    till: ProtocolDevice, instead_of_stock: Callable[[Effect], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dawdle(connection: Connection, context: object, sale_ids: list[uuid.UUID]) -> None:
        connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
        connection.execute(text("SELECT pg_sleep(5)"))

    batch = [till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))]
    instead_of_stock(dawdle)
    assert till.try_push(batch).status_code == 503
    monkeypatch.undo()
    assert [result.status for result in till.push(batch).results] == ["applied"]


def test_given_a_value_beyond_a_limit_of_the_database_then_only_it_is_refused(till: ProtocolDevice) -> None:
    code = "".join(str(uuid.uuid4()) for _ in range(400))
    long, fine = (wire_row("barcode", {"code": text, "quantity": 1000}) for text in (code, "5010000000031"))
    answer = till.push([till.record("barcode", [row, {}], "create") for row in (long, fine)])
    assert [(result.status, result.code) for result in answer.results] == [("refused", "data_refused"), ("applied", "")]


def test_given_four_tills_that_push_the_same_hot_products_then_every_piece_is_counted_once(
    server: str, database: Database, store_code: str
) -> None:
    hot = [ids.new() for _ in range(12)]
    tills = [ProtocolDevice(server, database, store_code) for _ in range(4)]
    statuses: list[str] = []

    def sell(till: ProtocolDevice, turn: int) -> None:
        for batch in range(6):
            order = hot[batch:] + hot[:batch] if turn % 2 else list(reversed(hot))
            sales = [till.record("sale", sale_payload(till.store_id, till.id, order[:3])) for _ in range(20)]
            statuses.extend(result.status for result in till.push(sales).results)

    threads = [threading.Thread(target=sell, args=(till, turn)) for turn, till in enumerate(tills)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == ["applied"] * 480
    with database.reading() as connection:
        sums = text("SELECT sum(quantity), count(*) FROM stock_movement WHERE variant_id = ANY(:ids)")
        assert tuple(connection.execute(sums, {"ids": hot}).one()) == (-1_440_000, 1_440)
        balance = text("SELECT sum(on_hand) FROM stock_balance WHERE variant_id = ANY(:ids)")
        assert connection.execute(balance, {"ids": hot}).scalar_one() == -1_440_000
    for till in tills:
        till.close()


def test_given_a_transaction_that_does_nothing_then_the_database_ends_it(database: Database) -> None:
    with database.reading() as connection:
        limits = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("statement_timeout", "idle_in_transaction_session_timeout")
        ]
    assert limits == ["1min", "10s"]


def test_given_bulk_writes_then_stamping_takes_time_in_proportion(fresh_database: Database) -> None:
    """Found with the first catalogue imports: a chunk of 8,000 rows was stamped in 12 s, all of it at COMMIT."""
    # given a plan that was kept from when the tables were empty
    insert = text(
        "INSERT INTO barcode SELECT gen_random_uuid(), '1', gen_random_uuid(), 1000 FROM generate_series(1, :n)"
    )
    for _ in range(3):
        with fresh_database.engine.begin() as connection:
            connection.execute(insert, {"n": 300})
    # when a large transaction is stamped
    with fresh_database.engine.begin() as connection:
        connection.execute(insert, {"n": 10_000})
    # then every row has its place, and the function is kept from sequential scans, which made it quadratic
    with fresh_database.engine.connect() as connection:
        head = connection.execute(text("SELECT position FROM sync_scope WHERE name = 'catalogue'")).scalar_one()
        assert head == connection.execute(text("SELECT count(*) FROM sync_row")).scalar_one() == 10_900
        settings = connection.execute(
            text("SELECT proconfig FROM pg_proc WHERE proname = 'sync_stamp_transaction'")
        ).scalar_one()
        assert "enable_seqscan=off" in settings
