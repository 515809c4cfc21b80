"""A device that was away for so long that the server forgot what was removed brings nothing of that back."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from desktop.replica import offers
from desktop.replica.identity import change_identity
from shared.schema.catalogue import Barcode
from sync_server.epochs.service import new_epoch
from tests.helpers.restorable_shop import CANDLE, Desk, ServedDatabase, count_rows, joined, settle

DAY_US = 86_400_000_000


def link_barcode(desk: Desk, code: str) -> uuid.UUID:
    variant_id = desk.variant_id(CANDLE)
    with desk.replica.write() as unit:
        barcode = unit.ids.new()
        unit.create("barcode", {"id": barcode, "code": code, "variant_id": variant_id, "quantity": 1000})
    return barcode


def barcodes(desk: Desk) -> set[uuid.UUID]:
    with desk.replica.read() as connection:
        return set(connection.execute(select(Barcode.id)).scalars())


@pytest.mark.parametrize(("days", "is_back"), [(58, True), (61, False)])
def test_given_a_barcode_that_the_server_does_not_know_when_a_device_comes_then_it_is_offered_unless_it_was_long_away(
    shop: ServedDatabase, tmp_path: Path, days: int, is_back: bool
) -> None:
    with joined(shop, tmp_path) as away, joined(shop, tmp_path, kind="office") as office:
        barcode = link_barcode(office, "4006381333931")
        settle(shop, office, away)
        assert barcode in barcodes(away)
        with shop.database.writing() as connection:
            connection.exec_driver_sql(f"DELETE FROM barcode WHERE id = '{barcode}'")
        with shop.database.writing() as connection:  # As pruning leaves it: nothing is known of it at all.
            connection.exec_driver_sql(f"DELETE FROM sync_row WHERE id = '{barcode}'")
            connection.exec_driver_sql("UPDATE sync_scope SET pruned_position = position")
            connection.exec_driver_sql("DELETE FROM version_before")
            new_epoch(connection, shop.database.clock, reason="It was put back.")
        with away.replica.write() as unit:
            now = unit.clock.now()
            change_identity(unit.connection, consistent_at=now - days * DAY_US)
        settle(shop, away)
        assert (count_rows(shop, "barcode", f"id = '{barcode}'") == 1) is is_back
        assert (barcode in barcodes(away)) is is_back
        assert offers.REMOVALS_TOLD_US < 60 * DAY_US
