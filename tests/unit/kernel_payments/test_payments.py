"""Ways to pay, and no card number anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import UserError
from shared.payments import PAYMENT_METHODS, checked_reference, looks_like_card_number, payment_method
from shared.payments.reference import passes_luhn


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """13 to 19 digits with the right check digit."""
    body = draw(st.text("123456789", min_size=12, max_size=18))
    return body + next(digit for digit in "0123456789" if passes_luhn(body + digit))


@given(card_numbers(), st.sampled_from(["", " ", "-", "."]), st.sampled_from(["", "12/27", " 12 27", "x"]))
def test_given_any_card_number_when_kept_then_it_is_refused_however_it_is_written(
    number: str, separator: str, behind: str
) -> None:
    written = separator.join(number[place : place + 4] for place in range(0, len(number), 4))
    assert looks_like_card_number(f"card {written} {behind}")
    with pytest.raises(UserError) as raised:
        checked_reference({"note": written})
    assert raised.value.code == "card_number_refused"
    assert number not in str(raised.value.as_dict())
    with pytest.raises(UserError, match="card_number_refused"):
        checked_reference({written: "note"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1111",
        "402-881",
        "tok_9f8a7c",
        "2026-11-21",
        "4111111111111112",
        "0000000000000000",
        "018f3c5e-7b2a-7c31-9d0e-2f6a1b3c4d5e",
    ],
)
def test_given_four_digits_a_code_or_a_token_when_kept_then_it_is_taken(text: str) -> None:
    assert dict(checked_reference({"value": text})) == {"value": text}


def test_given_a_reference_without_end_when_kept_then_it_is_refused() -> None:
    with pytest.raises(UserError, match="reference_too_long"):
        checked_reference({"note": "x" * 121})
    with pytest.raises(UserError, match="reference_too_long"):
        checked_reference({str(number): "" for number in range(21)})


def test_given_the_registry_when_walked_then_each_method_is_found_by_its_code_and_only_cash_gives_change() -> None:
    for code, method in PAYMENT_METHODS.items():
        assert payment_method(code) is method
        assert method.code == code
        assert method.gives_change == method.rounds_cash == (code == "cash")
    with pytest.raises(UserError, match="payment_method_unknown"):
        payment_method("shells")
