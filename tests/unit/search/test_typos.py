"""One typing error, and only one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.replica.search.typos import is_one_error_apart
from shared.schema.search.words import deletions_of

WORDS = st.text(alphabet="abcdefgh", min_size=3, max_size=10)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("candel", "candle"), ("cande", "candle"), ("candlle", "candle"), ("cantle", "candle"), ("xcandle", "candle")],
)
def test_given_one_error_when_comparing_then_the_words_are_one_apart(typed: str, meant: str) -> None:
    assert is_one_error_apart(typed, meant)
    assert is_one_error_apart(meant, typed)


@pytest.mark.parametrize(("typed", "meant"), [("candle", "candle"), ("cnadel", "candle"), ("cand", "candle")])
def test_given_none_or_two_errors_when_comparing_then_they_are_not(typed: str, meant: str) -> None:
    assert not is_one_error_apart(typed, meant)


@given(word=WORDS, data=st.data())
def test_given_any_single_error_when_deleting_letters_then_both_words_share_a_form(
    word: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    sign = data.draw(st.sampled_from("abcdefgh"))
    typed = data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + sign + word[at:],
                word[:at] + sign + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
            ]
        )
    )
    if typed != word:
        assert is_one_error_apart(typed, word)
        assert deletions_of(typed) & deletions_of(word)
