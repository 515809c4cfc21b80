"""Snapshot files on the server: built from one snapshot of the database, offered while they are of use, never half."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from sqlalchemy import text

from shared.clock import SystemClock
from shared.schema import search
from shared.schema.base import Replicated
from shared.schema.registry import SCHEMA_VERSION, stock_scope
from shared.sync.buckets import bucket_sums, joined_halves
from shared.sync.digest import payload_hash
from shared.sync.wire import SnapshotOffer
from sync_server.auth.service import require_device
from sync_server.db.sessions import Database
from sync_server.settings import ServerSettings
from sync_server.snapshots import file_repository, service
from sync_server.snapshots.builder import SnapshotBuilder
from sync_server.snapshots.service import Wanted
from sync_server.snapshots.shelf import Shelf, folder_in
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, make_store, running_server

CATALOGUE = Wanted("catalogue", SCHEMA_VERSION)


class _Idle(SnapshotBuilder):
    """Builds nothing by itself."""

    def want(self, wishes: Iterable[Wanted]) -> None:
        del wishes


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "server"


@pytest.fixture
def shelf(home: Path) -> Shelf:
    return Shelf(folder_in(home), 1024 * 1024 * 1024)


@pytest.fixture
def server(fresh_database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A worker that offers files of the smallest scopes and builds none by itself."""
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setattr("sync_server.main.SnapshotBuilder", _Idle)
    with running_server(url, home=home, snapshot_rows_min=1) as address:
        yield address


@pytest.fixture
def till(server: str, fresh_database: Database) -> Iterator[ProtocolDevice]:
    make_store(fresh_database, "HS")
    device = ProtocolDevice(server, fresh_database, "HS")
    yield device
    device.close()


def add_products(database: Database, names: list[str]) -> None:
    with database.writing() as connection:
        for name in names:
            product = ids.new()
            _insert(connection, "product", {"id": product, "name": name})
            _insert(connection, "variant", {"id": ids.new(), "product_id": product, "sku": name.upper(), "name": ""})


def _insert(connection: Any, table: str, values: Mapping[str, object]) -> None:
    connection.execute(Replicated.metadata.tables[table].insert().values(**values))


def get(device: ProtocolDevice, path: str, **headers: str) -> Any:
    return device.client.get(path, headers={"Authorization": f"Bearer {device.token}", **headers})


def offers(device: ProtocolDevice, schema: int = SCHEMA_VERSION) -> list[SnapshotOffer]:
    answer = get(device, f"/sync/snapshots?schema={schema}")
    assert answer.status_code == 200, answer.text
    return [msgspec.convert(each, SnapshotOffer) for each in answer.json()["offers"]]


def plain_file(content: bytes, folder: Path) -> sqlite3.Connection:
    path = folder / "plain.sqlite"
    path.write_bytes(zstandard.ZstdDecompressor().decompress(content))
    return sqlite3.connect(path)


def test_given_a_scope_when_its_file_is_built_then_it_holds_what_a_pull_gives_with_sums_and_search(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf, tmp_path: Path
) -> None:
    add_products(fresh_database, ["Cup", "Pen", "Bowl"])
    assert offers(till) == []
    service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    (offer,) = offers(till)
    answer = get(till, f"/sync/snapshots/catalogue/{offer.name}")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == offer.sha256
    assert answer.headers["etag"] == f'"{offer.sha256}"'
    (page,) = [page for page in till.pull().pages if page.scope == "catalogue"]
    assert (page.to_position, page.mark.hex()) == (offer.position, offer.mark)
    with closing(plain_file(answer.content, tmp_path)) as file:
        entities = file.execute("SELECT entities FROM snapshot").fetchone()[0].split()
        told = {(row.entity, row.id): row.version for row in page.rows if row.entity in entities}
        held = {(row[0], row[1]): row[2] for row in file.execute("SELECT entity, id, version FROM membership")}
        assert held == told
        assert {row[0] for row in file.execute("SELECT name FROM product")} == {"Cup", "Pen", "Bowl"}
        wanted = {row.id: payload_hash(row.payload) for row in page.rows if row.entity == "product"}
        for root in file.execute("SELECT * FROM product").fetchall():
            variants = [list(row) for row in file.execute("SELECT * FROM variant WHERE product_id = ?", (root[0],))]
            assert payload_hash((list(root), {"variant": variants})) == wanted[root[0]]
        sums = bucket_sums("product", [(key[1], version) for key, version in held.items() if key[0] == "product"])
        for number, high, low in file.execute("SELECT number, high, low FROM bucket WHERE entity = 'product'"):
            assert joined_halves(high, low) == sums[number]
        assert file.execute("SELECT search FROM snapshot").fetchone()[0] == search.INDEX_VERSION
        assert file.execute("SELECT count(*) FROM search_text WHERE search_text MATCH 'bowl'").fetchone()[0] == 1
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_given_a_part_of_a_file_when_the_rest_is_asked_for_then_it_comes_unless_there_is_another_file(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf
) -> None:
    add_products(fresh_database, ["Cup"])
    service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    (offer,) = offers(till)
    path = f"/sync/snapshots/catalogue/{offer.name}"
    whole = get(till, path).content
    rest = get(till, path, **{"Range": "bytes=100-", "If-Range": f'"{offer.sha256}"'})
    assert (rest.status_code, rest.content) == (206, whole[100:])
    other = get(till, path, **{"Range": "bytes=100-", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole)
    beyond = get(till, path, Range=f"bytes={len(whole) + 1}-")
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    "name", ["../secret", "..%2fsecret", "catalogue-e1-s2-999999.snapshot", "catalogue-s2.lock", "%00.snapshot"]
)
def test_given_a_name_of_no_file_when_asked_for_then_there_is_none(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf, name: str
) -> None:
    service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    assert get(till, f"/sync/snapshots/catalogue/{name}").status_code == 404


def test_given_a_scope_of_another_store_when_asked_for_then_there_is_none(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf
) -> None:
    with fresh_database.writing() as connection:
        _insert(
            connection, "setting", {"id": ids.new(), "key": "share_across_stores", "value": False, "store_id": None}
        )
    elsewhere = make_store(fresh_database, "ML")
    for store in (elsewhere, till.store_id):
        with fresh_database.writing() as connection:
            level = {"id": ids.new(), "store_id": store, "variant_id": ids.new()}
            _insert(connection, "stock_level", level)
        service.build(fresh_database, shelf, Wanted(stock_scope(store), SCHEMA_VERSION), SystemClock())
    names = {offer.scope: offer.name for offer in shelf.offers(stock_scope(elsewhere), SCHEMA_VERSION)}
    assert {offer.scope for offer in offers(till)} == {stock_scope(till.store_id)}
    assert get(till, f"/sync/snapshots/{stock_scope(elsewhere)}").status_code == 404
    refused = get(till, f"/sync/snapshots/{stock_scope(elsewhere)}/{names[stock_scope(elsewhere)]}")
    assert refused.status_code == 404
    assert error_of(refused)["error"] == "snapshot_none"
    # Nor under the name of a scope it may hold.
    assert get(till, f"/sync/snapshots/catalogue/{names[stock_scope(elsewhere)]}").status_code == 404


def test_given_a_file_that_is_behind_when_asked_for_then_it_is_offered_until_too_much_came_after_it(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TAIL_ROWS_FRESH", 2)
    add_products(fresh_database, ["Cup", "Pen", "Bowl", "Jar", "Tin", "Box"])
    first = service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    add_products(fresh_database, ["Vase", "Lamp", "Tray"])
    assert offers(till) == [first]
    second = service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    assert second is not None
    assert second != first
    assert offers(till) == [second]
    assert service.build(fresh_database, shelf, CATALOGUE, SystemClock()) == second
    add_products(fresh_database, [f"More {number}" for number in range(20)])
    assert offers(till) == []


def test_given_a_new_history_or_a_pruned_feed_when_asked_for_then_older_files_are_not_offered(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf
) -> None:
    add_products(fresh_database, ["Cup"])
    offer = service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    assert offers(till) == [offer]
    add_products(fresh_database, ["Pen"])
    assert offers(till) == [offer]
    for change in ("UPDATE sync_scope SET pruned_position = position", "UPDATE server_state SET epoch = epoch + 1"):
        with fresh_database.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text(change))
            found = service.offers_for(connection, shelf, _known(connection, till), schema=SCHEMA_VERSION, rows_min=1)
            assert found.ready == []
            assert [wish.scope for wish in found.wanted] == ["catalogue"]
            transaction.rollback()


def _known(connection: Any, till: ProtocolDevice) -> Any:
    return require_device(connection, till.id)


def test_given_an_older_schema_when_its_file_is_built_then_it_is_another_one(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf
) -> None:
    add_products(fresh_database, ["Cup"])
    service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    service.build(fresh_database, shelf, Wanted("catalogue", 1), SystemClock())
    assert [offer.schema for offer in offers(till, 1)] == [1]
    assert [offer.schema for offer in offers(till)] == [SCHEMA_VERSION]
    assert offers(till, 99) == []


def test_given_more_files_than_there_is_room_for_when_one_is_put_up_then_the_oldest_go(
    fresh_database: Database, home: Path
) -> None:
    make_store(fresh_database, "HS")
    shelf = Shelf(folder_in(home), bytes_max=1)
    add_products(fresh_database, ["Cup"])
    service.build(fresh_database, shelf, Wanted("catalogue", 1), SystemClock())
    newest = service.build(fresh_database, shelf, CATALOGUE, SystemClock())
    assert shelf.offers("catalogue", 1) == []
    assert shelf.offers("catalogue", SCHEMA_VERSION) == [newest]
    kept = {path.suffix for path in folder_in(home).iterdir()}
    assert kept == {".snapshot", ".json", ".lock"}


def test_given_two_builders_at_once_when_both_are_done_then_one_file_was_built(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_products(fresh_database, ["Cup"])
    written: list[uuid.UUID] = []
    real = file_repository.write_snapshot

    def counted(*arguments: Any, **options: Any) -> Any:
        written.append(uuid.UUID(int=0))
        return real(*arguments, **options)

    monkeypatch.setattr(file_repository, "write_snapshot", counted)
    builders = [
        threading.Thread(target=service.build, args=(fresh_database, shelf, CATALOGUE, SystemClock())) for _ in range(3)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(written) == 1
    assert len(offers(till)) == 1


def test_given_a_wish_when_the_builder_is_at_work_then_the_file_comes_up_by_itself(
    till: ProtocolDevice, fresh_database: Database, shelf: Shelf, home: Path
) -> None:
    add_products(fresh_database, ["Cup"])
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    builder = SnapshotBuilder(ServerSettings(home=home, database_url=url, snapshot_rows_min=1))
    builder.start()
    try:
        builder.want([CATALOGUE, CATALOGUE])
        for _ in range(3_000):
            if shelf.offers("catalogue", SCHEMA_VERSION):
                break
            threading.Event().wait(0.01)
    finally:
        builder.stop()
    assert [offer.scope for offer in offers(till)] == ["catalogue"]


def test_given_nobody_known_when_asking_then_401(till: ProtocolDevice) -> None:
    assert till.client.get("/sync/snapshots").status_code == 401
    assert till.client.get("/sync/snapshots/catalogue/x.snapshot").status_code == 401
