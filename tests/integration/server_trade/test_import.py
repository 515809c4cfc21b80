"""The import of a catalogue: good rows are taken, bad ones refused with reasons, and nothing happens twice."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import text

from shared.errors import UserError
from shared.limits import IMPORT_CHUNK_ROWS
from sync_server.catalogue.import_service import ImportOutcome, import_catalogue
from sync_server.db.sessions import Database
from sync_server.inventory import service as inventory
from tests.helpers.protocol_device import ProtocolDevice
from tests.integration.server_trade.shop_questions import HS, one

HEAD = "sku,name,barcodes,price,cost,tax,category,unit,kind,brand,description,state,stock:HS,colour\n"


def imported(shop: Database, folder: Path, rows: str, head: str = HEAD, **options: object) -> ImportOutcome:
    path = folder / "autumn.csv"
    path.write_text(head + rows, encoding="utf-8")
    return import_catalogue(shop, path, **options)


def figures(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    return outcome.new, outcome.changed, outcome.unchanged, outcome.refused


def price_of(shop: Database, sku: str, kind: str = "selling") -> list[int]:
    query = text(
        "SELECT unit_price_micro FROM price JOIN variant v ON v.id = variant_id "
        "WHERE sku = :sku AND kind = :kind AND state = 'active' ORDER BY valid_from, price.created_at"
    )
    with shop.reading() as connection:
        return list(connection.execute(query, {"sku": sku, "kind": kind}).scalars())


def test_given_good_and_bad_rows_when_imported_then_good_ones_are_taken_and_bad_ones_explained(
    shop: Database, tmp_path: Path
) -> None:
    rows = (
        "IMP-1,Autumn mug,5012345678900,9.50,3.20,Standard,Home > Autumn,piece,goods,Acme,Warm,active,12,red\n"
        "IMP-2,Second mug,5012345678900,9.50,,STANDARD,,,,,,,,\n"
        "IMP-1,Again,,1,,STANDARD,,,,,,,,\n"
        "IMP-3,,,2,,STANDARD,,,,,,,,\n"
        "IMP-4,No tax,,2,,,,,,,,,,\n"
        "IMP-5,Odd tax,,2,,LUXURY,,,,,,,,\n"
        "IMP-6,Candle twin,9520417009249,2,,ZERO,,,,,,,,\n"
        "IMP-7,No price,,,,zero,,,,,,,,\n"
        "IMP-8,Repair,,20,,STANDARD,,h,service,,,,5,\n"
    )
    with shop.reading() as connection:
        taken = connection.execute(
            text("SELECT code FROM barcode JOIN variant v ON v.id = variant_id WHERE sku = 'CND-CEDAR'")
        ).scalar_one()
    outcome = imported(shop, tmp_path, rows.replace("9520417009249", taken))
    assert figures(outcome) == (3, 0, 0, 6)
    assert [(p.row, p.column, p.code, p.is_refusal) for p in outcome.problems] == [
        (3, "barcode", "barcode_twice", True),
        (4, "sku", "sku_twice", True),
        (5, "name", "name_missing", True),
        (6, "tax", "tax_missing", True),
        (7, "tax", "tax_unknown", True),
        (8, "barcode", "barcode_taken", True),
        (9, "price", "price_missing", False),
        (10, "stock", "stock_of_service", False),
    ]
    assert outcome.ignored_headings == ("colour",)
    assert price_of(shop, "IMP-1") == [9_500_000]
    assert price_of(shop, "IMP-1", "cost") == [3_200_000]
    inventory.verify_stock(shop)
    level = "SELECT on_hand FROM stock_level l JOIN variant v ON v.id = variant_id WHERE sku = :sku AND l.store_id = :s"
    assert one(shop, level, sku="IMP-1", s=HS) == 12_000
    assert one(shop, level, sku="IMP-8", s=HS) is None
    path = one(
        shop,
        "SELECT p.name || '/' || c.name FROM category c JOIN category p ON p.id = c.parent_id WHERE c.name = 'Autumn'",
    )
    assert path == "Home/Autumn"
    assert inventory.verify_stock(shop).differences == ()
    ended = one(shop, "SELECT ended_at FROM change_set WHERE id = :id", id=outcome.change_set_id)
    assert ended is not None


def test_given_the_same_file_again_then_nothing_changes_and_nothing_is_sent_down(
    shop: Database, tmp_path: Path
) -> None:
    rows = "IMP-20,Twice mug,9501101530003,4.00,1.00,STANDARD,Home > Autumn,,,,,,3,\n"
    assert figures(imported(shop, tmp_path, rows)) == (1, 0, 0, 0)
    inventory.verify_stock(shop)
    before = one(shop, "SELECT string_agg(name || position, ',' ORDER BY name) FROM sync_scope")
    assert figures(imported(shop, tmp_path, rows)) == (0, 0, 1, 0)
    assert one(shop, "SELECT string_agg(name || position, ',' ORDER BY name) FROM sync_scope") == before


def test_given_changes_when_run_dry_then_they_are_counted_and_nothing_is_written(
    shop: Database, tmp_path: Path
) -> None:
    imported(shop, tmp_path, "IMP-30,Dry mug,,4.00,,STANDARD,,,,,,,,\nIMP-31,Wet mug,,4.00,,STANDARD,,,,,,,,\n")
    rows = "IMP-30,Dry mug,ABC-1,4.50,,STANDARD,New > Deep,,,,,,7,\nIMP-31,,,,,,,,,,,,,\nIMP-32,Newcomer,,1,,ZERO,,,,,,,,\n"
    dry = imported(shop, tmp_path, rows, is_dry_run=True)
    assert figures(dry) == (1, 1, 1, 0)
    assert dry.changed_fields == {"category": 1, "barcode": 1, "price": 1, "stock": 1}
    assert price_of(shop, "IMP-30") == [4_000_000]
    assert one(shop, "SELECT count(*) FROM category WHERE name IN ('New', 'Deep')") == 0
    wet = imported(shop, tmp_path, rows)
    assert (figures(wet), wet.changed_fields) == (figures(dry), dry.changed_fields)
    assert price_of(shop, "IMP-30") == [4_500_000], "a second import of the day replaces the first one's price"


def test_given_a_price_somebody_set_for_today_when_imported_then_it_waits_for_a_decision(
    shop: Database, tmp_path: Path
) -> None:
    imported(shop, tmp_path, "IMP-40,Contested mug,,4.00,,STANDARD,,,,,,,,\n")
    with shop.writing() as connection:
        connection.execute(
            text(
                "UPDATE price SET created_by = 'Jonas P., Office 1' WHERE variant_id = (SELECT id FROM variant WHERE sku = 'IMP-40')"
            )
        )
    for _ in range(2):
        outcome = imported(shop, tmp_path, "IMP-40,Contested mug,,4.40,,STANDARD,,,,,,,,\n")
    assert price_of(shop, "IMP-40") == [4_000_000]
    waiting = one(shop, "SELECT count(*) FROM inbox_entry WHERE entity = 'price' AND title = 'Contested mug'")
    assert (waiting, outcome.unchanged) == (1, 1)


def test_given_an_office_edit_after_an_import_when_they_meet_then_the_import_is_named(
    shop: Database, office: ProtocolDevice, tmp_path: Path
) -> None:
    imported(shop, tmp_path, "IMP-50,Old mug,,4.00,,STANDARD,,,,,,,,\n")
    imported(shop, tmp_path, "IMP-50,Imported mug,,4.00,,STANDARD,,,,,,,,\n")
    key = one(shop, "SELECT product_id FROM variant WHERE sku = 'IMP-50'")
    changes = {"name": ["Old mug", "Office mug"]}
    arguments = {
        "id": key.bytes,
        "base_version": 1,
        "changes": changes,
        "edited_at": 1,
        "edited_by": "Jonas P., Office 1",
    }
    assert office.push([office.mutation("product.edit", arguments)]).results[0].status == "merged"
    entry = "SELECT theirs_by FROM inbox_entry WHERE entity_id = :id"
    assert one(shop, entry, id=key) == "Import autumn.csv"
    assert one(shop, "SELECT name FROM product WHERE id = :id", id=key) == "Imported mug"


def test_given_more_rows_than_a_chunk_when_imported_then_all_are_taken_and_progress_is_told(
    shop: Database, tmp_path: Path
) -> None:
    rows = "".join(f"BULK-{n:05d},Bulk {n},,1.{n % 100:02d},,STANDARD,Bulk,,,,,,{n % 3},\n" for n in range(4_500))
    told: list[int] = []
    outcome = imported(shop, tmp_path, rows, progress=told.append)
    in_full_chunks = list(range(IMPORT_CHUNK_ROWS, 4_500, IMPORT_CHUNK_ROWS))
    assert (figures(outcome), told) == ((4_500, 0, 0, 0), [*in_full_chunks, 4_500])
    assert one(shop, "SELECT count(*) FROM category WHERE name = 'Bulk'") == 1
    assert inventory.verify_stock(shop).differences == ()


def test_given_a_workbook_over_http_then_the_reasons_come_back(
    shop: Database, web: httpx.Client, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["SKU", "Name", "EAN", "Price", "VAT"])
    sheet.append(["XL-1", "Sheet mug", 5000112637922.0, 3.5, "STANDARD"])
    sheet.append(["XL-2", "Sheet tea", None, "free", "ZERO"])
    book.save(tmp_path / "range.xlsx")
    content = (tmp_path / "range.xlsx").read_bytes()
    dry = web.post("/catalogue/import", files={"file": ("range.xlsx", content)}, params={"dry_run": "true"})
    assert (dry.status_code, dry.json()["new"], dry.json()["dry_run"]) == (200, 1, True)
    answer = web.post("/catalogue/import", files={"file": ("range.xlsx", content)}).json()
    assert (answer["new"], answer["refused"]) == (1, 1)
    (problem,) = answer["problems"]
    assert (problem["row"], problem["column"], problem["code"], problem["refused"]) == (
        3,
        "price",
        "price_invalid",
        True,
    )
    assert (
        one(shop, "SELECT code FROM barcode JOIN variant v ON v.id = variant_id WHERE sku = 'XL-1'") == "5000112637922"
    )
    broken = web.post("/catalogue/import", files={"file": ("x.xlsx", b"PK\x03\x04 no")})
    assert (broken.status_code, broken.json()["error"]) == (400, "import_malformed")


def test_given_an_empty_server_when_imported_then_it_says_what_is_missing(
    fresh_database: Database, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        imported(fresh_database, tmp_path, "A,B,,,,,,,,,,,,\n")
    assert caught.value.code == "shop_not_set_up"


def test_given_devices_when_they_import_then_an_office_may_and_a_till_may_not(
    shop: Database, till: ProtocolDevice, office: ProtocolDevice
) -> None:
    content = (HEAD + "IMP-60,Office mug,,4.00,,STANDARD,,,,,,,,\n").encode()
    answers = [
        device.client.post(
            "/catalogue/import",
            files={"file": ("office.csv", content)},
            params={"by": "Jonas P., Office 1"},
            headers={"Authorization": f"Bearer {device.token}"},
        )
        for device in (till, office)
    ]
    assert [(answer.status_code, answer.json().get("error"), answer.json().get("new")) for answer in answers] == [
        (403, "office_only", None),
        (200, None, 1),
    ]
    assert one(shop, "SELECT made_by FROM change_set WHERE source = 'office.csv'") == "Jonas P., Office 1"
