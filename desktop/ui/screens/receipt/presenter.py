"""After a sale: what was paid, what comes back, and the receipt's copies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.ui.till.session import TillSession
from desktop.ui.widgets.money_text import amount_text
from desktop.usecases.till import Till
from desktop.usecases.till_state import ReceiptView
from shared.errors import EnvironmentFailure


class ReceiptPresenter(QObject):
    """The receipt page.

    Attributes:
        folder: where receipts are saved as PDF.
        saved: what was saved or printed last, in words; empty for nothing.

    Signals:
        changed: ``saved`` is another one.
    """

    changed = Signal()

    def __init__(self, session: TillSession, folder: Path) -> None:
        super().__init__(session)
        self.session = session
        self.folder = folder
        self.saved = ""

    @property
    def receipt(self) -> ReceiptView | None:
        """The receipt of what was just sealed."""
        return self.session.state.receipt

    @property
    def headline(self) -> str:
        """What happened, in words."""
        receipt = self.receipt
        if receipt is None:
            return ""
        verb = "Paid out" if receipt.total.is_negative else "Paid"
        return f"{verb} {amount_text(abs(receipt.paid), has_symbol=True)}"

    @property
    def change_label(self) -> str:
        """What the large figure is."""
        receipt = self.receipt
        if receipt is not None and receipt.total.is_negative:
            return "Give back"
        return "Change"

    @property
    def change_text(self) -> str:
        """The change, or the amount of a refund; ``None`` in words where nothing comes back."""
        receipt = self.receipt
        if receipt is None:
            return ""
        if receipt.total.is_negative:
            return amount_text(abs(receipt.paid), has_symbol=True)
        return amount_text(abs(receipt.change), has_symbol=True) if receipt.change else "None"

    def next_sale(self) -> None:
        """Put the receipt out of sight."""
        self._say("")
        self.session.act(lambda till: till.dismiss_receipt())

    def print_copy(self) -> None:
        """Print a copy."""
        receipt = self.receipt
        if receipt is not None:
            self.session.act(
                lambda till: till.print_copy(receipt.number),
                lambda _copy: self._say(f"A copy of {receipt.number} was printed."),
            )

    def save_pdf(self) -> None:
        """Save the receipt as PDF beside the till's data."""
        receipt = self.receipt
        if receipt is not None:
            folder = self.folder
            self.session.act(lambda _till: _write_pdf(_till, receipt, folder), self._say_saved)

    def _say_saved(self, path: Path) -> None:
        self._say(f"Saved as {path.name} in {path.parent}.")

    def _say(self, text: str) -> None:
        self.saved = text
        self.changed.emit()


def _write_pdf(_till: Till, receipt: ReceiptView, folder: Path) -> Path:
    # Imported here: the PDF library is heavy, and few sales need it.
    from desktop.printing.receipt_pdf import text_pdf

    path = folder / f"receipt-{receipt.number.replace('/', '-')}.pdf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text_pdf(receipt.text, title=f"Receipt {receipt.number}"))
    except OSError as error:
        raise EnvironmentFailure(
            "receipt_not_saved",
            f"The receipt could not be saved as {path.name}. Make room on the disk and try again.",
            path=str(path),
            reason=str(error),
        ) from error
    return path
