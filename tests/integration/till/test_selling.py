"""Selling at one till over a real encrypted replica."""

from __future__ import annotations

from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase

OAT, CANDLE, PEARS, TEA = "5012345678900", "5012345678924", "2100001000004", "5012345678931"


def test_given_three_scans_when_exact_cash_then_the_sale_is_sealed_and_numbered(selling: Till) -> None:
    for code in (OAT, CANDLE, TEA):
        selling.scan(code)
    receipt = selling.exact_cash()
    assert receipt.number == "HS-2-000001"
    assert str(receipt.total) == "20.94"
    state = selling.state()
    assert state.phase is Phase.DONE
    assert state.lines == ()
    assert state.sale_number == "HS-2-000002"
    assert state.connection.pending == 2
    print(receipt.text)
