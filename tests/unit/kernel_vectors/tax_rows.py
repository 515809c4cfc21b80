"""The given tax vectors, run against shared.tax."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from shared.money import Currency, Money, UnitPrice, currency
from shared.tax import (
    LineTaxes,
    TaxableLine,
    TaxComputation,
    TaxRounding,
    TaxRule,
    compute_document_taxes,
    compute_line_taxes,
    convert_document,
    document_totals,
    exact_taxes,
    rebase_price,
)
from shared.tax.rules import PPM
from tests.helpers.vector_row import VectorRow, compare

NOT_APPLICABLE = {
    "tax_totals_summary-044": (
        "charges 36.66 for two pieces shelved at 17.79 with tax and 3 % on top, because net and each included tax are "
        "rounded apart; with us the shelf price holds (35.58 + 1.07 = 36.65) and the net amount takes up the cent"
    ),
}
_SIX_DECIMALS = Fraction(1, 2_000_000)


def tax_rows(data: Path) -> Iterator[VectorRow]:
    """Every row of the folder ``tax-vectors``."""
    for name, run in (
        ("taxes_computation", _computation),
        ("tax_totals_summary", _totals),
        ("adapt_price_unit", _rebased),
    ):
        rows = json.loads((data / "tax-vectors" / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)
        yield from _rows(name, rows, run)


def _rows(suite: str, rows: list[Any], run: Callable[[Any], tuple[object, object]]) -> Iterator[VectorRow]:
    for row in rows:
        got, expected = run(row)
        yield compare(suite, row["id"], got, expected, NOT_APPLICABLE.get(row["id"], ""))


def rule_of(tax: Any) -> TaxRule:
    """A tax of the vectors as one of ours."""
    computation = TaxComputation(tax["amount_type"])
    amount = Fraction(tax["amount"])
    is_fixed = computation is TaxComputation.FIXED
    factors = [
        line["factor_percent"]
        for line in tax.get("invoice_repartition_line_ids", [])
        if line["repartition_type"] == "tax"
    ]
    return TaxRule(
        code=tax["name"],
        name=tax["name"],
        computation=computation,
        rate_ppm=0 if is_fixed else _integer(amount * PPM / 100),
        fixed_micro=_integer(amount * 1_000_000) if is_fixed else 0,
        price_include=tax["price_include"],
        include_base_amount=tax["include_base_amount"],
        base_affected=tax["is_base_affected"],
        sequence=tax["sequence"],
        reverse_charge=bool(factors) and sum(factors) == 0,
    )


def _computation(row: Any) -> tuple[object, object]:
    """One line. Rounded globally means not at all here; the row has six decimals of the exact amounts."""
    rules = [rule_of(tax) for tax in row["taxes"]]
    step = Fraction(row["precision_rounding"])
    amount = Fraction(row["price_unit"]) * row["quantity"] / step
    expected = row["expected"]
    if row["rounding_method"] == "round_per_line":
        # The smallest step of the row (0.05, 1 …) stands in for the minor unit of a currency.
        taxed = compute_line_taxes(Money(_integer(amount), _steps(step)), row["quantity"] * 1_000, rules)
        got = (taxed.total.amount * step, taxed.net.amount * step, [_pair(t.base, t.tax, step) for t in taxed.taxes])
        return got, (
            Fraction(expected["total_included"]),
            Fraction(expected["total_excluded"]),
            [(Fraction(base), Fraction(tax)) for base, tax in expected["taxes_data"]],
        )
    exact = exact_taxes(amount, row["quantity"] * 1_000, rules, 1 / step)
    got_values = [exact.total * step, exact.net * step]
    expected_values = [expected["total_included"], expected["total_excluded"]]
    for tax, (base, charged) in zip(exact.taxes, expected["taxes_data"], strict=True):
        got_values += [tax.base * step, tax.amount * step]
        expected_values += [base, charged]
    near = [
        abs(value - Fraction(wanted)) <= _SIX_DECIMALS
        for value, wanted in zip(got_values, expected_values, strict=True)
    ]
    return near, [True] * len(near)


def _totals(row: Any) -> tuple[object, object]:
    """A document: its totals, its tax groups, and all of it in the currency of the books."""
    document, expected = row["document"], row["expected"]
    sale, books = currency(document["currency"]["name"]), currency(document["company_currency"]["name"])
    where = TaxRounding.LINE if document["rounding_method"] == "round_per_line" else TaxRounding.DOCUMENT
    lines = [_taxable(line, sale) for line in document["lines"]]
    rate = Fraction(document["rate"])
    shown = compute_document_taxes(lines, where)
    got: dict[str, object] = dict(_figures(shown, sale, "_currency"))
    got["groups"] = sorted(map(str, _groups(row, shown)))
    wanted: dict[str, object] = _wanted_figures(expected, "_currency")
    wanted["groups"] = sorted(
        str(_wanted_group(group, "_currency")) for group in expected["subtotals"][0]["tax_groups"]
    )
    if "total_amount" in expected:
        converted = convert_document(lines, where, books, rate)
        got |= _figures(converted, books, "")
        got["books_groups"] = sorted(map(str, _groups(row, converted)))
        wanted |= _wanted_figures(expected, "")
        groups = expected["subtotals"][0]["tax_groups"]
        wanted["books_groups"] = sorted(str(_wanted_group(group, "")) for group in groups)
    return got, wanted


def _rebased(row: Any) -> tuple[object, object]:
    pounds = currency("GBP")
    price = UnitPrice.parse(str(row["price_unit"]), pounds)
    original = [rule_of(tax) for tax in row["original_taxes"]]
    new = [rule_of(tax) for tax in row["new_taxes"]]
    return rebase_price(price, original, new), UnitPrice.parse(str(row["expected"]), pounds)


def _taxable(line: Any, sale: Currency) -> TaxableLine:
    assert line["discount"] == 0
    quantity = Fraction(line["quantity"])
    amount = Fraction(line["price_unit"]) * quantity * sale.minor_per_major
    rules = tuple(rule_of(tax) for tax in line["taxes"])
    return TaxableLine(Money(_integer(amount), sale), _integer(quantity * 1_000), rules)


def _figures(lines: tuple[LineTaxes, ...], money: Currency, suffix: str) -> dict[str, object]:
    totals = document_totals(lines, money)
    return {
        f"base_amount{suffix}": str(totals.net),
        f"tax_amount{suffix}": str(totals.tax),
        f"total_amount{suffix}": str(totals.total),
    }


def _wanted_figures(expected: Any, suffix: str) -> dict[str, object]:
    return {
        f"{name}{suffix}": f"{expected[f'{name}{suffix}']:.2f}"
        for name in ("base_amount", "tax_amount", "total_amount")
    }


def _groups(row: Any, lines: tuple[LineTaxes, ...]) -> list[tuple[str, str]]:
    """Base and tax of each group; a line's base of a group is that of the group's first tax.

    Where a row does not say which group a tax is in, one expected group holds all taxes, and several one each.
    """
    is_one_group = len(row["expected"]["subtotals"][0]["tax_groups"]) == 1
    group_of = {
        tax["name"]: tax["tax_group"] or ("" if is_one_group else tax["name"])
        for line in row["document"]["lines"]
        for tax in line["taxes"]
    }
    bases: dict[str, int] = {}
    charged: dict[str, int] = {}
    for line in lines:
        seen: set[str] = set()
        for tax in line.taxes:
            group = group_of[tax.code]
            charged[group] = charged.get(group, 0) + tax.tax.amount
            bases[group] = bases.get(group, 0) + (0 if group in seen else tax.base.amount)
            seen.add(group)
    money = lines[0].net.currency
    return [(str(Money(bases[group], money)), str(Money(charged[group], money))) for group in bases]


def _wanted_group(group: Any, suffix: str) -> tuple[str, str]:
    return f"{group[f'base_amount{suffix}']:.2f}", f"{group[f'tax_amount{suffix}']:.2f}"


def _pair(base: Money, tax: Money, step: Fraction) -> tuple[Fraction, Fraction]:
    return base.amount * step, tax.amount * step


def _steps(step: Fraction) -> Currency:
    """A currency whose minor unit is the step. Only fixed taxes look at how many make a major unit."""
    exponent = {Fraction(1): 0, Fraction(1, 100): 2}.get(step)
    return Currency("XXX", exponent if exponent is not None else 2)


def _integer(value: Fraction) -> int:
    assert value.denominator == 1, value
    return value.numerator
