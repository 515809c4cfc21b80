"""The sample shop loads whole, once, with the same ids everywhere."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy import text

from shared.catalogue.gtin import check_digit, has_valid_check_digit
from shared.catalogue.scan import read_scan
from sync_server.db.sessions import Database
from sync_server.inventory import service as inventory
from sync_server.sample_shop.service import load_sample_shop


def test_given_an_empty_server_when_loaded_twice_then_the_second_time_adds_nothing(fresh_database: Database) -> None:
    first = load_sample_shop(fresh_database)
    assert (first.stores, first.users, first.customers) == (2, 5, 30)
    assert first.products == 158
    with fresh_database.reading() as connection:
        positions = connection.execute(text("SELECT name, position FROM sync_scope ORDER BY name")).all()
    again = load_sample_shop(fresh_database)
    assert (again.stores, again.products, again.users, again.customers) == (0, 0, 0, 0)
    with fresh_database.reading() as connection:
        assert connection.execute(text("SELECT name, position FROM sync_scope ORDER BY name")).all() == positions


def test_given_the_shop_then_barcodes_are_valid_and_weighed_ones_are_found_by_their_label(shop: Database) -> None:
    with shop.reading() as connection:
        codes = connection.execute(text("SELECT code FROM barcode")).scalars().all()
        pears = connection.execute(
            text("SELECT code FROM barcode JOIN variant ON variant.id = variant_id WHERE sku = 'PEA-CONF'")
        ).scalar_one()
    assert len(codes) > 140
    assert all(has_valid_check_digit(code) for code in codes)
    label = pears[:7] + "00486"
    scan = read_scan(label + check_digit(label))
    found = next(candidate for candidate in scan.candidates if candidate.code == pears)
    assert str(found.quantity) == "0.486"


def test_given_the_shop_then_pins_are_hashed_and_open(shop: Database) -> None:
    with shop.reading() as connection:
        hashed = connection.execute(text("SELECT pin_hash FROM app_user WHERE username = 'mara'")).scalar_one()
    assert hashed.startswith("$argon2id$")
    assert PasswordHasher().verify(hashed, "2580")


def test_given_the_shop_then_ledger_balances_and_levels_agree(shop: Database) -> None:
    verification = inventory.verify_stock(shop)
    assert verification.differences == ()
    assert verification.checked > 250
    with shop.reading() as connection:
        level = connection.execute(
            text(
                "SELECT on_hand FROM stock_level JOIN variant ON variant.id = variant_id "
                "JOIN store ON store.id = store_id WHERE sku = 'PEA-CONF' AND code = 'HS'"
            )
        ).scalar_one()
    assert level == 26_400
