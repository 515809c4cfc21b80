"""The receipt as a PDF of one page, as wide as the paper roll and as long as the receipt."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from fpdf import FPDF

from desktop.printing.receipt_text import receipt_text
from desktop.usecases.paper_columns import WIDE
from desktop.usecases.receipt_document import ReceiptDocument

_PAPER_WIDTH_MM = 80.0
_MARGIN_MM = 4.0
_LINE_MM = 3.4
_CHARACTER_PER_SIZE = 0.6
"""Width of a character of a typewriter face as a part of its size."""
_MM_PER_POINT = 25.4 / 72
_FACES = {
    "linux": (
        "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
        "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    ),
    "darwin": ("/System/Library/Fonts/Supplemental/Andale Mono.ttf",),
    "win32": ("C:/Windows/Fonts/consola.ttf",),
}


def receipt_pdf(document: ReceiptDocument) -> bytes:
    """The receipt of ``receipt_text`` as the bytes of a PDF file."""
    return text_pdf(receipt_text(document), title=f"Receipt {document.number}")


def text_pdf(text: str, *, title: str) -> bytes:
    """Text of at most 48 columns as a PDF on roll paper.

    Characters beyond Western Europe need a typewriter face of the system; without one they print as ``?``.
    """
    lines = text.splitlines()
    height = 2 * _MARGIN_MM + _LINE_MM * max(len(lines), 1)
    pdf = FPDF(orientation="portrait", unit="mm", format=(_PAPER_WIDTH_MM, max(height, _PAPER_WIDTH_MM)))
    pdf.set_title(title)
    pdf.set_creator("Counterfoil")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(_MARGIN_MM)
    pdf.add_page()
    size = (_PAPER_WIDTH_MM - 2 * _MARGIN_MM) / WIDE / _CHARACTER_PER_SIZE / _MM_PER_POINT
    face = next((path for path in _FACES.get(sys.platform, ()) if Path(path).is_file()), None)
    if face is None:
        pdf.set_font("Courier", size=size)
        lines = [line.encode("latin-1", "replace").decode("latin-1") for line in lines]
    else:
        # The subsetter of fonts reports each step; that is nobody's business here.
        logging.getLogger("fontTools").setLevel(logging.WARNING)
        pdf.add_font("receipt", fname=face)
        pdf.set_font("receipt", size=size)
    for number, line in enumerate(lines):
        pdf.text(_MARGIN_MM, _MARGIN_MM + _LINE_MM * (number + 1) - 1, line)
    return bytes(pdf.output())
