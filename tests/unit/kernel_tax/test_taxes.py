"""Taxes: what holds for any set of taxes and any amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.errors import BugError, UserError
from shared.money import Money, Rounding, UnitPrice, currency, round_fraction
from shared.tax import (
    EffectiveRate,
    LineTaxes,
    TaxableLine,
    TaxComputation,
    TaxRounding,
    TaxRule,
    choose,
    compute_document_taxes,
    compute_line_taxes,
    convert_document,
    document_totals,
    exact_taxes,
    rebase_price,
    round_to_sum,
    totals_by_tax,
)
from shared.tax.line import _round_each, settle_taxes

GBP = currency("GBP")
AMOUNTS = st.integers(-(10**9), 10**9)
QUANTITIES = st.integers(-(10**6), 10**6)
COMPUTATIONS = st.sampled_from(list(TaxComputation))


@st.composite
def rules(draw: st.DrawFn, code: str = "") -> TaxRule:
    """Any tax that a shop could have; three division taxes of 30 % can still be solved."""
    computation = draw(COMPUTATIONS)
    return TaxRule(
        code=code or draw(st.sampled_from("ABCDEF")),
        name="Tax",
        computation=computation,
        rate_ppm=0 if computation is TaxComputation.FIXED else draw(st.integers(0, 300_000)),
        fixed_micro=draw(st.integers(0, 5_000_000)) if computation is TaxComputation.FIXED else 0,
        price_include=draw(st.booleans()),
        include_base_amount=draw(st.booleans()),
        base_affected=draw(st.booleans()),
        sequence=draw(st.integers(1, 3)),
        reverse_charge=draw(st.integers(0, 9)) == 0,
    )


RULES = st.lists(rules(), max_size=3).map(tuple)
PERCENT = st.builds(
    lambda ppm, included: TaxRule("V", "VAT", rate_ppm=ppm, price_include=included),
    st.integers(0, 10**6),
    st.booleans(),
)


def check_sums(amount: Money, taxed: LineTaxes) -> None:
    assert taxed.total == taxed.net + taxed.tax
    assert taxed.tax.amount == sum(tax.tax.amount for tax in taxed.taxes)
    included = sum(tax.tax.amount for tax in taxed.taxes if tax.included)
    assert taxed.net.amount + included == amount.amount


@settings(max_examples=200)
@given(AMOUNTS, QUANTITIES, RULES)
def test_given_any_taxes_when_computed_then_everything_adds_up_to_the_cent(
    amount: int, quantity: int, taxes: tuple[TaxRule, ...]
) -> None:
    money = Money(amount, GBP)
    check_sums(money, compute_line_taxes(money, quantity, taxes))


@given(AMOUNTS, QUANTITIES, RULES)
def test_given_what_comes_back_when_computed_then_it_is_the_exact_negation(
    amount: int, quantity: int, taxes: tuple[TaxRule, ...]
) -> None:
    sold = compute_line_taxes(Money(amount, GBP), quantity, taxes)
    back = compute_line_taxes(Money(-amount, GBP), -quantity, taxes)
    assert (back.net, back.tax, back.total) == (-sold.net, -sold.tax, -sold.total)
    assert [(t.base, t.tax) for t in back.taxes] == [(-t.base, -t.tax) for t in sold.taxes]


@given(AMOUNTS, QUANTITIES, RULES)
def test_given_an_exact_net_amount_when_every_tax_is_put_on_top_then_the_same_taxes_come_out(
    amount: int, quantity: int, taxes: tuple[TaxRule, ...]
) -> None:
    assume(len({rule.price_include for rule in taxes if rule.computation is TaxComputation.DIVISION}) < 2)
    inside = exact_taxes(amount, quantity, taxes, 100)
    on_top = exact_taxes(inside.net, quantity, [replace(rule, price_include=False) for rule in taxes], 100)
    assert on_top.net == inside.net
    assert [(t.base, t.amount) for t in on_top.taxes] == [(t.base, t.amount) for t in inside.taxes]


@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_given_a_price_without_tax_when_the_tax_is_added_and_taken_out_again_then_it_is_the_same(
    net: int, rate_ppm: int
) -> None:
    outside = TaxRule("V", "VAT", rate_ppm=rate_ppm)
    added = compute_line_taxes(Money(net, GBP), 1_000, [outside])
    inside = compute_line_taxes(added.total, 1_000, [replace(outside, price_include=True)])
    assert (inside.net, inside.tax) == (added.net, added.tax)


@given(AMOUNTS, PERCENT, st.sampled_from([Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN]))
def test_given_a_single_percentage_when_computed_the_short_way_then_it_is_the_general_way(
    amount: int, rule: TaxRule, rounding: Rounding
) -> None:
    money = Money(amount, GBP)
    exact = exact_taxes(amount, 1_000, [rule], 100)
    assert compute_line_taxes(money, 1_000, [rule], rounding) == settle_taxes(
        money, exact, _round_each(money, exact, rounding)
    )


LINES = st.lists(st.tuples(AMOUNTS, QUANTITIES, RULES), max_size=12).map(
    lambda rows: [TaxableLine(Money(amount, GBP), quantity, taxes) for amount, quantity, taxes in rows]
)


@settings(max_examples=100)
@given(LINES)
def test_given_any_document_when_rounded_as_a_whole_then_lines_sum_to_taxes_rounded_once(
    lines: list[TaxableLine],
) -> None:
    taxed = compute_document_taxes(lines, TaxRounding.DOCUMENT)
    exact: dict[str, Fraction] = {}
    charged: dict[str, int] = {}
    for line, answer in zip(lines, taxed, strict=True):
        check_sums(line.amount, answer)
        solved = exact_taxes(line.amount.amount, line.quantity_thousandths, line.rules, 100)
        for tax, shown in zip(solved.taxes, answer.taxes, strict=True):
            due = Fraction(0) if tax.rule.reverse_charge else tax.amount
            exact[shown.code] = exact.get(shown.code, Fraction(0)) + due
            charged[shown.code] = charged.get(shown.code, 0) + shown.tax.amount
            assert abs(shown.tax.amount - due) <= 1
    assert charged == {code: round_fraction(value) for code, value in exact.items()}


@given(LINES)
def test_given_any_document_when_rounded_per_line_then_the_totals_are_the_sums(lines: list[TaxableLine]) -> None:
    taxed = compute_document_taxes(lines, TaxRounding.LINE)
    totals = document_totals(taxed, GBP)
    assert totals.total.amount == sum(line.total.amount for line in taxed)
    assert sum(tax.tax.amount for tax in totals.taxes) == totals.tax.amount
    assert totals.taxes == totals_by_tax(tax for line in taxed for tax in line.taxes)


@given(LINES, st.fractions(Fraction(1, 100), 100), st.sampled_from(list(TaxRounding)))
def test_given_a_document_when_converted_then_it_adds_up_in_the_books_too(
    lines: list[TaxableLine], rate: Fraction, where: TaxRounding
) -> None:
    for line in convert_document(lines, where, currency("KWD"), rate):
        assert line.total == line.net + line.tax
        assert line.tax.amount == sum(tax.tax.amount for tax in line.taxes)


def test_given_no_exchange_rate_when_converted_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="exchange_rate_invalid"):
        convert_document([], TaxRounding.LINE, GBP, Fraction(0))


@given(st.lists(st.fractions(-1000, 1000, max_denominator=97), max_size=30))
def test_given_any_values_when_rounded_to_their_sum_then_each_stays_within_one(values: list[Fraction]) -> None:
    rounded = round_to_sum(values)
    assert sum(rounded) == round_fraction(sum(values, Fraction(0)))
    assert all(abs(one - value) < 1 for one, value in zip(rounded, values, strict=True))


def test_given_a_reverse_charge_when_computed_then_its_base_is_shown_and_nothing_charged() -> None:
    rule = TaxRule("RC", "Reverse charge", rate_ppm=210_000, reverse_charge=True, include_base_amount=True)
    after = TaxRule("E", "Eco", rate_ppm=100_000, sequence=2)
    taxed = compute_line_taxes(Money(10_000, GBP), 1_000, [after, rule])
    assert [(t.code, t.base.amount, t.tax.amount) for t in taxed.taxes] == [("RC", 10_000, 0), ("E", 10_000, 1_000)]


@pytest.mark.parametrize(
    "taxes",
    [
        [TaxRule("D", "D", TaxComputation.DIVISION, rate_ppm=1_000_000)],
        [
            TaxRule("D", "D", TaxComputation.DIVISION, rate_ppm=1_000_000, price_include=True),
            TaxRule("V", "V", rate_ppm=200_000, price_include=True, sequence=2),
        ],
        [TaxRule("V", "V", rate_ppm=-1_000_000, price_include=True)],
    ],
)
def test_given_taxes_that_no_price_can_satisfy_when_computed_then_the_error_names_them(taxes: list[TaxRule]) -> None:
    with pytest.raises(UserError, match="tax_set_unsolvable"):
        compute_line_taxes(Money(100, GBP), 1_000, taxes)


@given(st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 10**6))
def test_given_a_price_when_moved_to_other_taxes_and_back_then_it_is_the_same(micro: int, one: int, other: int) -> None:
    first = [TaxRule("A", "A", rate_ppm=one, price_include=True)]
    second = [TaxRule("B", "B", rate_ppm=other, price_include=True)]
    price = UnitPrice(micro, GBP)
    back = rebase_price(rebase_price(price, first, second), second, first)
    assert abs(back.micro - micro) <= 2
    assert rebase_price(price, first, first) == price


OLD = EffectiveRate(TaxRule("V", "VAT 20 %", rate_ppm=200_000), date(2020, 1, 1))
NEW = EffectiveRate(TaxRule("V", "VAT 21 %", rate_ppm=210_000), date(2026, 1, 1), date(2027, 1, 1))
ECO = EffectiveRate(TaxRule("E", "Eco", TaxComputation.FIXED, fixed_micro=100_000, sequence=0), date(2020, 1, 1))


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2019, 12, 31), []),
        (date(2020, 1, 1), [("E", 0), ("V", 200_000)]),
        (date(2025, 12, 31), [("E", 0), ("V", 200_000)]),
        (date(2026, 1, 1), [("E", 0), ("V", 210_000)]),
        (date(2026, 12, 31), [("E", 0), ("V", 210_000)]),
        (date(2027, 1, 1), [("E", 0), ("V", 200_000)]),
    ],
)
def test_given_dated_rates_when_chosen_then_they_switch_at_midnight_whatever_their_order(
    on: date, codes: list[tuple[str, int]]
) -> None:
    for rows in ([OLD, NEW, ECO], [NEW, ECO, OLD], [ECO, OLD, NEW]):
        assert [(rule.code, rule.rate_ppm) for rule in choose(rows, on)] == codes


@given(AMOUNTS, PERCENT)
def test_given_a_percentage_beside_one_of_nothing_when_solved_then_the_general_way_gives_the_same(
    amount: int, rule: TaxRule
) -> None:
    nothing = replace(rule, code="0", rate_ppm=0)
    short, general = exact_taxes(amount, 1_000, [rule], 100), exact_taxes(amount, 1_000, [rule, nothing], 100)
    assert (short.net, short.taxes[0]) == (general.net, general.taxes[0])
    assert general.taxes[1].amount == 0
