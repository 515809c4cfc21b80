"""Check digits protect against misreading: a single wrong digit never goes through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue.gtin import (
    GTIN_LENGTHS,
    check_digit,
    expand_upc_e,
    has_valid_check_digit,
    is_gtin,
    parse_gtin,
)
from shared.errors import UserError

digits = st.text("0123456789", min_size=1, max_size=20)
bodies = st.sampled_from(GTIN_LENGTHS).flatmap(lambda n: st.text("0123456789", min_size=n - 1, max_size=n - 1))


@pytest.mark.parametrize("code", ["96385074", "036000291452", "4006381333931", "5901234123457", "10012345678902"])
def test_given_a_real_number_when_parsed_then_it_keeps_its_digits(code: str) -> None:
    assert parse_gtin(code).digits == code.zfill(14)
    assert is_gtin(code)


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("5901234123457", ("5901234123457", "05901234123457")),
        ("036000291452", ("0036000291452", "036000291452", "00036000291452")),
        ("96385074", ("0000096385074", "000096385074", "00000096385074", "96385074")),
        ("10012345678902", ("10012345678902",)),
    ],
)
def test_given_a_number_when_asked_for_its_forms_then_all_ways_of_storing_it_are_named(
    code: str, forms: tuple[str, ...]
) -> None:
    assert parse_gtin(code).forms() == forms


def test_given_a_pack_when_asked_then_its_first_digit_says_so() -> None:
    assert parse_gtin("10012345678902").is_pack
    assert not parse_gtin("5901234123457").is_pack
    assert str(parse_gtin("036000291452")) == "0036000291452"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "code_not_digits"),
        ("59012341234x7", "code_not_digits"),
        ("٥٩٠١٢٣٤١٢٣٤٥٧", "code_not_digits"),
        ("123456789", "gtin_length"),
        ("5901234123458", "gtin_check_digit"),
    ],
)
def test_given_something_else_when_parsed_then_the_error_says_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_gtin(text)
    assert caught.value.code == code


def test_given_a_wrong_check_digit_when_parsed_then_the_right_one_is_told() -> None:
    with pytest.raises(UserError) as caught:
        parse_gtin("5901234123458")
    assert caught.value.data["expected"] == "7"


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("01234505", "012000003455"),
        ("04252614", "042100005264"),
        ("123453", "012300000451"),
        ("123454", "012340000053"),
        ("123455", "012345000058"),
        ("0425261", "042100005264"),
        ("1425261", "142100005261"),
    ],
)
def test_given_a_upc_e_number_when_expanded_then_it_is_the_upc_a_number(short: str, full: str) -> None:
    assert expand_upc_e(short) == full
    assert is_gtin(full)


@pytest.mark.parametrize("text", ["", "12345", "2425261", "04252615", "04252x14", "123456789"])
def test_given_no_upc_e_number_when_expanded_then_it_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="upc_e_invalid"):
        expand_upc_e(text)


@given(bodies)
def test_given_any_body_when_its_check_digit_is_added_then_it_reads_back(body: str) -> None:
    code = body + check_digit(body)
    assert parse_gtin(code).digits.endswith(code)
    assert all(is_gtin(form) for form in parse_gtin(code).forms())


@given(digits, st.data())
def test_given_any_number_when_one_digit_is_misread_then_it_is_always_noticed(body: str, data: st.DataObject) -> None:
    code = body + check_digit(body)
    position = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[position]]))
    assert has_valid_check_digit(code)
    assert not has_valid_check_digit(code[:position] + wrong + code[position + 1 :])


@settings(max_examples=200)
@given(st.text(max_size=20))
def test_given_any_text_when_read_as_a_number_then_only_user_errors_come(text: str) -> None:
    for read in (parse_gtin, expand_upc_e, check_digit):
        try:
            read(text)
        except UserError:
            continue
    has_valid_check_digit(text)
