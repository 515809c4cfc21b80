"""The one visible buffer: what was typed before a function key, read as a quantity, an amount or a prefix. No Qt here.

Numbers come first, then the key: ``3`` F6 is three pieces, ``2000`` F12 is 20.00 where decimals are implied. ``3*``
before a scan or a choice means three of it.
"""

from __future__ import annotations

import re

from shared.money import Currency, Money, UnitPrice
from shared.quantity import Quantity

_NUMBER = re.compile(r"(\d{1,12})?([.,]\d{0,6})?")
_PREFIX = re.compile(r"\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*[*×]\s*(.*)", re.DOTALL)


def is_number(text: str) -> bool:
    """Whether the buffer holds a plain number."""
    return bool(text.strip(" .,")) and _NUMBER.fullmatch(text.strip()) is not None


def split_prefix(text: str) -> tuple[str, str]:
    """(quantity, rest) of ``3*oat``; the quantity is empty where there is no prefix."""
    match = _PREFIX.fullmatch(text)
    if match is None:
        return "", text.strip()
    return match[1].replace(",", "."), match[2].strip()


def amount_in(text: str, currency: Currency, *, has_implied_decimals: bool) -> str:
    """The decimal text of a typed amount: ``2000`` is ``20.00`` with implied decimals, ``20`` and ``20.0`` as typed."""
    cleaned = text.strip().replace(",", ".")
    if "." in cleaned or not has_implied_decimals:
        return cleaned
    return str(Money(int(cleaned), currency))


def money_in(text: str, currency: Currency, *, has_implied_decimals: bool) -> Money:
    """A typed amount. Raises ``UserError`` ``amount_invalid`` and its kin."""
    if not is_number(text):
        return Money.parse(text, currency)
    return Money.parse(amount_in(text, currency, has_implied_decimals=has_implied_decimals), currency)


def unit_price_in(text: str, currency: Currency, *, has_implied_decimals: bool) -> UnitPrice:
    """A typed unit price. Raises ``UserError`` ``amount_invalid`` and its kin."""
    if not is_number(text):
        return UnitPrice.parse(text, currency)
    return UnitPrice.parse(amount_in(text, currency, has_implied_decimals=has_implied_decimals), currency)


def more_of(after: str, before: str | None, times: str) -> str:
    """The quantity of a line after a scan, had what was scanned come ``times`` times.

    Args:
        after: the line's quantity now.
        before: its quantity before the scan; None when the line is new.
        times: the prefix.

    Raises:
        UserError: ``quantity_invalid``.
    """
    now = Quantity.parse(after).thousandths
    then = 0 if before is None else Quantity.parse(before).thousandths
    wanted = Quantity.parse(times).thousandths
    return str(Quantity(then + (now - then) * wanted // 1_000).checked())
