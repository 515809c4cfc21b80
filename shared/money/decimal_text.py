"""Reading decimal strings such as ``12.50`` into exact integers of a smaller unit."""

from __future__ import annotations

import re

from shared.errors import UserError

_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_TEXT_MAX_CHARACTERS = 60


def parse_scaled(text: str, decimals: int, maximum: int) -> int:
    """``text`` times ``10 ** decimals`` as an exact integer; trailing zeros beyond the decimals are harmless.

    Raises:
        UserError: ``amount_invalid`` when it is not a plain decimal number, ``amount_too_precise`` when it has more
            decimals than there are, ``amount_too_large`` when the result is beyond ``maximum`` either way.
    """
    cleaned = text.strip()
    match = _DECIMAL.fullmatch(cleaned) if len(cleaned) <= _TEXT_MAX_CHARACTERS else None
    if match is None or not ((match[2] or "") + (match[3] or "")):
        shown = cleaned[:_TEXT_MAX_CHARACTERS]
        raise UserError("amount_invalid", f"“{shown}” is not an amount. Type a number such as 12.50.", text=shown)
    fraction = (match[3] or "").rstrip("0")
    if len(fraction) > decimals:
        raise UserError(
            "amount_too_precise",
            f"“{cleaned}” has too many decimals. Use at most {decimals}.",
            text=cleaned,
            decimals=decimals,
        )
    value = int((match[2] or "0") + fraction.ljust(decimals, "0"))
    if value > maximum:
        raise UserError("amount_too_large", f"“{cleaned}” is too large. Check what was typed.", text=cleaned)
    return -value if match[1] == "-" else value


def format_scaled(value: int, decimals: int, at_least: int | None = None) -> str:
    """The decimal text of ``value / 10 ** decimals``; zeros beyond ``at_least`` decimals are left away."""
    sign = "-" if value < 0 else ""
    if decimals == 0:
        return f"{sign}{abs(value)}"
    digits = f"{abs(value):0{decimals + 1}d}"
    whole, fraction = digits[:-decimals], digits[-decimals:]
    if at_least is not None:
        fraction = fraction[:at_least] + fraction[at_least:].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
