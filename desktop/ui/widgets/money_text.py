"""Amounts as text for the screen."""

from __future__ import annotations

from shared.money import Money

MINUS = "−"


def amount_text(money: Money, *, has_symbol: bool = False) -> str:
    """An amount for the screen: ``1,240.50``, ``−1.44``, ``£37.30``; all decimals of the currency."""
    whole, point, fraction = str(abs(money)).partition(".")
    sign = MINUS if money.is_negative else ""
    symbol = money.currency.symbol if has_symbol else ""
    gap = " " if len(symbol) > 1 and symbol.isalpha() else ""
    return f"{sign}{symbol}{gap}{int(whole):,}{point}{fraction}"
