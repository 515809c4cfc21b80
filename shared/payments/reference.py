"""What may be kept about a payment: a token, a brand, four digits, a code; never a card number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS

# Digits that stand together or are parted by single spaces, hyphens or dots, as card numbers are typed and printed.
_DIGIT_RUN = re.compile(r"[0-9](?:[ .\-]?[0-9])*")
_SEPARATOR = re.compile(r"[ .\-]")
_PAN_MIN_DIGITS = 13
_PAN_MAX_DIGITS = 19
_REFERENCE_MAX_ENTRIES = 20


def checked_reference(reference: Mapping[str, str]) -> Mapping[str, str]:
    """The reference of a tender, read-only, if it may be kept.

    Raises:
        UserError: ``card_number_refused`` when a key or value holds what may be a card number,
            ``reference_too_long`` beyond the limits.
    """
    if len(reference) > _REFERENCE_MAX_ENTRIES:
        raise UserError("reference_too_long", "A payment's reference has too many entries.")
    for key, value in reference.items():
        if len(key) > CODE_MAX_CHARACTERS or len(value) > CODE_MAX_CHARACTERS:
            raise UserError("reference_too_long", "A payment's reference is too long. Shorten it.", key=key[:40])
        if looks_like_card_number(value) or looks_like_card_number(key):
            raise UserError(
                "card_number_refused",
                "That looks like a card number. Keep only the last four digits and the authorisation code.",
                key=_masked(key),
            )
    return MappingProxyType(dict(reference))


def looks_like_card_number(text: str) -> bool:
    """Whether 13 to 19 digits anywhere in the text pass the check digit of ISO/IEC 7812 (Luhn).

    Groups of digits count together as long as only a space, a hyphen or a dot parts them, and an expiry date behind
    the number does not hide it.
    """
    for run in _DIGIT_RUN.findall(text):
        groups = _SEPARATOR.split(run)
        for first in range(len(groups)):
            for last in range(first, len(groups)):
                if _is_card_number("".join(groups[first : last + 1])):
                    return True
    return False


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card_number(digits: str) -> bool:
    """Whether digits have a card number's length and check digit; nothing but zeros is none."""
    return _PAN_MIN_DIGITS <= len(digits) <= _PAN_MAX_DIGITS and digits.strip("0") != "" and passes_luhn(digits)


def _masked(text: str) -> str:
    """The text with its digits hidden, for the error's data."""
    return re.sub(r"[0-9]", "*", text)
