"""Printer, drawer and card terminal fail in every way; no sale is lost, and no money moves twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.devices.drawers import StuckDrawer
from desktop.devices.printers import BrokenPrinter, FilePrinter
from desktop.payments.simulated import SimulatedTerminal
from desktop.printing.receipt_pdf import receipt_pdf
from desktop.printing.receipt_text import receipt_text
from desktop.replica.engine import Replica
from desktop.ui.equipment import equipment_at
from desktop.usecases.ports import Equipment, Outcome
from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import TimeOrderedIds
from tests.helpers.replica import PINS
from tests.integration.till.codes import CANDLE, OAT

Make = Callable[[Equipment], Till]


@pytest.fixture
def make(replica: Replica, clock: SettableClock) -> Make:
    """A till at work over some equipment."""

    def run(equipment: Equipment) -> Till:
        till = Till(replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment)
        till.login("priya", PINS["priya"])
        if till.state().shift is None:
            till.open_shift(till.money("100.00"))
        return till

    return run


@pytest.fixture
def equipment(tmp_path: Path, clock: SettableClock) -> Equipment:
    return equipment_at(tmp_path / "home", clock)


def test_given_a_broken_printer_when_completed_then_the_sale_stands_and_the_till_says_so(
    make: Make, equipment: Equipment
) -> None:
    till = make(replace(equipment, printer=BrokenPrinter(), drawer=StuckDrawer()))
    till.scan(OAT)
    receipt = till.exact_cash()
    state = till.state()
    assert (state.phase, state.blocks_payment) == (Phase.DONE, False)
    assert "out of paper" in state.refusal
    assert till.find_receipt(receipt.number).number == receipt.number
    till.scan(CANDLE)
    assert till.state().refusal == ""
    with pytest.raises(EnvironmentFailure):
        till.print_copy(receipt.number)


def test_given_a_printer_of_files_when_sold_and_copied_then_each_paper_lies_there(
    make: Make, equipment: Equipment, tmp_path: Path
) -> None:
    till = make(replace(equipment, printer=FilePrinter(tmp_path / "paper", receipt_text, receipt_pdf)))
    till.scan(OAT)
    receipt = till.exact_cash()
    till.print_copy(receipt.number)
    copy = till.print_copy(receipt.number)
    assert "COPY 2" in copy.text
    assert sorted(path.name for path in (tmp_path / "paper").iterdir()) == [
        f"HS-2-000001{copy}.{kind}" for copy in ("-copy-1", "-copy-2", "") for kind in ("pdf", "txt")
    ]
    assert (tmp_path / "paper" / "HS-2-000001.txt").read_text() == receipt.text
    assert till.receipt_pdf(receipt.number).startswith(b"%PDF-")


def test_given_cash_when_completed_then_the_drawer_opens_with_its_reason(
    make: Make, equipment: Equipment, tmp_path: Path
) -> None:
    till = make(equipment)
    till.scan(OAT)
    till.tender("card", till.money("2.19"), {"authorisation": "1"})
    till.complete()
    till.scan(OAT)
    till.exact_cash()
    till.cash_movement("paid_out", till.money("3.00"), "stamps")
    log = (tmp_path / "home" / "drawer.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in log] == ["receipt HS-2-000002", "stamps"]


def test_given_an_attached_terminal_when_it_approves_then_its_reference_is_kept(
    make: Make, equipment: Equipment
) -> None:
    terminal = SimulatedTerminal()
    till = make(replace(equipment, terminal=terminal))
    till.scan(CANDLE)
    tender = till.tender("card")
    assert tender.detail.startswith("Visa ··4417")
    assert [str(amount) for amount in terminal.charged.values()] == ["14.50"]
    till.remove_tender()
    assert [str(amount) for amount in terminal.charged.values()] == ["14.50", "-14.50"]
    assert till.state().tenders == ()


def test_given_a_declined_card_when_paid_then_said_and_nothing_is_taken(make: Make, equipment: Equipment) -> None:
    till = make(replace(equipment, terminal=SimulatedTerminal([Outcome.DECLINED])))
    till.scan(CANDLE)
    with pytest.raises(UserError) as raised:
        till.tender("card")
    assert raised.value.code == "payment_declined"
    assert till.state().phase is Phase.SELLING
    assert till.exact_cash().number == "HS-2-000001"


@pytest.mark.parametrize("charged", [True, False])
def test_given_a_silent_terminal_when_the_till_crashes_then_the_same_payment_is_asked_about_and_taken_once(
    make: Make, equipment: Equipment, charged: bool
) -> None:
    terminal = SimulatedTerminal([Outcome.UNKNOWN], silent_after_charge=charged)
    till = make(replace(equipment, terminal=terminal))
    till.scan(CANDLE)
    with pytest.raises(UserError) as raised:
        till.tender("card", till.money("10.00"))
    assert raised.value.code == "payment_unresolved"
    till = make(replace(equipment, terminal=terminal))
    assert till.state().phase is Phase.PAYING
    for other in (lambda: till.tender("cash"), till.exact_cash, till.complete, till.close_shift, till.park, till.clear):
        with pytest.raises(UserError) as raised:
            other()
        assert raised.value.code in {"payment_unresolved", "payment_incomplete"}
    if charged:
        till.tender("card")
        assert str(till.state().remaining) == "4.50"
    else:
        with pytest.raises(UserError) as raised:
            till.tender("card")
        assert raised.value.code == "payment_declined"
        till.tender("card", till.money("10.00"))
    assert [str(amount) for amount in terminal.charged.values()] == ["10.00"]
    till.exact_cash()
