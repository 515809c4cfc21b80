"""What stands at this till, put together: paper forms, printer, drawer and card terminal. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from desktop.devices.drawers import LoggedDrawer, NoDrawer
from desktop.devices.printers import FilePrinter, NoPrinter
from desktop.payments.standalone import StandaloneTerminal
from desktop.printing.receipt_text import receipt_text
from desktop.reports.shift_report import shift_report_text
from desktop.usecases.ports import CardTerminal, Equipment
from desktop.usecases.receipt_document import ReceiptDocument, ShiftDocument
from shared.clock import Clock


class PaperForms:
    """The forms of ``desktop.printing`` and ``desktop.reports``."""

    def receipt(self, document: ReceiptDocument) -> str:
        """A receipt in 48 columns."""
        return receipt_text(document)

    def receipt_pdf(self, document: ReceiptDocument) -> bytes:
        """A receipt as PDF."""
        # Loaded on the first PDF only: a till starts and sells without that library.
        make: Callable[[ReceiptDocument], bytes] = import_module("desktop.printing.receipt_pdf").receipt_pdf
        return make(document)

    def shift_report(self, document: ShiftDocument) -> str:
        """An X or Z report in 48 columns."""
        return shift_report_text(document)


def equipment_at(folder: Path | None, clock: Clock, terminal: CardTerminal | None = None) -> Equipment:
    """A till's equipment.

    Args:
        folder: where printed receipts and the drawer's log go (``receipts/``, ``drawer.jsonl``); None: no printer and
            no drawer, as for replays of whole months.
        clock: the till's clock.
        terminal: the card terminal; None: one that stands beside the till and is not connected.
    """
    forms = PaperForms()
    return Equipment(
        forms=forms,
        printer=NoPrinter() if folder is None else FilePrinter(folder / "receipts", forms.receipt),
        drawer=NoDrawer() if folder is None else LoggedDrawer(folder / "drawer.jsonl", clock),
        terminal=StandaloneTerminal() if terminal is None else terminal,
    )
