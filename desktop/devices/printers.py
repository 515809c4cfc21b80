"""Printers: one that writes files, one that is not there, and one that is broken (for tests and training)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from desktop.usecases.receipt_document import ReceiptDocument
from shared.errors import EnvironmentFailure

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class FilePrinter:
    """Writes each receipt as ``<number>.txt`` and ``<number>.pdf`` (``-copy-2`` for copies) into a folder.

    Args:
        folder: made when the first receipt is printed.
        as_text: lays a receipt out as text.
        as_pdf: lays a receipt out as PDF; None writes text only.
    """

    def __init__(
        self,
        folder: Path,
        as_text: Callable[[ReceiptDocument], str],
        as_pdf: Callable[[ReceiptDocument], bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._as_text = as_text
        self._as_pdf = as_pdf

    def print_receipt(self, document: ReceiptDocument) -> None:
        """Write the receipt. Raises ``EnvironmentFailure`` ``printer_failed``."""
        copy = f"-copy-{document.copy}" if document.copy else ""
        name = _UNFIT.sub("_", document.number) + copy
        self._write(f"{name}.txt", self._as_text(document).encode())
        if self._as_pdf is not None:
            self._write(f"{name}.pdf", self._as_pdf(document))

    def print_report(self, title: str, text: str) -> None:
        """Write the report. Raises ``EnvironmentFailure`` ``printer_failed``."""
        self._write(_UNFIT.sub("_", title) + ".txt", text.encode())

    def _write(self, name: str, content: bytes) -> None:
        """Write a whole file or none: beside its place first, then moved there."""
        target = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f".{name}.part")
            beside.write_bytes(content)
            beside.replace(target)
        except OSError as error:
            raise EnvironmentFailure(
                "printer_failed",
                "The receipt could not be written. The sale is safe: print it again once there is room.",
                path=str(target),
                reason=str(error),
            ) from error


class NoPrinter:
    """Nothing is printed; the receipt is on the screen."""

    def print_receipt(self, document: ReceiptDocument) -> None:
        """Do nothing."""

    def print_report(self, title: str, text: str) -> None:
        """Do nothing."""


class BrokenPrinter:
    """Always out of paper."""

    def print_receipt(self, document: ReceiptDocument) -> None:
        """Fail. Raises ``EnvironmentFailure`` ``printer_failed``."""
        raise self._failure(document.number)

    def print_report(self, title: str, text: str) -> None:
        """Fail. Raises ``EnvironmentFailure`` ``printer_failed``."""
        del text
        raise self._failure(title)

    def _failure(self, what: str) -> EnvironmentFailure:
        return EnvironmentFailure(
            "printer_failed", f"The printer is out of paper. {what} is safe: print it again later.", what=what
        )
