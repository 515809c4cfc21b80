"""Starting from a snapshot file: whole or not at all, whatever breaks, and nothing that is the device's own is lost."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from sqlalchemy import Table, func, insert, select

from desktop.replica import outbox, successor
from desktop.replica.cursors import cursors
from desktop.replica.driver import DriverError
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.schema import BaseCopy, DeviceTable, ReceiptCounter
from desktop.replica.search import find
from desktop.replica.successor import COMPOSED, Successor, successor_path
from desktop.sync import snapshot_download
from desktop.sync.apply import Applied
from desktop.sync.engine import SyncEngine
from desktop.sync.pull_lane import PullLane
from desktop.sync.snapshot_download import folder_beside
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.catalogue import Product
from shared.schema.sales import CashMovement
from shared.schema.types import Flag, Id, Json, Whole, Words
from shared.sync.wire import SnapshotOffer
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import CUP, PEN, STORE, agrees, cash, name_of, product, variant

BOWL = derived_id("bowl")
STOCK = f"stock:{STORE}"
MARA = {"id": derived_id("user"), "username": "mara", "display_name": "Mara", "role": "clerk", "pin_hash": "argon2"}


def level(product_number: int, on_hand: int) -> dict[str, object]:
    return {
        "id": derived_id("level", str(product_number)),
        "store_id": STORE,
        "variant_id": derived_id("variant", str(product_number)),
        "on_hand": on_hand,
    }


def fill_shop(server: FakeServer, products: int) -> None:
    for number in range(products):
        product_id = derived_id("made", str(number))
        server.put("product", product(product_id, f"Thing {number}"), variant(product_id, f"SKU-{number}"))
        server.put("stock_level", level(number, 1_000 * number))


def forget_mark(replica: Replica, scope: str = "catalogue") -> None:
    """As if the server had pruned its feed: it does not know the position any more."""
    with replica.write() as unit:
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = x'00' WHERE scope = ?", (scope,))


def left_on_disk(replica: Replica) -> set[str]:
    known = {replica.path.name + suffix for suffix in ("", "-wal", "-shm")}
    return {path.name for path in replica.path.parent.iterdir()} - known


def came_by_file(replica: Replica, scope: str = "catalogue") -> bool:
    with replica.read() as connection:
        return cursors(connection)[scope].number < 0


def pull(replica: Replica, server: FakeServer) -> list[Applied]:
    """Fetch without sending."""
    return list(PullLane(replica, server).run())


def notes(replica: Replica) -> list[str]:
    with replica.read() as connection:
        return list(connection.exec_driver_sql("SELECT text FROM sync_event WHERE kind = 'note'").scalars())


def test_given_files_of_all_large_scopes_when_a_device_starts_then_it_holds_the_shop_and_finds_things(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path
) -> None:
    fill_shop(server, 30)
    server.put("app_user", MARA)
    put_up(server, tmp_path)
    put_up(server, tmp_path, STOCK, number=901)
    server.put("product", product(BOWL, "Bowl"), variant(BOWL, "BOWL"))
    report = SyncEngine(device, server, clock).cycle()
    assert report.is_consistent
    assert report.received == {"product": 33, "stock_level": 30, "app_user": 1}
    assert agrees(device, server)
    assert came_by_file(device)
    assert came_by_file(device, STOCK)
    with device.read() as connection:
        assert {found.name for found in find(connection, "thng 17")} == {"Thing 17"}
        assert {found.name for found in find(connection, "bowl")} == {"Bowl"}
        assert identity_of(connection).is_indexed
    assert left_on_disk(device) == set()
    assert [scope for pull in server.pulls for scope in pull.cursors if scope.scope == "catalogue"]


def test_given_files_of_two_stores_when_a_device_starts_then_the_levels_of_both_are_counted_and_there(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path
) -> None:
    other = derived_id("other store")
    server.scopes.append(f"stock:{other}")
    for number in range(3):
        server.put("stock_level", level(number, 1_000))
    server.put("stock_level", {**level(9, 500), "store_id": other})
    put_up(server, tmp_path)
    put_up(server, tmp_path, STOCK, number=901)
    put_up(server, tmp_path, f"stock:{other}", number=902)
    assert SyncEngine(device, server, clock).cycle().received == {"product": 2, "stock_level": 4}
    assert agrees(device, server)


def test_given_a_file_then_nobody_in_it_is_a_person(server: FakeServer, tmp_path: Path) -> None:
    server.put("app_user", MARA)
    offer = put_up(server, tmp_path)
    plain = zstandard.ZstdDecompressor().decompress(server.files[offer.name])
    assert b"Cup" in plain
    assert b"Mara" not in plain


def test_given_a_line_that_breaks_when_the_program_starts_again_then_the_download_goes_on_where_it_was(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_shop(server, 50)
    offer = put_up(server, tmp_path)
    starts: list[int] = []
    whole = server.files[offer.name]

    def broken(_: SnapshotOffer, start: int) -> Iterator[bytes]:
        starts.append(start)
        yield whole[start : start + 1_000]
        raise EnvironmentFailure("server_unreachable", "The line broke.")

    monkeypatch.setattr(server, "snapshot_bytes", broken)
    for _ in range(2):
        with pytest.raises(EnvironmentFailure):
            SyncEngine(device, server, clock).cycle()
    parts = [path for path in folder_beside(device.path).iterdir() if path.suffix == ".part"]
    assert [path.stat().st_size for path in parts] == [2_000]
    assert all(path.stat().st_mode & 0o077 == 0 for path in parts)
    monkeypatch.undo()
    device.close()
    again = Replica.open(device.path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    try:
        SyncEngine(again, server, clock).cycle()
        assert starts == [0, 1_000]
        assert came_by_file(again)
        assert agrees(again, server)
        assert left_on_disk(again) == set()
    finally:
        again.close()


@pytest.mark.parametrize("times", [1, 2])
def test_given_a_file_that_comes_damaged_when_fetched_again_then_it_is_whole_or_the_rows_come_by_pages(
    device: Replica, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    fill_shop(server, 50)
    offer = put_up(server, tmp_path)
    whole, fetched = server.files[offer.name], []

    def damaged(_: SnapshotOffer, start: int) -> Iterator[bytes]:
        fetched.append(start)
        bad = len(fetched) <= times
        yield whole[:2_000] + bytes([whole[2_000] ^ bad]) + whole[2_001:]

    monkeypatch.setattr(server, "snapshot_bytes", damaged)
    SyncEngine(device, server, device.clock).cycle()
    assert fetched == [0, 0]
    assert came_by_file(device) == (times == 1)
    assert agrees(device, server)
    assert left_on_disk(device) == set()
    assert bool(notes(device)) == (times == 2)


@pytest.mark.parametrize("lie", [{"position": 1}, {"epoch": 9}, {"scope": "stock:other"}, {"mark": "00"}])
def test_given_a_file_that_is_not_what_it_was_said_to_be_when_taken_then_the_rows_come_by_pages(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path, lie: dict[str, Any]
) -> None:
    offer = put_up(server, tmp_path)
    server.offers = [msgspec.structs.replace(offer, **lie)]
    SyncEngine(device, server, clock).cycle()
    assert not came_by_file(device)
    assert agrees(device, server)
    assert left_on_disk(device) == set()
    assert notes(device)


@pytest.mark.parametrize(
    "error", [DriverError("database or disk is full"), DriverError("no such table: x"), OSError(28, "No space left")]
)
def test_given_a_new_file_that_cannot_be_filled_when_a_device_starts_then_the_rows_come_by_pages(
    device: Replica, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_: Successor) -> None:
        raise error

    put_up(server, tmp_path)
    monkeypatch.setattr(Successor, "carry_over", fail)
    assert SyncEngine(device, server, device.clock).cycle().is_consistent
    assert not came_by_file(device)
    assert agrees(device, server)
    assert left_on_disk(device) == set()
    assert notes(device)


def test_given_a_download_that_never_ends_well_when_tried_often_then_the_rows_come_by_pages(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_up(server, tmp_path)

    def broken(_: SnapshotOffer, __: int) -> Iterator[bytes]:
        raise EnvironmentFailure("server_unreachable", "A proxy lets no files through.")

    monkeypatch.setattr(server, "snapshot_bytes", broken)
    engine = SyncEngine(device, server, clock)
    for _ in range(3):
        with pytest.raises(EnvironmentFailure):
            engine.cycle()
    assert engine.cycle().is_consistent
    assert agrees(device, server)


def test_given_what_a_crash_left_when_the_program_starts_then_it_is_gone(
    device: Replica, server: FakeServer, clock: SettableClock
) -> None:
    device.close()
    successor_path(device.path).write_bytes(b"half a replica")
    folder_beside(device.path).mkdir()
    (folder_beside(device.path) / "abc.plain").write_bytes(b"plain rows")
    (folder_beside(device.path) / "abc.part").write_bytes(b"of a file nobody offers any more")
    again = Replica.open(device.path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    try:
        SyncEngine(again, server, clock).cycle()
        assert left_on_disk(again) == set()
    finally:
        again.close()


def test_given_edits_and_sales_not_sent_when_a_scope_starts_anew_by_file_then_they_stay_on_top_and_are_sent(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "My cup"}, edited_by="me")
        unit.edit("product", PEN, {"brand": "Mine"}, edited_by="me")
        unit.create("product", product(BOWL, "Made here"), variant(BOWL, "BOWL"))
        unit.record("cash_movement", cash(TimeOrderedIds()))
        unit.connection.execute(insert(ReceiptCounter).values(series=1, next_number=77))
    server.put("product", product(CUP, "Their cup", brand="Theirs"), variant(CUP, "CUP"))
    server.delete("product", PEN)
    put_up(server, tmp_path)
    forget_mark(device)
    pull(device, server)
    assert came_by_file(device)
    assert name_of(device, CUP) == "My cup"
    assert name_of(device, BOWL) == "Made here"
    with device.read() as connection:
        assert connection.execute(select(Product.brand).where(Product.id == CUP)).scalar_one() == "Theirs"
        assert outbox.pending_count(connection) == 4
        assert connection.execute(select(ReceiptCounter.next_number)).scalar_one() == 77
        assert connection.execute(select(func.count()).select_from(CashMovement)).scalar_one() == 1
        assert {found.name for found in find(connection, "cup")} == {"My cup"}
    assert agrees(device, server)
    engine.cycle()
    there = [server.row("product", each) for each in (CUP, BOWL)]
    assert [row and row["name"] for row in there] == ["My cup", "Made here"]
    assert agrees(device, server)
    with device.read() as connection:
        assert connection.execute(select(func.count()).select_from(BaseCopy)).scalar_one() == 0


def test_given_every_table_of_the_device_when_it_starts_anew_by_file_then_each_is_carried_over(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path
) -> None:
    """A device table that is added later is carried over too, or named in ``COMPOSED``."""
    tables = [table for table in DeviceTable.metadata.sorted_tables if table.name not in {*COMPOSED, "identity"}]
    with device.write() as unit:
        for table in tables:
            unit.connection.execute(table.insert().values(_any_row(table)))
    put_up(server, tmp_path)
    forget_mark(device)
    with device.read() as connection:
        before = {table.name: connection.execute(table.select()).all() for table in tables}
        numbers = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence ORDER BY name").all()
        me = identity_of(connection)
    with device.successor() as made:
        plain = snapshot_download.SnapshotFolder(folder_beside(device.path), server).fetch(server.offers[0])
        made.take_snapshot(plain)
        made.carry_over()
        device.give_way_to(made)
    with device.read() as connection:
        after = {table.name: connection.execute(table.select()).all() for table in tables}
        assert connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence ORDER BY name").all() == numbers
        mine = identity_of(connection)
    assert after == before
    assert all(rows for rows in before.values())
    assert (mine.device_id, mine.incarnation, mine.outbox_base) == (me.device_id, me.incarnation, me.outbox_base)


def _any_row(table: Table) -> dict[str, object]:
    values: dict[object, object] = {Whole: 9_000, Words: "waiting", Flag: True}
    row: dict[str, object] = {}
    for column in table.columns:
        if isinstance(column.type, Id):
            row[column.name] = derived_id("any", table.name)
        elif isinstance(column.type, Json):
            row[column.name] = {"any": "value"}
        else:
            found = [value for kind, value in values.items() if isinstance(column.type, type(kind))]
            row[column.name] = found[0] if found else b"\x90"
    if "entity" in row:
        row["entity"] = "product"
    if "name" in row:
        row["name"] = "product.edit"
    return row


def test_given_a_clerk_at_work_when_a_large_scope_starts_anew_by_file_then_nothing_is_lost_and_selling_goes_on(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path
) -> None:
    fill_shop(server, 3_000)
    engine.cycle()
    put_up(server, tmp_path)
    forget_mark(device)
    made: list[uuid.UUID] = []
    is_over = threading.Event()

    def sell() -> None:
        while not is_over.is_set():
            with device.write() as unit:
                row_id = unit.ids.new()
                unit.record("cash_movement", {**cash(TimeOrderedIds()), "id": row_id})
                unit.edit("product", CUP, {"name": f"Cup {len(made)}"}, edited_by="clerk")
            made.append(row_id)
            with device.read() as connection:
                assert connection.execute(select(func.count()).select_from(Product)).scalar_one() >= 3_000
            is_over.wait(0.002)

    clerk = threading.Thread(target=sell)
    clerk.start()
    try:
        reports = pull(device, server)
    finally:
        is_over.set()
        clerk.join()
    assert came_by_file(device)
    assert reports[-1].is_consistent
    assert len(made) > 5
    with device.read() as connection:
        assert set(connection.execute(select(CashMovement.id)).scalars()) == set(made)
        assert outbox.pending_count(connection) == 2 * len(made)
        assert connection.execute(select(Product.name).where(Product.id == CUP)).scalar_one() == f"Cup {len(made) - 1}"
    assert agrees(device, server)


def test_given_somebody_who_reads_on_and_on_when_the_files_should_change_then_it_is_left_for_later(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.replica.engine.EXCHANGE_ATTEMPTS", 2)
    put_up(server, tmp_path)
    forget_mark(device)
    begun, may_end = threading.Event(), threading.Event()

    def read_long() -> None:
        with device.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM product").scalar_one()
            begun.set()
            may_end.wait(30)

    reader = threading.Thread(target=read_long)
    reader.start()
    begun.wait(30)
    try:
        report = engine.cycle()
    finally:
        may_end.set()
        reader.join()
    assert report.is_consistent
    assert not came_by_file(device)
    assert agrees(device, server)
    assert left_on_disk(device) == set()


def test_given_a_server_that_was_restored_when_scopes_start_anew_then_they_come_by_pages(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path
) -> None:
    """What the server lost is found by comparing rows with those that come; a new file has none to compare."""
    server.epoch = 2
    put_up(server, tmp_path)
    engine.cycle()
    assert not came_by_file(device)
    assert agrees(device, server)


def test_given_a_row_deleted_after_the_file_was_made_when_the_rest_comes_by_pages_then_it_is_gone(
    device: Replica, server: FakeServer, clock: SettableClock, tmp_path: Path
) -> None:
    put_up(server, tmp_path)
    server.delete("product", PEN)
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    SyncEngine(device, server, clock).cycle()
    assert came_by_file(device)
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Cup 2", None)
    with device.read() as connection:
        assert not find(connection, "pen")
    assert agrees(device, server)


def test_given_the_rules_of_carrying_over_then_they_name_tables_that_there_are() -> None:
    names = set(DeviceTable.metadata.tables)
    assert set(COMPOSED) | successor.GROWING <= names
