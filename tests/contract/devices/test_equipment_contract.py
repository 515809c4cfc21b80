"""What every card terminal, printer and drawer must hold to, the fakes included."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from desktop.devices.drawers import LoggedDrawer, NoDrawer, StuckDrawer
from desktop.devices.printers import BrokenPrinter, FilePrinter, NoPrinter
from desktop.payments.simulated import SimulatedTerminal
from desktop.payments.standalone import StandaloneTerminal
from desktop.printing.receipt_pdf import receipt_pdf
from desktop.printing.receipt_text import receipt_text
from desktop.usecases.ports import CardTerminal, CashDrawer, Outcome, ReceiptPrinter
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.money import Money, currency
from shared.payments import checked_reference
from tests.unit.usecases.documents import sale_document

GBP = currency("GBP")
TERMINALS: list[CardTerminal] = [
    StandaloneTerminal(),
    SimulatedTerminal(),
    SimulatedTerminal([Outcome.DECLINED]),
    SimulatedTerminal([Outcome.UNKNOWN]),
    SimulatedTerminal([Outcome.UNKNOWN], silent_after_charge=False),
]


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("amount", [1_250, -1_250])
def test_given_a_terminal_when_asked_then_it_answers_and_what_it_says_may_be_kept(
    terminal: CardTerminal, amount: int
) -> None:
    answer = terminal.pay(uuid.uuid4(), Money(amount, GBP))
    assert answer.outcome in Outcome
    checked_reference(answer.reference)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_given_a_terminal_when_asked_about_a_stranger_then_nothing_was_paid(terminal: CardTerminal) -> None:
    assert terminal.query(uuid.uuid4()).outcome is Outcome.DECLINED


@pytest.mark.parametrize("silent_after_charge", [True, False])
def test_given_an_attached_terminal_when_the_same_payment_is_asked_twice_then_money_moves_once(
    silent_after_charge: bool,
) -> None:
    terminal = SimulatedTerminal([Outcome.UNKNOWN], silent_after_charge=silent_after_charge)
    payment = uuid.uuid4()
    assert terminal.pay(payment, Money(500, GBP)).outcome is Outcome.UNKNOWN
    assert terminal.pay(payment, Money(500, GBP)).outcome is Outcome.APPROVED
    assert terminal.query(payment).outcome is Outcome.APPROVED
    assert list(terminal.charged.values()) == [Money(500, GBP)]


def _printers(folder: Path) -> list[ReceiptPrinter]:
    (folder / "taken").write_text("a file where the folder should be")
    return [
        NoPrinter(),
        BrokenPrinter(),
        FilePrinter(folder / "paper", receipt_text),
        FilePrinter(folder / "both", receipt_text, receipt_pdf),
        FilePrinter(folder / "taken", receipt_text),
    ]


def test_given_any_printer_when_printing_then_it_prints_or_fails_in_our_terms(tmp_path: Path) -> None:
    outcomes = []
    for printer in _printers(tmp_path):
        try:
            printer.print_receipt(sale_document())
            printer.print_report("Z 3", "text")
            outcomes.append("")
        except EnvironmentFailure as failure:
            outcomes.append(failure.code)
    assert outcomes == ["", "printer_failed", "", "", "printer_failed"]
    assert not list(tmp_path.rglob("*.part"))


def test_given_any_drawer_when_opened_then_it_opens_or_fails_in_our_terms(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    clock = SettableClock(0)
    drawers: list[CashDrawer] = [
        NoDrawer(),
        LoggedDrawer(tmp_path / "log" / "drawer.jsonl", clock),
        StuckDrawer(),
        LoggedDrawer(tmp_path / "taken" / "drawer.jsonl", clock),
    ]
    outcomes = []
    for drawer in drawers:
        try:
            drawer.open("receipt HS-2-000001")
            outcomes.append("")
        except EnvironmentFailure as failure:
            outcomes.append(failure.code)
    assert outcomes == ["", "", "drawer_failed", "drawer_failed"]
