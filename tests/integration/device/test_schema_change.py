"""A device of an older wire schema, and what it fetches once its program is newer: WatermelonDB's migration syncs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.buckets import read, recounted
from desktop.replica.cursors import cursors
from desktop.replica.digests import replica_digests
from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity, identity_of
from desktop.replica.schema import SchemaFill
from desktop.sync.engine import SyncEngine
from desktop.sync.pull_lane import PullLane
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import derived_id
from shared.schema.catalogue import Product, QuickKey
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import RowsAnswer, RowsRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.older_schema import OLDER, older_world
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import CUP, PEN, agrees, name_of, product, variant

__all__ = ["older_world"]

pytestmark = pytest.mark.usefixtures("older_world")
KEY_ID = derived_id("key")


@pytest.fixture
def projecting(server: FakeServer) -> FakeServer:
    """The server of two products, with a brand and a quick key that schema 1 does not know."""
    server.projects = True
    server.put("product", product(CUP, "Cup", brand="Harbour"), variant(CUP, "CUP"))
    key = {
        "id": KEY_ID,
        "category_id": derived_id("category"),
        "variant_id": derived_id("variant", "CUP"),
        "position": 1,
    }
    server.put("quick_key", key)
    return server


@pytest.fixture
def older(device: Replica, projecting: FakeServer) -> Replica:
    """A device that was filled by a program of schema 1."""
    fetch(device, projecting, OLDER)
    with device.write() as unit:
        change_identity(unit.connection, schema_filled=OLDER)
    return device


def fetch(replica: Replica, server: FakeServer, schema: int = SCHEMA_VERSION) -> list[dict[str, int]]:
    return [applied.rows for applied in PullLane(replica, server, schema=schema).run()]


def brand_of(replica: Replica) -> str:
    with replica.read() as connection:
        return connection.execute(select(Product.brand).where(Product.id == CUP)).scalar_one()


def quick_keys(replica: Replica) -> int:
    with replica.read() as connection:
        return connection.execute(select(func.count()).select_from(QuickKey)).scalar_one()


def filled(replica: Replica) -> int:
    with replica.read() as connection:
        assert connection.execute(select(func.count()).select_from(SchemaFill)).scalar_one() == 0
        return identity_of(connection).schema_filled


def agrees_as_of(replica: Replica, server: FakeServer, schema: int) -> bool:
    with replica.read() as connection:
        here = replica_digests(connection, schema)
    there = server.digest([each.scope for each in here], schema).digests
    return [(each.rows, each.digest) for each in here] == [(each.rows, each.digest) for each in there]


def test_given_an_older_program_when_it_syncs_then_what_came_later_is_left_out_and_the_rest_agrees(
    older: Replica, projecting: FakeServer
) -> None:
    assert brand_of(older) == ""
    assert quick_keys(older) == 0
    assert agrees_as_of(older, projecting, OLDER)
    assert not agrees(older, projecting)


@pytest.mark.scenario("WatermelonDB", "a first sync asks for no migration")
def test_given_a_new_device_when_it_syncs_then_nothing_is_asked_for_again(
    device: Replica, projecting: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rows_asked(projecting, monkeypatch)
    fetch(device, projecting)
    assert asked == []
    assert agrees(device, projecting)


@pytest.mark.scenario("WatermelonDB", "a sync after no change of the schema asks for no migration")
def test_given_a_device_that_is_up_to_date_when_it_syncs_again_then_nothing_is_asked_for_again(
    device: Replica, projecting: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(device, projecting)
    asked = rows_asked(projecting, monkeypatch)
    fetch(device, projecting)
    assert asked == []
    assert filled(device) == SCHEMA_VERSION


@pytest.mark.scenario("WatermelonDB", "after an upgrade a column that was added is fetched, at versions already held")
@pytest.mark.scenario("WatermelonDB", "after an upgrade a table that was added is fetched")
@pytest.mark.scenario("WatermelonDB", "the migration is asked for once, then the new schema is noted")
def test_given_a_program_that_was_upgraded_when_it_syncs_then_columns_and_entities_it_lacked_come(
    older: Replica, projecting: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rows_asked(projecting, monkeypatch)
    assert fetch(older, projecting)[-1] == {"product": 2, "quick_key": 1}
    assert {(each.entity, each.scope) for each in asked} >= {("product", "catalogue"), ("quick_key", "catalogue")}
    assert (brand_of(older), quick_keys(older)) == ("Harbour", 1)
    assert agrees(older, projecting)
    assert filled(older) == SCHEMA_VERSION
    with older.read() as connection:
        for cursor in cursors(connection).values():
            assert read(connection, cursor.number) == recounted(connection, cursor.number)
    asked.clear()
    fetch(older, projecting)
    assert asked == []


@pytest.mark.scenario("WatermelonDB", "only what the newer schema added is asked for")
def test_given_an_upgrade_when_rows_are_asked_for_then_entities_that_gained_nothing_are_left_alone(
    older: Replica, projecting: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rows_asked(projecting, monkeypatch)
    fetch(older, projecting)
    assert {each.entity for each in asked} == {"product", "quick_key", "customer_alias"}


@pytest.mark.scenario("WatermelonDB", "changes that come with the migration's own sync are applied as usual")
def test_given_changes_on_both_sides_of_an_upgrade_when_synced_then_they_come_too(
    older: Replica, projecting: FakeServer
) -> None:
    projecting.put("product", product(PEN, "Red pen", brand="Ink"), variant(PEN, "PEN"))
    projecting.delete("quick_key", KEY_ID)
    fetch(older, projecting)
    assert name_of(older, PEN) == "Red pen"
    assert (brand_of(older), quick_keys(older)) == ("Harbour", 0)
    assert agrees(older, projecting)


@pytest.mark.scenario("WatermelonDB", "a migration that breaks off is taken up again and not counted as done")
def test_given_a_line_that_breaks_in_a_migration_when_synced_again_then_it_goes_on_where_it_was(
    older: Replica, projecting: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    projecting.page_rows = 1
    asked = rows_asked(projecting, monkeypatch, break_at=2)
    with pytest.raises(EnvironmentFailure):
        fetch(older, projecting)
    with older.read() as connection:
        assert identity_of(connection).schema_filled == OLDER
        assert connection.execute(select(func.count()).select_from(SchemaFill)).scalar_one() > 0
    fetch(older, projecting)
    of_products = [each.after for each in asked if each.entity == "product" and each.scope == "catalogue"]
    assert of_products[0] == b""
    assert len(of_products) == len(set(of_products)) + 1  # The one that broke off was asked for again.
    assert filled(older) == SCHEMA_VERSION
    assert agrees(older, projecting)


@pytest.mark.scenario("WatermelonDB", "a device several schemas behind gets everything since its own")
def test_given_a_device_of_the_oldest_schema_when_upgraded_then_the_program_asks_from_there(
    older: Replica, projecting: FakeServer
) -> None:
    with older.write() as unit:
        change_identity(unit.connection, schema_filled=0)
    fetch(older, projecting)
    assert agrees(older, projecting)
    assert filled(older) == SCHEMA_VERSION


@pytest.mark.scenario("WatermelonDB", "unsent local changes survive the migration")
def test_given_edits_made_before_an_upgrade_when_synced_after_it_then_they_stay_on_top_and_are_sent(
    older: Replica, projecting: FakeServer, clock: SettableClock
) -> None:
    with older.write() as unit:
        unit.edit("product", CUP, {"name": "My cup"}, edited_by="me")
        # As the older program kept it: without the column it did not know.
        unit.connection.exec_driver_sql("UPDATE base_copy SET payload = ?", (_older_base(unit.connection),))
    fetch(older, projecting)
    assert (name_of(older, CUP), brand_of(older)) == ("My cup", "Harbour")
    assert agrees(older, projecting)
    SyncEngine(older, projecting, clock).cycle()
    sent = projecting.row("product", CUP)
    assert sent is not None
    assert (sent["name"], sent["brand"]) == ("My cup", "Harbour")
    with older.read() as connection:
        assert outbox.pending_count(connection) == 0
    assert agrees(older, projecting)


def _older_base(connection: Any) -> bytes:
    import msgspec

    from shared.sync.projection import narrowed
    from shared.sync.wire import Payload

    encoded = connection.exec_driver_sql("SELECT payload FROM base_copy").scalar_one()
    return msgspec.msgpack.encode(narrowed("product", msgspec.msgpack.decode(encoded, type=Payload), OLDER))


def test_given_a_file_of_an_older_schema_when_a_device_of_it_starts_then_it_is_taken(
    device: Replica, projecting: FakeServer, tmp_path: Path
) -> None:
    offer = put_up(projecting, tmp_path, schema=OLDER)
    assert projecting.snapshots(SCHEMA_VERSION) == []
    fetch(device, projecting, OLDER)
    assert agrees_as_of(device, projecting, OLDER)
    with device.read() as connection:
        assert cursors(connection)[offer.scope].number < 0


def rows_asked(server: FakeServer, monkeypatch: pytest.MonkeyPatch, break_at: int = 0) -> list[RowsRequest]:
    """What is asked for by entity from now on; one of the answers may be lost."""
    asked: list[RowsRequest] = []
    real = server.rows

    def rows(request: RowsRequest) -> RowsAnswer:
        asked.append(request)
        if len(asked) == break_at:
            raise EnvironmentFailure("server_unreachable", "The line broke.")
        return real(request)

    monkeypatch.setattr(server, "rows", rows)
    return asked
