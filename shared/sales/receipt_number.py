"""Receipt numbers: a series per till and incarnation, counted from 1, never reused."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass

from shared.errors import BugError, UserError

_DIGITS_AT_LEAST = 6
_LETTERS = 26

COPY_SERIES_COUNT = 26**6
"""How many series have six letters: 308,915,776."""
COPY_SERIES_FIRST = (COPY_SERIES_COUNT - 1) // (_LETTERS - 1)
"""The first series of six letters, ``aaaaaa``. Those below are given out one by one by the server."""
_STORE_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?")
_RECEIPT_NUMBER = re.compile(
    r"(?P<store>[A-Z0-9][A-Z0-9-]*)-(?P<till>[1-9][0-9]*)(?P<series>[a-z]*)-(?P<number>[0-9]{6,})"
)


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """The parts of a receipt number.

    Attributes:
        store_code: capital letters, digits and inner hyphens.
        till_number: the till within its store, from 1.
        series: 1 for the till's first replica; what the server gives to the next ones, or ``copy_series``.
        number: consecutive within the series, from 1.
    """

    store_code: str
    till_number: int
    series: int
    number: int

    def __str__(self) -> str:
        """``HS-2-004182`` in the first series, ``HS-2b-000001`` in the second."""
        return receipt_number(self.store_code, self.till_number, self.series, self.number)


def receipt_number(store_code: str, till_number: int, series: int, number: int) -> str:
    """``<store>-<till><series>-<number>``; the first series has no letters, then come ``b`` to ``z``, ``aa``, ``ab``.

    Raises:
        BugError: ``receipt_number_invalid`` for another store code, or a till, series or number below 1.
    """
    if not _STORE_CODE.fullmatch(store_code) or min(till_number, series, number) < 1:
        raise BugError(
            "receipt_number_invalid",
            "A receipt number was to be made from impossible parts.",
            parts=[store_code, till_number, series, number],
        )
    return f"{store_code}-{till_number}{_letters(series)}-{number:0{_DIGITS_AT_LEAST}d}"


def copy_series(incarnation: uuid.UUID) -> int:
    """The series of a life that a device began on its own, because its files were copied or restored.

    Two copies of one device cannot ask each other, and offline they cannot ask the server; what they do not share is
    the random part of their new incarnations. Two out of ten copies of one till get the same series once in seven
    million times, and never one that the server has given out.
    """
    drawn = int.from_bytes(hashlib.sha256(b"counterfoil-series-1\x00" + incarnation.bytes).digest()[:16], "big")
    return COPY_SERIES_FIRST + drawn % COPY_SERIES_COUNT


def parse_receipt_number(text: str) -> ReceiptNumber:
    """Read a receipt number as printed; surrounding blanks do not matter.

    Raises:
        UserError: ``receipt_number_invalid``.
    """
    match = _RECEIPT_NUMBER.fullmatch(text.strip())
    parsed = None
    if match is not None:
        series = 1 if not match["series"] else _series(match["series"])
        parsed = ReceiptNumber(match["store"], int(match["till"]), series, int(match["number"]))
    # Whatever is not printed exactly so was mistyped: another number of zeros, or an "a" for the first series.
    if parsed is None or parsed.number < 1 or str(parsed) != text.strip():
        raise UserError(
            "receipt_number_invalid",
            f"“{text[:40]}” is not a receipt number. Type it as printed, such as HS-2-004182.",
            text=text[:40],
        )
    return parsed


def _letters(series: int) -> str:
    """The letters of a series in bijective base 26, none for the first: 2 → b, 26 → z, 27 → aa."""
    if series == 1:
        return ""
    letters = ""
    while series > 0:
        series, letter = divmod(series - 1, _LETTERS)
        letters = chr(ord("a") + letter) + letters
    return letters


def _series(letters: str) -> int:
    """The series of some letters."""
    series = 0
    for letter in letters:
        series = series * _LETTERS + ord(letter) - ord("a") + 1
    return series
