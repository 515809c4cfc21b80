"""The server towards programs older and newer than itself, and a server that follows another one."""

from __future__ import annotations

import pytest

from shared.schema.base import Replicated
from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION, at_schema
from shared.sync.wire import Cursor, DigestAnswer, DigestRequest, PullAnswer, PullRequest, PushRequest, RowsRequest
from sync_server.db.sessions import Database
from sync_server.sync import pull_service
from tests.helpers.older_schema import OLDER, knowing_less, older_world
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, unpacked, wire_row

__all__ = ["older_world"]


def ask(device: ProtocolDevice, schema: int, **cursor: int) -> PullRequest:
    cursors = [Cursor("catalogue", cursor["position"], b"x")] if cursor else []
    return PullRequest(schema, device.epoch, device.incarnation.bytes, cursors)


def catalogue_of(device: ProtocolDevice, schema: int) -> dict[str, list[list[object]]]:
    answer: PullAnswer = unpacked(device.post("/sync/pull", ask(device, schema)), PullAnswer)
    found: dict[str, list[list[object]]] = {}
    for page in answer.pages:
        for row in page.rows:
            found.setdefault(row.entity, []).append(list(row.payload[0]))
    return found


def add_goods(database: Database) -> None:
    with database.writing() as connection:
        product, variant = ids.new(), ids.new()
        tables = Replicated.metadata.tables
        connection.execute(tables["product"].insert().values(id=product, name="Cup", brand="Harbour"))
        connection.execute(tables["variant"].insert().values(id=variant, product_id=product, sku=str(variant)))
        key = {"id": ids.new(), "category_id": ids.new(), "variant_id": variant, "position": 1}
        connection.execute(tables["quick_key"].insert().values(**key))


@pytest.mark.scenario("Zero schema change", "a column is added while older clients read on")
@pytest.mark.usefixtures("older_world")
def test_given_rows_with_later_columns_when_an_older_program_asks_then_it_gets_them_as_it_knows_them(
    till: ProtocolDevice, database: Database
) -> None:
    add_goods(database)
    ours, theirs = catalogue_of(till, SCHEMA_VERSION), catalogue_of(till, OLDER)
    assert "quick_key" in ours
    assert "quick_key" not in theirs
    assert [len(row) for row in theirs["product"]] == [len(row) - 1 for row in ours["product"]]
    assert {str(row[0]) for row in theirs["product"]} == {str(row[0]) for row in ours["product"]}
    assert all("Harbour" not in row for row in theirs["product"])
    for schema in (OLDER, SCHEMA_VERSION):
        request = RowsRequest(schema, till.epoch, "catalogue", entity="product")
        answer = till.post("/sync/rows", request)
        assert answer.status_code == 200
        width = len(knowing_less(schema)["product"].root.columns)
        assert all(len(row[3][0]) == width for row in unpacked(answer, dict)["rows"])


@pytest.mark.usefixtures("older_world")
def test_given_two_schemas_when_digests_are_asked_for_then_each_is_over_rows_as_that_schema_has_them(
    till: ProtocolDevice, database: Database
) -> None:
    add_goods(database)
    ours, theirs = (
        unpacked(till.post("/sync/digest", DigestRequest(["catalogue"], schema)), DigestAnswer).digests[0]
        for schema in (SCHEMA_VERSION, OLDER)
    )
    assert ours.rows > theirs.rows
    assert ours.digest != theirs.digest


@pytest.mark.parametrize(
    ("schema", "code"), [(SCHEMA_AT_LEAST - 1, "program_too_old"), (SCHEMA_VERSION + 1, "server_too_old")]
)
def test_given_a_program_out_of_reach_when_it_asks_then_426_and_what_to_update(
    till: ProtocolDevice, schema: int, code: str
) -> None:
    answer = till.post("/sync/pull", ask(till, schema))
    assert answer.status_code == 426
    assert error_of(answer)["error"] == code


def test_given_a_program_that_is_too_old_when_it_sends_facts_then_they_are_taken(till: ProtocolDevice) -> None:
    aggregate = at_schema(SCHEMA_AT_LEAST)["cash_movement"]
    row = wire_row("cash_movement", {"id": ids.new(), "store_id": till.store_id, "device_id": till.id})
    assert len(row) == len(aggregate.root.columns)
    mutation = till.record("cash_movement", [row, {}])
    answer = till.post("/sync/push", PushRequest(SCHEMA_AT_LEAST - 1, till.incarnation.bytes, 1, [mutation]))
    assert answer.status_code == 200
    assert unpacked(answer, dict)["last_number"] == 1


@pytest.mark.usefixtures("older_world")
def test_given_a_row_made_by_an_older_program_when_it_is_sent_then_it_gets_defaults_for_what_it_lacks(
    till: ProtocolDevice, database: Database
) -> None:
    product = ids.new()
    root = wire_row("product", {"id": product, "name": "Jar", "kind": "goods", "state": "active", "unit": "piece"})
    older = [
        value
        for value, name in zip(root, at_schema(SCHEMA_VERSION)["product"].root.column_names, strict=True)
        if name != "brand"
    ]
    answer = till.push([till.record("product", [older, {"variant": []}], verb="create")])
    assert [(result.status, result.message) for result in answer.results] == [("applied", "")]
    with database.reading() as connection:
        table = Replicated.metadata.tables["product"]
        assert connection.execute(table.select().where(table.c.id == product)).one().brand == ""
    wrong = till.push([till.record("product", [older[:-1], {"variant": []}], verb="create")])
    assert [(result.status, result.code) for result in wrong.results] == [("refused", "mutation_malformed")]


@pytest.mark.scenario("PowerSync Jepsen", "reads go backwards when a slower server answers next")
def test_given_a_server_that_follows_another_when_a_device_is_ahead_of_it_then_it_says_not_yet(
    till: ProtocolDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.pull_all()
    ahead = till.cursors["catalogue"].position + 10
    restarted = unpacked(till.post("/sync/pull", ask(till, SCHEMA_VERSION, position=ahead)), PullAnswer)
    assert [page.restart for page in restarted.pages if page.scope == "catalogue"] == [True]
    monkeypatch.setattr(pull_service, "is_standby", lambda _: True)
    answer = till.post("/sync/pull", ask(till, SCHEMA_VERSION, position=ahead))
    assert answer.status_code == 503
    assert error_of(answer)["error"] == "not_yet"
    assert int(answer.headers["retry-after"]) >= 1
