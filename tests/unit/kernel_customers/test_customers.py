"""Customers: the keys by which a person is found again, and what they are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.customers import checked_name, display_name, email_key, name_key, phone_key
from shared.errors import UserError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Néill, Anna", "anna  oneill"),
        ("Müller", "MULLER"),
        ("Łukasz Straße", "strasse lukasz"),
        ("Ann-Marie", "ann marie"),
    ],
)
def test_given_a_name_typed_in_two_ways_when_keyed_then_the_keys_agree(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


@given(st.text(max_size=40))
def test_given_any_text_when_keyed_then_keying_again_changes_nothing(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)
    assert email_key(email_key(text)) == email_key(text)
    assert phone_key(phone_key(text)) == phone_key(text)


def test_given_addresses_and_numbers_when_keyed_then_only_real_ones_have_a_key() -> None:
    assert email_key(" Anna@Example.COM ") == "anna@example.com"
    assert [email_key(text) for text in ("", "anna", "@x.y", "a@b", "a b@x.y", "a@.")] == [""] * 6
    assert phone_key("+44 20 7946 0018") == phone_key("020 7946 0018") == "079460018"
    assert phone_key("1234") == ""


def test_given_a_customer_when_named_then_something_sensible_is_shown() -> None:
    assert display_name("  Anna   Price ") == "Anna Price"
    assert display_name("", number="C-1", email="a@b.c") == "C-1"
    assert display_name(" ", email="a@b.c") == "a@b.c"
    assert display_name("") == "Customer"
    assert checked_name(" Anna  Price ") == "Anna Price"
    with pytest.raises(UserError, match="customer_name_missing"):
        checked_name("  ")
    with pytest.raises(UserError, match="text_too_long"):
        checked_name("x" * 201)
