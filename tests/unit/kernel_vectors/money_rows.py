"""The given money vectors, run against shared.money and shared.pricing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

from shared.errors import BugError
from shared.money import Currency, Money, Rounding, allocate, allocate_integer, currency, round_decimal, split, total_of
from shared.pricing import Discount, discount_line_amount, share_basket_discounts
from tests.helpers.vector_row import VectorRow, compare

FINER = "asks for shares finer than the smallest unit of money; ours are whole minor units that sum to the amount"
NOT_APPLICABLE = {
    ("moneyphp allocate_by_ratio", "6"): (
        "gives the remainder of a negative amount to the later share; ours mirrors the positive amount, so that a "
        "refund is the exact negation of its sale"
    ),
    ("dinero allocate", "4"): FINER,
    ("dinero allocate", "5"): FINER,
    ("dinero allocate", "12"): FINER,
    ("dinero allocate", "13"): FINER,
    **{
        ("moneyphp modExamples", str(number)): "a remainder of two amounts has no meaning in the trade; Money has none"
        for number in range(1, 5)
    },
}
MGA = Currency("MGA", 1)


def money_rows(data: Path) -> Iterator[VectorRow]:
    """Every row of the folder ``money-vectors``."""
    folder = data / "money-vectors"
    moneyphp = json.loads((folder / "moneyphp.json").read_text(encoding="utf-8"))
    yield from _rows("moneyphp rounding", moneyphp["rounding"], _rounding)
    yield from _rows("moneyphp allocate_by_ratio", moneyphp["allocate_by_ratio"], _by_ratio)
    yield from _rows("moneyphp allocate_to_n", moneyphp["allocate_to_n"], _to_n)
    yield from _rows("moneyphp comparisonExamples", moneyphp["comparisonExamples"], _comparison)
    yield from _rows("moneyphp absoluteExamples", moneyphp["absoluteExamples"], _absolute)
    yield from _rows("moneyphp negativeExamples", moneyphp["negativeExamples"], _negative)
    yield from _rows("moneyphp modExamples", moneyphp["modExamples"], lambda _row: ("none", "a remainder"))
    dinero = json.loads((folder / "dinero_allocate.json").read_text(encoding="utf-8"))
    yield from _rows("dinero allocate", dinero, _dinero)
    saleor = json.loads((folder / "saleor_line_rounding.json").read_text(encoding="utf-8"))
    yield from _rows("saleor line and total", saleor["cases"], _saleor)


def _rows(suite: str, given: list[Any], run: Callable[[Any], tuple[object, object]]) -> Iterator[VectorRow]:
    for number, row in enumerate(given, start=1):
        got, expected = run(row)
        yield compare(suite, str(number), got, expected, NOT_APPLICABLE.get((suite, str(number)), ""))


def _rounding(row: Any) -> tuple[object, object]:
    return round_decimal(Decimal(row["value"]), Rounding(row["mode"])), int(row["expected"])


def _by_ratio(row: Any) -> tuple[object, object]:
    ratios = [Fraction(str(ratio)) for ratio in row["ratios"]]
    return allocate_integer(row["amount"], _whole(ratios)), row["expected"]


def _to_n(row: Any) -> tuple[object, object]:
    return [part.amount for part in split(Money(row["amount"], currency("EUR")), row["n"])], row["expected"]


def _comparison(row: str) -> tuple[object, object]:
    """``self::AMOUNT + 1, -1``: another amount, and how the first compares to it."""
    other_text, expected = row.rsplit(",", 1)
    one = Money(10, currency("EUR"))
    other = Money(10 + int(other_text.replace("self::AMOUNT", "").replace(" ", "") or "0"), one.currency)
    return (one > other) - (one < other), int(expected)


def _absolute(row: str) -> tuple[object, object]:
    given, expected = _numbers(row)
    return abs(Money(given, currency("EUR"))).amount, expected


def _negative(row: str) -> tuple[object, object]:
    given, expected = _numbers(row)
    return (-Money(given, currency("EUR"))).amount, expected


def _dinero(row: Any) -> tuple[object, object]:
    code = row["currency"]["code"]
    money = Money(row["amount"], MGA if code == "MGA" else currency(code))
    ratios = [
        Fraction(ratio["amount"], 10 ** ratio["scale"]) if isinstance(ratio, dict) else Fraction(ratio)
        for ratio in row["ratios"]
    ]
    try:
        shares = allocate(money, _whole(ratios))
    except BugError:
        return "error", row["expected"]
    return [{"amount": share.amount, "scale": row["scale"]} for share in shares], row["expected"]


def _saleor(row: Any) -> tuple[object, object]:
    """Ten percent off each line, and off the total: the two may differ, and each is what it says."""
    pounds = currency("GBP")
    prices = [Money.parse(price, pounds) for price in row["prices"]]
    tenth = Discount.percent(100_000)
    per_line = [discount_line_amount(price, [tenth]) for price in prices]
    on_total = total_of(share_basket_discounts(prices, [tenth]), pounds)
    got = [str(off) for off in per_line] + [str(total_of(per_line, pounds))]
    expected = [*row["line_discounts"], row["sum"]]
    if "discount_if_on_total" in row:
        got.append(str(on_total))
        expected.append(row["discount_if_on_total"])
    return got, expected


def _whole(ratios: list[Fraction]) -> list[int]:
    """The same proportions in whole numbers."""
    scale = lcm(*(ratio.denominator for ratio in ratios))
    return [int(ratio * scale) for ratio in ratios]


def _numbers(row: str) -> tuple[int, int]:
    first, second = (int(part.strip().strip("'")) for part in row.split(","))
    return first, second
