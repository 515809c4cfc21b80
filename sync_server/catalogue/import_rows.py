"""From the text of one row to what it says about one product, or the reasons why it cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.catalogue.gtin import GTIN_LENGTHS, has_valid_check_digit, is_digits
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS, NAME_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.money import Currency, UnitPrice
from shared.quantity import Quantity, Unit
from sync_server.catalogue.import_columns import Columns

UNIT_WORDS: Mapping[str, Unit] = {
    **{unit.value: unit for unit in Unit},
    **dict.fromkeys(("pieces", "pc", "pcs", "each", "ea", "st", "unit"), Unit.PIECE),
    **dict.fromkeys(("kilogram", "kilo", "kgs"), Unit.KILOGRAM),
    **dict.fromkeys(("litre", "liter", "ltr"), Unit.LITRE),
    **dict.fromkeys(("metre", "meter"), Unit.METRE),
    **dict.fromkeys(("m²", "sqm"), Unit.SQUARE_METRE),
    **dict.fromkeys(("hour", "hr", "hours"), Unit.HOUR),
}
KIND_WORDS = {"goods": "goods", "product": "goods", "stock": "goods", "service": "service", "non-stock": "service"}
STATE_WORDS = {
    "draft": "draft",
    "active": "active",
    "enabled": "active",
    "archived": "archived",
    "inactive": "archived",
    "disabled": "archived",
    "discontinued": "archived",
}
_CURRENCY_SIGNS = re.compile(r"[£$€¥\s\u00a0']")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_THOUSANDS_AND_POINT = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+")
_POINTS_AND_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,(\d{1,2}|\d{4,6})")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row, or one cell of it, was not taken as it stands.

    Attributes:
        row: the row's number as a spreadsheet shows it.
        column: our name of the column.
        code: stable code.
        sentence: what is wrong and what to do.
        is_refusal: the whole row was refused; otherwise it was taken and this is worth a look.
    """

    row: int
    column: str
    code: str
    sentence: str
    is_refusal: bool = True


@dataclass(frozen=True, slots=True)
class ImportRow:
    """What a row says. A field that is None was left blank or has no column: what is there stays.

    Attributes:
        price_micro: selling price per unit, millionths of the price list's currency; ``cost_micro`` alike.
        category: path of names from the top.
        stock: store code → opening stock in thousandths.
    """

    number: int
    sku: str
    name: str | None = None
    barcodes: tuple[str, ...] = ()
    price_micro: int | None = None
    cost_micro: int | None = None
    tax: str | None = None
    category: tuple[str, ...] | None = None
    unit: str | None = None
    kind: str | None = None
    brand: str | None = None
    description: str | None = None
    state: str | None = None
    stock: Mapping[str, int] = field(default_factory=dict)


class _Refused(Exception):
    """One cell cannot be read; carries code and sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read_row(
    number: int, cells: list[str], columns: Columns, currency: Currency
) -> tuple[ImportRow | None, list[Problem]]:
    """Read one row; with a refusal among the problems there is no row."""
    problems: list[Problem] = []
    reader = _RowReader(number, cells, columns, currency, problems)
    row = reader.read()
    return (None if any(problem.is_refusal for problem in problems) else row), problems


class _RowReader:
    """Reads the cells of one row one after the other and collects what is wrong with each."""

    def __init__(
        self, number: int, cells: list[str], columns: Columns, currency: Currency, problems: list[Problem]
    ) -> None:
        self._number = number
        self._cells = cells
        self._columns = columns
        self._currency = currency
        self._problems = problems

    def read(self) -> ImportRow:
        sku = self._words("sku", CODE_MAX_CHARACTERS) or ""
        if not sku:
            self._note("sku", "sku_missing", "The row has no SKU. Give every product its own code.")
        return ImportRow(
            number=self._number,
            sku=sku,
            name=self._words("name", NAME_MAX_CHARACTERS),
            barcodes=self._barcodes(),
            price_micro=self._price("price"),
            cost_micro=self._price("cost"),
            tax=self._words("tax", NAME_MAX_CHARACTERS),
            category=self._category(),
            unit=self._one_of("unit", UNIT_WORDS),
            kind=self._one_of("kind", KIND_WORDS),
            brand=self._words("brand", NAME_MAX_CHARACTERS),
            description=self._words("description", TEXT_MAX_CHARACTERS),
            state=self._one_of("state", STATE_WORDS),
            stock=self._stock(),
        )

    def _note(self, column: str, code: str, sentence: str, *, is_refusal: bool = True) -> None:
        self._problems.append(Problem(self._number, column, code, sentence, is_refusal))

    def _text(self, position: int | None) -> str:
        if position is None or position >= len(self._cells):
            return ""
        return self._cells[position].strip()

    def _words(self, column: str, limit: int) -> str | None:
        text = self._text(self._columns.fields.get(column))
        if len(text) > limit:
            self._note(column, "text_too_long", f"The {column} has {len(text)} characters; at most {limit} are kept.")
        if any(not character.isprintable() and character not in "\n\r\t" for character in text):
            self._note(column, "text_unreadable", f"The {column} holds characters that cannot be shown. Type it again.")
        return text or None

    def _barcodes(self) -> tuple[str, ...]:
        codes = [code for code in re.split(r"[;|,\s]+", self._text(self._columns.fields.get("barcode"))) if code]
        for code in codes:
            if _SCIENTIFIC.fullmatch(code):
                self._note(
                    "barcode",
                    "barcode_digits_lost",
                    f"“{code}” is a rounded number: the spreadsheet lost digits. Format the column as text.",
                )
            elif len(code) > CODE_MAX_CHARACTERS or not code.isprintable():
                self._note("barcode", "barcode_invalid", "The barcode is too long or holds unreadable characters.")
            elif is_digits(code) and len(code) in GTIN_LENGTHS and not has_valid_check_digit(code):
                self._note(
                    "barcode",
                    "barcode_check_digit",
                    f"The last digit of {code} is not its check digit. It was taken as it stands.",
                    is_refusal=False,
                )
        return tuple(dict.fromkeys(codes))

    def _price(self, column: str) -> int | None:
        text = self._text(self._columns.fields.get(column))
        if not text:
            return None
        try:
            micro = UnitPrice.parse(plain_decimal(text), self._currency).micro
        except (UserError, _Refused) as error:
            sentence = error.message if isinstance(error, UserError) else error.sentence
            self._note(column, f"{column}_invalid", sentence)
            return None
        if micro < 0:
            self._note(column, f"{column}_negative", f"The {column} is below zero. Correct it.")
        return micro

    def _category(self) -> tuple[str, ...] | None:
        text = self._text(self._columns.fields.get("category"))
        names = tuple(name for part in re.split(r"[>›]", text) if (name := part.strip()))
        if any(len(name) > NAME_MAX_CHARACTERS for name in names):
            self._note("category", "text_too_long", f"A category's name has at most {NAME_MAX_CHARACTERS} characters.")
        return names or None

    def _one_of(self, column: str, words: Mapping[str, str]) -> str | None:
        text = self._text(self._columns.fields.get(column))
        if not text:
            return None
        meaning = words.get(text.casefold())
        if meaning is None:
            allowed = ", ".join(sorted(set(map(str, words.values()))))
            self._note(column, f"{column}_unknown", f"“{text[:60]}” is no {column}. Use one of: {allowed}.")
            return None
        return str(meaning)

    def _stock(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for store, position in self._columns.stock.items():
            text = self._text(position)
            if not text:
                continue
            try:
                found[store] = Quantity.parse(plain_decimal(text)).thousandths
            except (UserError, _Refused) as error:
                sentence = error.message if isinstance(error, UserError) else error.sentence
                self._note(f"stock:{store}", "stock_invalid", sentence)
        return found


def plain_decimal(text: str) -> str:
    """``12.50`` from what people write: ``£12.50``, ``1,234.50``, ``1.234,50``, ``12,50``.

    Raises:
        _Refused: where a comma could mean thousands or decimals (``1,200``).
    """
    cleaned = _CURRENCY_SIGNS.sub("", text)
    if "," not in cleaned:
        return cleaned
    if _THOUSANDS_AND_POINT.fullmatch(cleaned):
        return cleaned.replace(",", "")
    if _POINTS_AND_COMMA.fullmatch(cleaned):
        return cleaned.replace(".", "").replace(",", ".")
    if _DECIMAL_COMMA.fullmatch(cleaned):
        return cleaned.replace(",", ".")
    raise _Refused("number_unclear", f"“{text[:40]}” can mean two numbers. Write it with a point, such as 1200.00.")
