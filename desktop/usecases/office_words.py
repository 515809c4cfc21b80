"""Figures and times as the office writes them: grouped, with a true minus, short where the day is clear."""

from __future__ import annotations

import datetime as dt

from shared.money import Currency, Money, UnitPrice
from shared.quantity import Quantity

MINUS = "−"
NOTHING = "–"
_MICROSECONDS_PER_SECOND = 1_000_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def grouped(decimal_text: str) -> str:
    """``-1204.5`` as ``−1,204.5``."""
    sign = MINUS if decimal_text.startswith("-") else ""
    whole, point, fraction = decimal_text.lstrip("-").partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"


def price_text(micro: int | None, money: Currency) -> str:
    """A unit price in millionths as ``12.50``; empty for none."""
    return "" if micro is None else grouped(str(UnitPrice(micro, money)))


def amount_text(minor_units: int, money: Currency) -> str:
    """An amount in minor units as ``1,240.50``."""
    return grouped(str(Money(minor_units, money)))


def quantity_text(thousandths: int | None) -> str:
    """A quantity in thousandths as ``1,204`` or ``0.486``; empty for none."""
    return "" if thousandths is None else grouped(str(Quantity(thousandths)))


def percent_text(ppm: int | None) -> str:
    """A share in parts per million as ``51 %``; empty for none."""
    if ppm is None:
        return ""
    whole = (abs(ppm) + 5_000) // 10_000
    return f"{MINUS if ppm < 0 and whole else ''}{whole} %"


def day_text(day: dt.date, today: dt.date) -> str:
    """``1 Dec``, with the year where it is not this one."""
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return text if day.year == today.year else f"{text} {day.year}"


def moment_text(moment: dt.datetime, today: dt.date) -> str:
    """``09:12`` today, ``18 Nov 09:12`` on other days."""
    clock = moment.strftime("%H:%M")
    return clock if moment.date() == today else f"{day_text(moment.date(), today)} {clock}"


def span_text(duration_us: int) -> str:
    """How long, in one unit: ``2 s``, ``14 min``, ``3 h``, ``5 days``."""
    seconds = max(0, duration_us // _MICROSECONDS_PER_SECOND)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} days"


def parse_quantity(text: str) -> int:
    """Thousandths of what was typed, a true minus allowed. Raises ``UserError`` ``quantity_invalid`` and its kin."""
    return Quantity.parse(text.replace(MINUS, "-").replace(",", "")).thousandths
