"""One intention, one transaction: rows and outbox together or not at all."""

from __future__ import annotations

import uuid
from typing import cast

import pytest
from sqlalchemy import select

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.schema import Outbox
from desktop.replica.unit_of_work import ChildEdit
from shared.errors import BugError, UserError
from shared.schema.catalogue import Product, Variant
from shared.schema.registry import AGGREGATES, SCHEMA_AT_LEAST
from shared.sync.operations import arguments_hash, decode_arguments, encode_arguments
from shared.sync.projection import narrowed
from shared.sync.wire import Payload
from tests.helpers.replica import TinyShop


def test_given_an_edit_when_committed_then_the_row_and_the_mutation_are_there_together(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    product_id = tiny_shop.products["CND-CEDAR"]
    with replica.write() as unit:
        number = unit.edit("product", product_id, {"name": "Soy candle"}, edited_by="Jonas, Office")
    assert number == 1
    assert unit.changes().touches_id("product", product_id)
    with replica.read() as connection:
        assert connection.execute(select(Product.name).where(Product.id == product_id)).scalar_one() == "Soy candle"
        sent = outbox.waiting(connection, count_max=10, bytes_max=1_000_000)
    arguments = decode_arguments(sent[0].arguments)
    assert arguments["changes"] == {"name": ["Soy candle, cedar", "Soy candle"]}
    assert arguments["base_version"] == 1
    assert arguments["edited_by"] == "Jonas, Office"
    assert sent[0].hash == arguments_hash("product.edit", 1, sent[0].arguments)


def test_given_a_document_of_the_former_program_that_was_refused_when_repaired_then_it_goes_again_whole(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    product = {"id": uuid.UUID(int=77), "name": "Rye", "tax_category_id": tiny_shop.tax_categories["STANDARD"]}
    with replica.write() as unit:
        number = unit.create("product", product, {"variant": [{"id": uuid.UUID(int=78), "sku": "RYE"}]})
        (sent,) = outbox.waiting(unit.connection, count_max=1, bytes_max=1)
        arguments = decode_arguments(sent.arguments)
        arguments["row"] = narrowed("product", cast("Payload", arguments["row"]), SCHEMA_AT_LEAST)
        unit.connection.exec_driver_sql(
            "UPDATE outbox SET state = 'refused', arguments = ? WHERE number = ?", (encode_arguments(arguments), number)
        )
    with replica.write() as unit:
        unit.repair(outbox.refused_mutation(unit.connection, number), {"name": "Rye bread"}, edited_by="Ada, Till 1")
        (again,) = outbox.waiting(unit.connection, count_max=1, bytes_max=1)
    root, _ = cast("Payload", decode_arguments(again.arguments)["row"])
    names = AGGREGATES["product"].root.column_names
    assert dict(zip(names, root, strict=True))["name"] == "Rye bread"


def test_given_an_edit_that_changes_nothing_when_made_then_nothing_is_sent(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    with replica.write() as unit:
        name = {"name": "Soy candle, cedar"}
        assert unit.edit("product", tiny_shop.products["CND-CEDAR"], name, edited_by="x") is None
    with replica.read() as connection:
        assert outbox.pending_count(connection) == 0


def test_given_an_error_in_the_block_when_raised_then_neither_row_nor_mutation_stays(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    product_id = tiny_shop.products["MUG-BLUE"]

    def half_done() -> None:
        with replica.write() as unit:
            unit.edit("product", product_id, {"name": "Half"}, edited_by="x")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half_done()
    with replica.read() as connection:
        assert connection.execute(select(Product.name).where(Product.id == product_id)).scalar_one() != "Half"
        assert connection.execute(select(Outbox.number)).all() == []
        assert outbox.last_number(connection) == 0


def test_given_owned_rows_when_changed_added_and_taken_away_then_one_mutation_says_all(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    product_id, variant_id = tiny_shop.products["MUG-BLUE"], tiny_shop.variants["MUG-BLUE"]
    fresh = uuid.UUID(int=7)
    with replica.write() as unit:
        unit.edit(
            "product",
            product_id,
            {},
            edited_by="x",
            children=[
                ChildEdit("variant", variant_id, changes={"name": "Small"}),
                ChildEdit("variant", fresh, row={"sku": "MUG-BLUE-L", "name": "Large"}),
            ],
        )
        unit.edit("product", product_id, {}, edited_by="x", children=[ChildEdit("variant", fresh, is_removed=True)])
    with replica.read() as connection:
        skus = connection.execute(select(Variant.sku, Variant.name).where(Variant.product_id == product_id)).all()
        sent = outbox.waiting(connection, count_max=10, bytes_max=1_000_000)
    assert [tuple(row) for row in skus] == [("MUG-BLUE", "Small")]
    children = decode_arguments(sent[0].arguments)["children"]
    assert isinstance(children, list)
    assert [child["child"] for child in children] == ["variant", "variant"]
    assert decode_arguments(sent[1].arguments)["children"] == [
        {"child": "variant", "child_id": fresh.bytes, "removed": True}
    ]


def test_given_what_this_device_does_not_have_when_edited_then_it_says_so(replica: Replica) -> None:
    with pytest.raises(UserError) as caught, replica.write() as unit:
        unit.edit("product", uuid.UUID(int=1), {"name": "x"}, edited_by="x")
    assert caught.value.code == "record_unknown"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"name": "x", "colour": "red"}, "field_unknown"),
        ({"name": 3}, "value_unfit"),
        ({}, "field_missing"),
    ],
)
def test_given_a_row_that_breaks_the_schema_when_created_then_it_is_a_bug(
    replica: Replica, row: dict[str, object], code: str
) -> None:
    with pytest.raises(BugError) as caught, replica.write() as unit:
        unit.create("product", {"id": uuid.UUID(int=1), **row})
    assert caught.value.code == code


def test_given_a_transaction_when_another_is_begun_inside_then_it_is_a_bug(replica: Replica) -> None:
    with replica.write(), pytest.raises(BugError) as caught, replica.write():
        pass
    assert caught.value.code == "write_nested"


def test_given_a_write_when_read_elsewhere_before_the_commit_then_nothing_is_seen(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    product_id = tiny_shop.products["MUG-BLUE"]
    with replica.read() as reader:
        before = reader.execute(select(Product.name).where(Product.id == product_id)).scalar_one()
        with replica.write() as unit:
            unit.edit("product", product_id, {"name": "New"}, edited_by="x")
        assert reader.execute(select(Product.name).where(Product.id == product_id)).scalar_one() == before
    with replica.read() as reader:
        assert reader.execute(select(Product.name).where(Product.id == product_id)).scalar_one() == "New"
