"""Files as real programs write them: encodings, delimiters, spreadsheets, and rubbish."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from shared.errors import UserError
from shared.money import currency
from sync_server.catalogue.import_columns import read_columns, require_columns
from sync_server.catalogue.import_files import read_rows
from sync_server.catalogue.import_rows import plain_decimal, read_row

GBP = currency("GBP")


def written(folder: Path, content: bytes, name: str = "range.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def cells(path: Path) -> list[list[str]]:
    return [row for _, row in read_rows(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_given_any_encoding_and_delimiter_when_read_then_the_cells_are_the_same(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = f"SKU{delimiter}Product name{delimiter}Price\r\nA-1{delimiter}Café crème{delimiter}12.50\r\n\r\n"
    assert cells(written(tmp_path, text.encode(encoding))) == [
        ["SKU", "Product name", "Price"],
        ["A-1", "Café crème", "12.50"],
    ]


def test_given_a_name_with_commas_and_line_breaks_when_read_then_it_is_one_cell(tmp_path: Path) -> None:
    rows = list(read_rows(written(tmp_path, b'sku,name\nA,"One, two\nthree"\nB,x\n')))
    assert rows[1][1] == ["A", "One, two\nthree"]
    assert rows[2] == (4, ["B", "x"])


def test_given_a_workbook_when_read_then_numbers_look_as_on_screen(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["sku", "barcode", "price", "stock:HS", "name"])
    sheet.append([1042, 5012345678900.0, 12.1, 3.0, "Mug"])
    sheet.append(["B", 12345678905, 0.1 + 0.2, None, "Tea"])
    sheet["B3"].number_format = "0000000000000"
    path = tmp_path / "range.xlsx"
    book.save(path)
    assert cells(path)[1:] == [
        ["1042", "5012345678900", "12.1", "3", "Mug"],
        ["B", "0012345678905", "0.3", "", "Tea"],
    ]


def bad_zip(folder: Path) -> bytes:
    path = folder / "plain.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n  \n",
        b"\xd0\xcf\x11\xe0\xa1\xb1old excel",
        b"PK\x03\x04 broken",
        b"%PDF-1.7\x00\x01\x02",
        b'sku,name\nA,"never closed\nB,x\n',
        b'sku,name\nA,"odd" quote\n',
    ],
)
def test_given_a_file_that_is_none_when_read_then_it_is_malformed(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError) as caught:
        list(read_rows(written(tmp_path, content)))
    assert caught.value.code == "import_malformed"


def test_given_a_zip_that_is_no_workbook_when_read_then_it_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        list(read_rows(written(tmp_path, bad_zip(tmp_path))))
    assert caught.value.code == "import_malformed"


def test_given_no_file_when_read_then_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        list(read_rows(tmp_path / "gone.csv"))
    assert caught.value.code == "file_not_found"


def test_given_headings_of_other_systems_when_matched_then_they_mean_ours() -> None:
    columns = read_columns(["Item Code", "TITLE", "EAN-13", "Unit_Price", "Stock:hs", "on hand: ML", "Colour", ""])
    assert columns.fields == {"sku": 0, "name": 1, "barcode": 2, "price": 3}
    assert columns.stock == {"HS": 4, "ML": 5}
    assert columns.unknown == ("Colour",)


@pytest.mark.parametrize(("headings", "word"), [(["name", "price"], "sku"), (["sku", "stock:XX"], "XX")])
def test_given_headings_that_make_no_catalogue_when_checked_then_it_is_malformed(
    headings: list[str], word: str
) -> None:
    with pytest.raises(UserError) as caught:
        require_columns(read_columns(headings), ["HS"])
    assert caught.value.code == "import_malformed"
    assert word in caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.50", "12.50"),
        ("£1,234.50", "1234.50"),
        ("1.234,5", "1234.5"),
        ("12,5", "12.5"),
        ("0,0125", "0.0125"),
        ("1 200.00", "1200.00"),
    ],
)
def test_given_a_price_as_people_write_it_when_read_then_it_is_a_number(text: str, expected: str) -> None:
    assert plain_decimal(text) == expected


def problems(**values: str) -> list[tuple[str, str, bool]]:
    names = ["sku", "name", "barcode", "price", "unit", "state", "stock:HS"]
    columns = read_columns(names)
    given = {"sku": "A", "name": "Mug", **{key.replace("stock", "stock:HS"): value for key, value in values.items()}}
    _, found = read_row(7, [given.get(name, "") for name in names], columns, GBP)
    assert all(problem.row == 7 and problem.sentence for problem in found)
    return [(problem.column, problem.code, problem.is_refusal) for problem in found]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"sku": ""}, [("sku", "sku_missing", True)]),
        ({"price": "1,200"}, [("price", "price_invalid", True)]),
        ({"price": "twelve"}, [("price", "price_invalid", True)]),
        ({"price": "-1"}, [("price", "price_negative", True)]),
        ({"price": "0.0000001"}, [("price", "price_invalid", True)]),
        ({"barcode": "5.01235E+12"}, [("barcode", "barcode_digits_lost", True)]),
        ({"barcode": "5012345678901"}, [("barcode", "barcode_check_digit", False)]),
        ({"barcode": "5012345678900; ABC"}, []),
        ({"unit": "bushel"}, [("unit", "unit_unknown", True)]),
        ({"state": "gone"}, [("state", "state_unknown", True)]),
        ({"stock": "2.5"}, []),
        ({"stock": "2.0005"}, [("stock:HS", "stock_invalid", True)]),
        ({"name": "x" * 201}, [("name", "text_too_long", True)]),
        ({"name": "bell\x07"}, [("name", "text_unreadable", True)]),
    ],
)
def test_given_a_cell_when_it_cannot_be_read_then_row_column_and_reason_are_named(
    values: dict[str, str], expected: list[tuple[str, str, bool]]
) -> None:
    assert problems(**values) == expected
