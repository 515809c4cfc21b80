"""GTIN-8, -12, -13 and -14: check digits, one normal form, and the forms a shop may have stored the number in.

Source: GS1 General Specifications, sections 7.9 (check digits) and 3.3 (global trade item numbers); UPC-E
zero suppression as in section 5.2. Real shops hold many numbers with a wrong check digit, so nothing here is
asked before the code as scanned has been looked up: see :mod:`shared.catalogue.scan`.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import UserError

GTIN_LENGTHS = (8, 12, 13, 14)
_UPC_E_LENGTHS = (6, 7, 8)


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """A trade item number with a correct check digit.

    Attributes:
        digits: the 14-digit form, filled with zeros on the left.
    """

    digits: str

    @property
    def is_pack(self) -> bool:
        """Whether the first digit says that this is a pack of several (1 to 8) or a variable measure (9)."""
        return self.digits[0] != "0"

    def forms(self) -> tuple[str, ...]:
        """Every form of this number that a till could meet: 13, 12, 14 and 8 digits, as far as they exist."""
        digits = self.digits
        if digits[0] != "0":
            return (digits,)
        if digits[1] != "0":
            return (digits[1:], digits)
        if digits.startswith("000000"):
            return (digits[1:], digits[2:], digits, digits[6:])
        return (digits[1:], digits[2:], digits)

    def __str__(self) -> str:
        """The usual form on a shelf: 13 digits, or 14 for a pack."""
        return self.forms()[0]


def is_digits(text: str) -> bool:
    """Whether ``text`` is one or more of the digits 0 to 9 and nothing else."""
    return text.isascii() and text.isdigit()


def check_digit(body: str) -> str:
    """The GS1 check digit for the digits before it (weights 3, 1, 3 … from the right, modulo 10).

    Raises:
        UserError: ``code_not_digits``.
    """
    if not is_digits(body):
        raise UserError("code_not_digits", f"“{body}” holds more than digits.", text=body)
    values = [int(digit) for digit in reversed(body)]
    return str(-(3 * sum(values[::2]) + sum(values[1::2])) % 10)


def has_valid_check_digit(code: str) -> bool:
    """Whether the last digit is the check digit of those before it; also for SSCC, GLN and other GS1 numbers."""
    return len(code) > 1 and is_digits(code) and check_digit(code[:-1]) == code[-1]


def is_gtin(code: str) -> bool:
    """Whether ``code`` has 8, 12, 13 or 14 digits, the last one being the right check digit."""
    return len(code) in GTIN_LENGTHS and has_valid_check_digit(code)


def parse_gtin(text: str) -> Gtin:
    """Read a GTIN-8, -12, -13 or -14; blanks and hyphens between the digits are ignored.

    Raises:
        UserError: ``code_not_digits``, ``gtin_length`` or ``gtin_check_digit`` (with the digit ``expected``).
    """
    digits = text.strip().replace(" ", "").replace("-", "")
    if not is_digits(digits):
        raise UserError("code_not_digits", f"“{text}” is not a barcode number. It may hold digits only.", text=text)
    if len(digits) not in GTIN_LENGTHS:
        raise UserError(
            "gtin_length",
            f"A barcode number has 8, 12, 13 or 14 digits; “{digits}” has {len(digits)}.",
            digits=digits,
            length=len(digits),
        )
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        raise UserError(
            "gtin_check_digit",
            f"The last digit of {digits} should be {expected}. Check the number for a typing mistake.",
            digits=digits,
            expected=expected,
        )
    return Gtin(digits.zfill(14))


def expand_upc_e(text: str) -> str:
    """The 12-digit UPC-A number behind a zero-suppressed UPC-E number.

    Takes the six digits alone (number system 0, check digit computed), seven with the number system in front,
    or all eight with the check digit, which must then be right.

    Raises:
        UserError: ``upc_e_invalid``.
    """
    if not is_digits(text) or len(text) not in _UPC_E_LENGTHS or (len(text) > 6 and text[0] not in "01"):
        raise UserError("upc_e_invalid", f"“{text}” is not a UPC-E number.", text=text)
    system, six = ("0", text) if len(text) == 6 else (text[0], text[1:7])
    body = system + _unsuppressed(six)
    full = body + check_digit(body)
    if len(text) == 8 and text[-1] != full[-1]:
        raise UserError("upc_e_invalid", f"The last digit of {text} should be {full[-1]}.", text=text)
    return full


def _unsuppressed(six: str) -> str:
    """The ten digits (company and item) that the six digits of a UPC-E symbol stand for."""
    first, last = six[:5], six[5]
    if last in "012":
        return first[:2] + last + "0000" + first[2:]
    if last == "3":
        return first[:3] + "00000" + first[3:]
    if last == "4":
        return first[:4] + "00000" + first[4]
    return first + "0000" + last
