"""A label is read exactly or refused with a reason; what it says is what is sold."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue.gs1 import (
    FNC1,
    Element,
    Message,
    Price,
    check_combination,
    date_of,
    message_of,
    parse_bracketed,
    parse_caret,
    parse_element_string,
)
from shared.catalogue.gs1_checks import CHARACTER_SET_82, CHECKS, check_pair
from shared.catalogue.gs1_dictionary import APPLICATION_IDENTIFIERS, Component, identifier_at, matches
from shared.catalogue.gs1_link import parse_link
from shared.catalogue.gtin import check_digit
from shared.errors import UserError
from shared.quantity import Quantity, Unit

GTIN = "09520123456788"


def test_given_the_three_ways_of_writing_when_read_then_they_say_the_same() -> None:
    bracketed = parse_bracketed(f"(01){GTIN}(10)AB-1(17)271231")
    assert parse_element_string(f"01{GTIN}10AB-1{FNC1}17271231") == bracketed
    assert parse_caret(f"^01{GTIN}10AB-1^17271231") == bracketed
    assert (bracketed.gtin, bracketed.lot, bracketed.serial) == (GTIN, "AB-1", None)
    assert bracketed.expiry(2026) == date(2027, 12, 31)


def test_given_a_weighed_item_with_its_price_when_read_then_both_are_exact() -> None:
    message = parse_bracketed(f"(01)9{GTIN[1:-1]}1(3103)000486(3922)00299(21)X7")
    assert message.quantity() == Quantity(486, Unit.KILOGRAM)
    assert message.price() == Price(2_990_000, None)
    assert message.serial == "X7"


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("(3100)000012", Quantity(12_000, Unit.KILOGRAM)),
        ("(3105)000012", Quantity(0, Unit.KILOGRAM)),
        ("(3105)000050", Quantity(1, Unit.KILOGRAM)),
        ("(3111)000015", Quantity(1_500, Unit.METRE)),
        ("(3143)000015", Quantity(15, Unit.SQUARE_METRE)),
        ("(3153)000750", Quantity(750, Unit.LITRE)),
        ("(30)24", Quantity(24_000, Unit.PIECE)),
        ("(10)24", None),
    ],
)
def test_given_a_measure_when_read_then_it_is_in_thousandths(text: str, quantity: Quantity | None) -> None:
    assert parse_bracketed(text).quantity() == quantity


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("(3920)5", Price(5_000_000, None)),
        ("(3932)978001299", Price(12_990_000, "EUR")),
        ("(3927)15", Price(2, None)),
        ("(3929)1499", Price(1, None)),
    ],
)
def test_given_a_price_when_read_then_it_is_in_micro_units_of_its_currency(text: str, price: Price) -> None:
    assert parse_bracketed(text).price() == price


def test_given_figures_beyond_any_shop_when_asked_for_then_they_are_refused() -> None:
    with pytest.raises(UserError, match="price_too_large"):
        parse_bracketed("(3920)999999999999999").price()
    assert parse_bracketed("(10)A").price() is None


@pytest.mark.parametrize(
    ("digits", "year", "expected"),
    [
        ("270200", 2026, date(2027, 2, 28)),
        ("280200", 2026, date(2028, 2, 29)),
        ("760101", 2026, date(2076, 1, 1)),
        ("770101", 2026, date(1977, 1, 1)),
        ("000101", 2060, date(2100, 1, 1)),
        ("110101", 2060, date(2011, 1, 1)),
        ("100101", 2060, date(2110, 1, 1)),
        ("000229", 2090, date(2100, 2, 28)),
    ],
)
def test_given_two_digits_of_a_year_when_read_then_the_nearest_century_is_meant(
    digits: str, year: int, expected: date
) -> None:
    assert date_of(digits, year) == expected


def test_given_several_dates_when_asked_then_expiry_and_best_before_are_told_apart() -> None:
    message = parse_bracketed(f"(01){GTIN}(15)270600(7003)2707011530")
    assert message.best_before(2026) == date(2027, 6, 30)
    assert message.expiry(2026) == date(2027, 7, 1)
    assert parse_bracketed("(10)A").best_before(2026) is None
    assert parse_bracketed("(10)A").expiry(2026) is None


def test_given_a_logistic_unit_when_read_then_its_content_is_not_taken_for_the_item() -> None:
    message = parse_bracketed(f"(00)123456789012345675(02){GTIN}(37)25")
    assert message.gtin is None
    assert message.contained_count() == 25
    assert parse_bracketed("(10)A").contained_count() is None


def test_given_a_piece_of_an_item_when_read_then_its_gtin_is_found() -> None:
    assert parse_bracketed(f"(8006){GTIN}0102").gtin == GTIN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gs1_syntax"),
        ("01" + GTIN, "gs1_syntax"),
        ("(01", "gs1_syntax"),
        ("(89)1", "gs1_unknown_identifier"),
        ("(01)123", "gs1_length"),
        ("(01)" + GTIN + "1", "gs1_length"),
        ("(01)0952012345678X", "gs1_characters"),
        ("(01)09520123456787", "gs1_check"),
        ("(17)271301", "gs1_check"),
        ("(10)", "gs1_length"),
        ("(10)A(10)B", "gs1_repeated"),
        ("(10)" + "A" * 5_000, "gs1_syntax"),
    ],
)
def test_given_a_wrong_label_when_read_then_the_error_says_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_bracketed(text)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("text", ["", FNC1, "0", "8", "01" + GTIN + "8"])
def test_given_a_wrong_element_string_when_read_then_it_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_element_string(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"(01){GTIN}(02){GTIN}(37)1", "gs1_excluded"),
        ("(21)A", "gs1_incomplete"),
        ("(253)1234567890128(8030)AB", "gs1_signature"),
    ],
)
def test_given_elements_that_may_not_stand_together_when_checked_then_the_label_is_refused(
    text: str, code: str
) -> None:
    with pytest.raises(UserError) as caught:
        check_combination(parse_bracketed(text))
    assert caught.value.code == code


def test_given_a_digital_link_when_read_then_key_qualifiers_and_attributes_are_there() -> None:
    message = parse_link(f"https://shop.example/p/01/{GTIN}/10/AB%2F1?17=271231&utm_source=x#top")
    assert message.bracketed() == f"(01){GTIN}(10)AB/1(17)271231"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://shop.example", "gs1_link_syntax"),
        ("https://shop.example/about", "gs1_link_no_key"),
        (f"https://shop.example/01/{GTIN}/21/A/10/B", "gs1_link_order"),
        (f"https://shop.example/01/{GTIN}?10=B", "gs1_link_attribute"),
    ],
)
def test_given_another_web_address_when_read_then_the_error_says_why(text: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_link(text)
    assert caught.value.code == code


def test_given_the_table_of_identifiers_when_walked_then_it_is_sound() -> None:
    for code, identifier in APPLICATION_IDENTIFIERS.items():
        assert identifier_at(code) is identifier, "no identifier is the beginning of another"
        assert identifier.components, code
        *leading, last = identifier.components
        assert all(part.shortest == part.longest for part in leading), "only the last part varies in length"
        assert all(name in CHECKS for part in identifier.components for name in part.checks)
        assert identifier.needs_separator or last.shortest == last.longest, code
        for pattern in (*identifier.never, *(word for group in identifier.needs for word in group)):
            assert any(matches(pattern, other) for other in APPLICATION_IDENTIFIERS), pattern


def test_given_a_model_number_when_its_check_pair_is_computed_then_it_is_the_published_one() -> None:
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"
    with pytest.raises(ValueError, match="no check characters"):
        check_pair("~")


def _value_of(component: Component) -> st.SearchStrategy[str]:
    alphabet = "0123456789" if component.characters == "n" else CHARACTER_SET_82
    size = {"min_size": component.shortest, "max_size": component.longest}
    text = st.text(alphabet, **size)
    if "check_digit" in component.checks:
        body = st.text(alphabet, min_size=component.longest - 1, max_size=component.longest - 1)
        return body.map(lambda digits: digits + check_digit(digits))
    if "day_or_month_yymmdd" in component.checks:
        return st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.strftime("%y%m%d"))
    return text


_SIMPLE = [
    identifier
    for identifier in APPLICATION_IDENTIFIERS.values()
    if all(
        part.characters in "nx" and not part.is_optional and set(part.checks) <= {"check_digit", "day_or_month_yymmdd"}
        for part in identifier.components
    )
]
_elements = st.sampled_from(_SIMPLE).flatmap(
    lambda identifier: st.tuples(*map(_value_of, identifier.components)).map(
        lambda parts: Element(identifier.code, "".join(parts))
    )
)
_messages = st.lists(_elements, min_size=1, max_size=6, unique_by=lambda element: element.code).map(message_of)


@settings(max_examples=150)
@given(_messages)
def test_given_any_label_when_written_and_read_then_it_is_the_same(message: Message) -> None:
    assert parse_bracketed(message.bracketed()) == message
    assert parse_element_string(message.element_string()) == message
    assert parse_caret("^" + message.element_string("^")) == message


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("0123456789()^\x1d\\AB", max_size=60),
        st.text("/:?&=%.01259AB", max_size=60).map(lambda text: "https://a/" + text),
    )
)
def test_given_any_text_when_read_as_a_label_then_only_user_errors_come(text: str) -> None:
    for read in (parse_bracketed, parse_element_string, parse_caret, parse_link):
        try:
            message = read(text)
            message.quantity()
            message.price()
            message.expiry(2026)
            check_combination(message)
        except UserError:
            continue


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_given_any_text_when_checked_then_every_check_gives_an_answer(text: str) -> None:
    assert {check(text) for check in CHECKS.values()} <= {True, False}
