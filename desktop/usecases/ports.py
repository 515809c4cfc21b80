"""What the till's intentions need from outside the replica: sync, a card terminal, a printer, a drawer, paper forms.

Each is a small Protocol. What is shipped lies in ``desktop.sync``, ``desktop.payments``, ``desktop.devices``,
``desktop.printing`` and ``desktop.reports``, fakes included; one contract suite runs over every implementation.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from desktop.usecases.receipt_document import ReceiptDocument, ShiftDocument
from shared.money import Money


class SyncStatusView(Protocol):
    """What is true of the connection; instants are UTC microseconds."""

    @property
    def is_online(self) -> bool:
        """Whether the last contact went well and nobody took the till offline."""
        ...

    @property
    def since(self) -> int | None:
        """Since when it is so; None before the first contact."""
        ...

    @property
    def pending(self) -> int:
        """Mutations waiting to be sent."""
        ...

    @property
    def catalogue_as_of(self) -> int | None:
        """When the catalogue was last known to be complete."""
        ...


class SyncPort(Protocol):
    """The part of the sync engine that the till's screen and its scripts use."""

    def status(self) -> SyncStatusView:
        """What is true of the connection now; never waits for the network."""
        ...

    def go_offline(self) -> None:
        """Stop talking to the server until ``go_online``."""
        ...

    def go_online(self) -> None:
        """Talk to the server again."""
        ...


class Outcome(StrEnum):
    """What a card terminal said."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    """No answer: money may have moved. The same payment must be asked about again before anything else."""


@dataclass(frozen=True, slots=True)
class TerminalAnswer:
    """A terminal's answer to one payment.

    Attributes:
        reference: token, brand, last four digits, authorisation code; never a card number.
        message: what the terminal showed, for people.
    """

    outcome: Outcome
    reference: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


class CardTerminal(Protocol):
    """Takes and gives back money by card. The payment id makes a repeated request the same payment."""

    @property
    def is_attached(self) -> bool:
        """Whether the till talks to it; if not, a clerk keys the payment once the terminal beside has approved it."""
        ...

    def pay(self, payment_id: uuid.UUID, amount: Money) -> TerminalAnswer:
        """Take ``amount`` (positive) or pay it out (negative). Never raises for a declined or unanswered request."""
        ...

    def query(self, payment_id: uuid.UUID) -> TerminalAnswer:
        """What became of a payment; declined if the terminal never heard of it."""
        ...


class ReceiptPrinter(Protocol):
    """Prints what was sealed."""

    def print_receipt(self, document: ReceiptDocument) -> None:
        """Print one receipt.

        Raises:
            EnvironmentFailure: ``printer_failed``; the sale stands, the receipt can be printed again.
        """
        ...

    def print_report(self, title: str, text: str) -> None:
        """Print plain text such as a shift's report.

        Raises:
            EnvironmentFailure: ``printer_failed``.
        """
        ...


class CashDrawer(Protocol):
    """The drawer under the till."""

    def open(self, reason: str) -> None:
        """Open it; the reason is logged.

        Raises:
            EnvironmentFailure: ``drawer_failed``; nothing else is held up by it.
        """
        ...


class Forms(Protocol):
    """How receipts and reports look as plain text."""

    def receipt(self, document: ReceiptDocument) -> str:
        """A receipt in 48 columns."""
        ...

    def receipt_pdf(self, document: ReceiptDocument) -> bytes:
        """A receipt as a PDF file."""
        ...

    def shift_report(self, document: ShiftDocument) -> str:
        """An X or Z report in 48 columns."""
        ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """What stands on and under the counter."""

    forms: Forms
    printer: ReceiptPrinter
    drawer: CashDrawer
    terminal: CardTerminal
