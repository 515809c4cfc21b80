"""Checks on the content of a GS1 data field, by name, as the table of application identifiers refers to them.

Each takes the text of one component and says whether it is right. All are total: any text gives an answer.
Source: GS1 General Specifications, section 3 (each application identifier) and 7.9 (check characters).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from math import isqrt
from types import MappingProxyType

from shared.catalogue.gtin import has_valid_check_digit, is_digits
from shared.catalogue.iso_codes import COUNTRIES_BY_LETTERS, COUNTRIES_BY_NUMBER, CURRENCY_BY_NUMBER

Check = Callable[[str], bool]

CHARACTER_SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""The characters of a text field, in the order that gives each its value for check characters."""

CHARACTER_SET_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The characters of a component or part identifier."""

CHECK_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The 32 characters a pair of check characters is written with."""

_VALUE_OF = MappingProxyType({character: value for value, character in enumerate(CHARACTER_SET_82)})
_PRIMES = tuple(number for number in range(2, 510) if all(number % smaller for smaller in range(2, isqrt(number) + 1)))
_MEDIA_TYPES = frozenset([*range(1, 11), *range(80, 100)])


def is_text_82(text: str) -> bool:
    """Whether every character is of the set for text fields; true for nothing at all."""
    return all(character in _VALUE_OF for character in text)


def is_text_39(text: str) -> bool:
    """Whether every character is of the set for part identifiers; true for nothing at all."""
    return all(character in CHARACTER_SET_39 for character in text)


def is_base64_url(text: str) -> bool:
    """Whether the text is base64url, with no more padding than fills a group of three."""
    return re.fullmatch(r"[A-Za-z0-9_-]*(={1,2})?", text) is not None and (
        not text.endswith("=") or (len(text) % 3 == 0 and text.strip("=") != "")
    )


def is_numeric(text: str) -> bool:
    """Whether there are only the digits 0 to 9; true for nothing at all."""
    return not text or is_digits(text)


def check_pair(body: str) -> str:
    """The two check characters of a global model number (weights are primes from the right, modulo 1021).

    Raises:
        ValueError: for a character outside the set of 82, or more than 97 characters.
    """
    if len(body) > len(_PRIMES) or not is_text_82(body):
        raise ValueError(f"no check characters for {body!r}")
    total = sum(_VALUE_OF[character] * prime for character, prime in zip(reversed(body), _PRIMES, strict=False)) % 1021
    return CHECK_CHARACTERS[total >> 5] + CHECK_CHARACTERS[total & 31]


def _has_check_pair(text: str) -> bool:
    return 2 <= len(text) <= len(_PRIMES) + 2 and is_text_82(text) and check_pair(text[:-2]) == text[-2:]


def _is_day(text: str, *, day_may_be_zero: bool) -> bool:
    """Year, month and day as eight digits; day 00 stands for the whole month where that is allowed."""
    if len(text) != 8 or not is_digits(text):
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not 1 <= month <= 12:
        return False
    # Year 0 is a leap year like 2000; the calendar module only starts at 1.
    return (day == 0 and day_may_be_zero) or 1 <= day <= monthrange(year or 2000, month)[1]


def _below(limit: int) -> Check:
    return lambda text: len(text) == 2 and is_digits(text) and int(text) < limit


def _is_minute_of_day(text: str) -> bool:
    return len(text) == 4 and _below(24)(text[:2]) and _below(60)(text[2:])


def _is_angle(limit: int) -> Check:
    """Ten digits of 1e-7 degrees, from 0 up to ``limit`` degrees."""
    return lambda text: len(text) == 10 and is_digits(text) and int(text) <= limit * 10**7


def _is_iban(text: str) -> bool:
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", text) or text[:2] not in COUNTRIES_BY_LETTERS:
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def _is_piece_of_total(text: str) -> bool:
    half, odd = divmod(len(text), 2)
    return not odd and is_digits(text) and 0 < int(text[:half]) <= int(text[half:])


def _is_position_in_sequence(text: str) -> bool:
    match = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)", text)
    return match is not None and int(match[1]) <= int(match[2])


def _of_pattern(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "check_digit": has_valid_check_digit,
        "check_pair": _has_check_pair,
        "day_yymmdd": lambda text: _is_day("20" + text, day_may_be_zero=False),
        "day_or_month_yymmdd": lambda text: _is_day("20" + text, day_may_be_zero=True),
        "day_yyyymmdd": lambda text: _is_day(text, day_may_be_zero=False),
        "day_or_month_yyyymmdd": lambda text: _is_day(text, day_may_be_zero=True),
        "hour": _below(24),
        "minute": _below(60),
        "second": _below(60),
        "hour_minute": _is_minute_of_day,
        "latitude": _is_angle(180),
        "longitude": _is_angle(360),
        "country_number": COUNTRIES_BY_NUMBER.__contains__,
        "country_number_or_999": lambda text: text == "999" or text in COUNTRIES_BY_NUMBER,
        "country_letters": COUNTRIES_BY_LETTERS.__contains__,
        "currency_number": CURRENCY_BY_NUMBER.__contains__,
        "sex": _of_pattern("[0129]"),
        "media_type": lambda text: len(text) == 2 and is_digits(text) and int(text) in _MEDIA_TYPES,
        "iban": _is_iban,
        "importer_index": _of_pattern("[A-Za-z0-9_-]"),
        "piece_of_total": _is_piece_of_total,
        "position_in_sequence": _is_position_in_sequence,
        "percent_encoded": _of_pattern("(?:[^%]|%[0-9A-Fa-f]{2})*"),
        "winding": _of_pattern("[019]"),
        "yes_no": _of_pattern("[01]"),
        "hyphen": _of_pattern("-+"),
        "zero": _of_pattern("0+"),
        "not_zero": _of_pattern("[0-9]*[1-9][0-9]*"),
        "no_leading_zero": _of_pattern("(?:[1-9][0-9]*)?"),
        "has_non_digit": _of_pattern(r"(?s:.*[^0-9].*)"),
    }
)
"""Every check by the name that :mod:`shared.catalogue.gs1_dictionary` uses."""
