"""A till that stops at any moment comes back to exactly where it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from desktop.replica.engine import Replica
from desktop.usecases.till import Till
from desktop.usecases.till_state import TillState
from shared.clock import SettableClock
from shared.errors import UserError
from tests.helpers.replica import PINS
from tests.integration.till.codes import CANDLE, MUG, OAT, SOURDOUGH, TEA

NewTill = Callable[[], Till]


def shown(state: TillState) -> TillState:
    """What must come back; who is logged in and the last receipt on the screen need not."""
    return replace(state, user_name="", user_role="", permissions=frozenset(), receipt=None, phase=state.phase)


def _steps(till: Till, dice: random.Random) -> Callable[[], object]:
    lines = [line for line in till.state().lines if not line.is_removed]
    number = dice.choice(lines).number if lines else 1
    return dice.choice(
        [
            lambda: till.scan(dice.choice([OAT, CANDLE, MUG, SOURDOUGH, TEA])),
            lambda: till.scan("4006381333931"),
            lambda: till.add(sku="PEA-CONF", quantity="0.486"),
            lambda: till.set_quantity(str(dice.randint(1, 9)), number),
            lambda: till.set_price(till.unit_price(f"{dice.randint(1, 20)}.{dice.randint(10, 99)}"), number),
            lambda: till.discount(percent=str(dice.randint(1, 30)), line=number),
            lambda: till.discount(amount=till.money("0.50"), basket=True),
            lambda: till.remove_line(number),
            lambda: till.select_line(dice.choice(lines).id) if lines else None,
            lambda: till.set_customer(dice.choice(["C-1001", "998877", None])),
            lambda: till.tender("cash", till.money("2.00")),
            till.remove_tender,
            till.dismiss,
            lambda: till.park("later"),
            till.recall,
            till.exact_cash,
            till.clear,
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_given_any_steps_when_the_till_starts_again_then_everything_is_as_it_was(
    selling: Till, new_till: NewTill, seed: int
) -> None:
    dice = random.Random(seed)
    till = selling
    for _ in range(50):
        with suppress(UserError):
            _steps(till, dice)()
        before = till.state()
        till = new_till()
        till.login("priya", PINS["priya"])
        after = till.state()
        assert shown(replace(after, phase=before.phase)) == shown(before)


def test_given_a_basket_when_scanning_then_only_the_new_lines_row_is_written(
    selling: Till, replica: Replica, clock: SettableClock
) -> None:
    selling.scan(OAT)
    with replica.read() as connection:
        before = connection.exec_driver_sql("SELECT changed_at FROM open_basket").scalar_one()
    clock.advance(5)
    selling.scan(CANDLE)
    with replica.read() as connection:
        assert connection.exec_driver_sql("SELECT changed_at FROM open_basket").scalar_one() == before
        assert connection.exec_driver_sql("SELECT count(*) FROM open_basket_line").scalar_one() == 2


def test_given_a_till_at_work_when_it_starts_again_then_nobody_is_logged_in_but_the_basket_is_there(
    selling: Till, new_till: NewTill
) -> None:
    selling.scan(OAT)
    state = new_till().state()
    assert state.user_name == ""
    assert [line.sku for line in state.lines] == ["OAT-BAR-1L"]
    assert state.shift is not None
