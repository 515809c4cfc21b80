"""Reading CSV and XLSX files into rows of text, whatever program wrote them.

Nothing is guessed about meaning here: a cell becomes the text a person sees in it, so that barcodes keep their digits.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, cast
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.utils.exceptions import InvalidFileException

from shared.errors import UserError
from shared.limits import IMPORT_MAX_BYTES, IMPORT_MAX_ROWS
from sync_server.catalogue.import_columns import read_columns

Row = tuple[int, list[str]]
"""A row's number as a spreadsheet shows it (headings are row 1), and its cells as text."""

_DELIMITERS = (",", ";", "\t", "|")
_ZIP_START = b"PK\x03\x04"
_OLD_EXCEL_START = b"\xd0\xcf\x11\xe0"
_WHOLE_FLOATS_BELOW = 10**15


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV or XLSX file, headings first, empty rows left out; read as it goes, never whole.

    Raises:
        UserError: ``import_malformed`` when it is neither, is empty or breaks off; ``import_too_large`` beyond the
            limits; ``file_not_found``.
    """
    if not path.is_file():
        raise UserError("file_not_found", f"There is no file “{path.name}”. Check the name.", name=path.name)
    if path.stat().st_size > IMPORT_MAX_BYTES:
        raise UserError("import_too_large", "The file is larger than 512 MB. Split it.", bytes=path.stat().st_size)
    with path.open("rb") as file:
        start = file.read(4096)
        file.seek(0)
        if not start.strip(b"\x00\r\n\t \xef\xbb\xbf"):
            raise _malformed("The file is empty. Export it again.")
        if start.startswith(_OLD_EXCEL_START):
            raise _malformed("This is an old Excel file (.xls). Save it as .xlsx or CSV.")
        rows = _xlsx_rows(file) if start.startswith(_ZIP_START) else _csv_rows(file)
        for count, row in enumerate(row for row in rows if any(cell.strip() for cell in row[1])):
            if count > IMPORT_MAX_ROWS:
                raise UserError("import_too_large", "The file has more than 2,000,000 rows. Split it.")
            yield row


def _csv_rows(file: IO[bytes]) -> Iterator[Row]:
    with io.TextIOWrapper(file, encoding=_encoding_of(file), newline="") as text:
        delimiter = _delimiter_of(text.readline())
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            sentence = f"Row {reader.line_num} cannot be read: {error}. A quotation mark may be missing."
            raise _malformed(sentence) from error
        except UnicodeDecodeError as error:
            sentence = f"The text breaks off near row {reader.line_num}. Save the file as CSV UTF-8."
            raise _malformed(sentence) from error


def _encoding_of(file: IO[bytes]) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 where the whole file is valid, else Windows-1252 as Excel writes it.

    Raises:
        UserError: ``import_malformed`` for something that is no text.
    """
    start = file.read(4)
    file.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    decoder_input = iter(lambda: file.read(1 << 20), b"")
    is_utf8 = True
    tail = b""
    for block in decoder_input:
        if b"\x00" in block:
            raise _malformed("This is neither CSV text nor an XLSX workbook. Export it again as one of them.")
        tail, is_utf8 = _is_utf8(tail + block) if is_utf8 else (b"", False)
    file.seek(0)
    return "utf-8-sig" if is_utf8 and not tail else "cp1252"


def _is_utf8(block: bytes) -> tuple[bytes, bool]:
    """What is left of an unfinished character at the end, and whether the rest is UTF-8."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data" and len(block) - error.start < 4
        return (block[error.start :], True) if is_cut else (b"", False)
    return b"", True


def _delimiter_of(headings: str) -> str:
    """The delimiter under which most headings mean something; then the one that gives most columns."""

    def worth(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([headings], delimiter=delimiter), [])
        except csv.Error:
            return (0, 0)
        return (read_columns(cells).recognised, len(cells))

    return max(_DELIMITERS, key=worth)


def _xlsx_rows(file: IO[bytes]) -> Iterator[Row]:
    try:
        with warnings.catch_warnings():
            # Spreadsheets carry styles and validations that openpyxl does not know; none of them matters here.
            warnings.simplefilter("ignore", UserWarning)
            workbook = load_workbook(file, read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [_cell_text(cast("Cell", cell)) for cell in cells]
        workbook.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, ParseError, OSError) as error:
        raise _malformed("The workbook cannot be read. Open it, save it as .xlsx and try again.") from error


def _cell_text(cell: Cell) -> str:
    """What a person sees: whole numbers without a point, and filled with zeros where the cell's format says so."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_FLOATS_BELOW:
        value = int(value)
    if isinstance(value, int):
        shown = str(value)
        pattern = str(cell.number_format)
        return shown.zfill(len(pattern)) if pattern and set(pattern) == {"0"} else shown
    if isinstance(value, float):
        # Spreadsheets keep fifteen digits: 0.1 + 0.2 is 0.3 on their screen, and so it is here.
        return format(Decimal(f"{value:.15g}"), "f")
    return str(value)


def _malformed(sentence: str) -> UserError:
    return UserError("import_malformed", sentence)
