"""A packet from the scale is sold at exactly the price or weight printed on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue.embedded import (
    DEFAULT_RULES,
    Carries,
    EmbeddedRule,
    embed,
    inner_check_digit,
    quantity_for_price,
    read_embedded,
)
from shared.errors import UserError
from shared.quantity import Unit


def rule_for(prefix: str) -> EmbeddedRule:
    return next(rule for rule in DEFAULT_RULES if rule.prefix == prefix)


def test_given_a_weighed_packet_when_read_then_it_has_its_grams() -> None:
    reading = read_embedded(embed(rule_for("21"), "00042", 1_486))
    assert reading is not None
    assert (reading.quantity_thousandths, reading.unit, reading.price_micro) == (1_486, Unit.KILOGRAM, None)


def test_given_a_priced_packet_when_read_then_it_has_its_price_in_micro_units() -> None:
    reading = read_embedded(embed(rule_for("23"), "00042", 1_299))
    assert reading is not None
    assert (reading.quantity_thousandths, reading.unit, reading.price_micro) == (None, None, 12_990_000)
    assert not reading.by_weight


def test_given_pieces_when_read_then_they_are_whole_ones() -> None:
    reading = read_embedded(embed(rule_for("26"), "00042", 12))
    assert reading is not None
    assert (reading.quantity_thousandths, reading.unit) == (12_000, Unit.PIECE)


def test_given_a_upc_number_of_system_2_when_scanned_with_12_digits_then_it_is_the_same_as_with_13() -> None:
    code = embed(rule_for("02"), "12345", 599)
    reading = read_embedded(code[1:])
    assert reading == read_embedded(code)
    assert reading is not None
    assert reading.price_micro == 5_990_000


def test_given_a_packet_when_read_then_the_item_may_be_stored_in_four_ways() -> None:
    reading = read_embedded(embed(rule_for("21"), "00042", 1_486))
    assert reading is not None
    assert reading.item_codes == ("2100042000001", "2100042", "00042", "42")


def test_given_a_misread_inner_check_digit_when_read_then_nothing_is_sold() -> None:
    rule = rule_for("28")
    code = embed(rule, "1234", 599)
    assert code[6] == inner_check_digit("00599")
    for digit in set("0123456789") - {code[6]}:
        body = code[:6] + digit + code[7:12]
        assert read_embedded(body + "0") is None


def test_given_a_prefix_of_the_shops_own_numbers_when_read_then_it_carries_nothing() -> None:
    assert read_embedded("2000000000008") is None
    assert read_embedded("5901234123457") is None
    assert read_embedded("not a code 13") is None


@pytest.mark.parametrize(("field", "digit"), [("2875", "9"), ("14685", "6")])
def test_given_the_examples_of_the_specification_when_computed_then_the_inner_digit_agrees(
    field: str, digit: str
) -> None:
    assert inner_check_digit(field) == digit


@pytest.mark.parametrize("field", ["", "123", "123456", "12a4"])
def test_given_another_field_when_its_inner_digit_is_asked_then_it_is_refused(field: str) -> None:
    with pytest.raises(UserError, match="embedded_value_invalid"):
        inner_check_digit(field)


@pytest.mark.parametrize(
    ("price_micro", "unit_price_micro", "thousandths"),
    [(5_000_000, 10_000_000, 500), (1_000_000, 3_000_000, 333), (2_000_000, 3_000_000, 667), (0, 1, 0)],
)
def test_given_a_price_and_a_price_per_kilogram_when_divided_then_grams_are_rounded_half_up(
    price_micro: int, unit_price_micro: int, thousandths: int
) -> None:
    assert quantity_for_price(price_micro, unit_price_micro) == thousandths


def test_given_no_price_per_kilogram_when_the_weight_is_asked_then_the_error_says_so() -> None:
    with pytest.raises(UserError, match="unit_price_missing"):
        quantity_for_price(1_000_000, 0)
    with pytest.raises(UserError, match="quantity_too_large"):
        quantity_for_price(10**15, 1)


@pytest.mark.parametrize(
    ("prefix", "item_digits", "value_digits", "decimals", "inner"),
    [
        ("21", 5, 4, 3, False),
        ("2x", 5, 5, 3, False),
        ("21", 5, 5, 7, False),
        ("21", 3, 6, 2, True),
        ("21", 0, 10, 2, False),
    ],
)
def test_given_a_rule_that_is_no_13_digits_when_made_then_it_is_refused(
    prefix: str, item_digits: int, value_digits: int, decimals: int, inner: bool
) -> None:
    with pytest.raises(UserError, match="embedded_rule_invalid"):
        EmbeddedRule(prefix, item_digits, Carries.PRICE, value_digits, decimals, inner_check=inner)


def test_given_a_value_that_does_not_fit_when_a_code_is_made_then_it_is_refused() -> None:
    with pytest.raises(UserError, match="embedded_value_invalid"):
        embed(rule_for("21"), "00042", 100_000)
    with pytest.raises(UserError, match="embedded_value_invalid"):
        embed(rule_for("21"), "42", 100)


@given(st.sampled_from(DEFAULT_RULES), st.data())
def test_given_any_rule_when_a_code_is_made_then_it_reads_back_exactly(rule: EmbeddedRule, data: st.DataObject) -> None:
    item = str(data.draw(st.integers(0, 10**rule.item_digits - 1))).zfill(rule.item_digits)
    value = data.draw(st.integers(0, 10**rule.value_digits - 1))
    reading = read_embedded(embed(rule, item, value))
    assert reading is not None
    assert item in reading.item_codes
    if rule.carries is Carries.PRICE:
        assert reading.price_micro == value * 10 ** (6 - rule.decimals)
    else:
        assert reading.quantity_thousandths == value * 10 ** (3 - rule.decimals)


@given(st.sampled_from([4, 5]), st.data())
def test_given_a_price_field_when_one_digit_is_misread_then_the_inner_digit_notices(
    length: int, data: st.DataObject
) -> None:
    field = data.draw(st.text("0123456789", min_size=length, max_size=length))
    position = data.draw(st.integers(0, length - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != field[position]]))
    assert inner_check_digit(field[:position] + wrong + field[position + 1 :]) != inner_check_digit(field)
