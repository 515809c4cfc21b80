"""The receipt as plain text, 48 or 42 columns.

A return shows what came back and what was refunded as positive figures under the word RETURN. Taxes are summed up from
the stored bases. A copy says which one it is. Only plain line signs are used, and nothing is printed in reverse.
"""

from __future__ import annotations

from desktop.usecases.paper_columns import WIDE, beside, centred, indented, rule, wrapped
from desktop.usecases.receipt_document import ReceiptDocument, ReceiptLine
from shared.money import Money

_UNIT_OF_ONE = "piece"


def receipt_text(document: ReceiptDocument, width: int = WIDE) -> str:
    """The receipt, lines parted by newlines, none longer than ``width``."""
    lines = [
        *_head(document, width),
        rule(width),
        *(text for line in document.lines for text in _line(document, line, width)),
        rule(width),
        *_totals(document, width),
        *_tenders(document, width),
        *_taxes(document, width),
        rule(width),
        *_foot(document, width),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(document: ReceiptDocument, width: int) -> list[str]:
    lines = [
        *centred(document.store_name, width),
        *centred(document.store_address, width),
        *(centred(f"Tax no. {document.tax_number}", width) if document.tax_number else []),
        *centred(document.header, width),
        "",
    ]
    if document.copy:
        lines += centred(f"COPY {document.copy}", width)
    if _is_return(document):
        lines += centred("RETURN", width)
    lines += beside(document.number, document.sealed_at, width)
    lines += beside(document.till_name, document.cashier, width)
    if not document.sealed_at.startswith(document.business_date):
        lines += beside("Business day", document.business_date, width)
    if document.customer:
        lines += beside("Customer", document.customer, width)
    for number in document.return_of:
        lines += beside("Return of", number, width)
    return lines


def _line(document: ReceiptDocument, line: ReceiptLine, width: int) -> list[str]:
    quantity = line.quantity.removeprefix("-") if _is_return(document) else line.quantity
    lines = beside(line.name, str(_shown(document, line.gross)), width)
    if line.unit != _UNIT_OF_ONE:
        lines += indented(f"{quantity} {line.unit} x {line.unit_price} / {line.unit}", "", width)
    elif quantity != "1":
        lines += indented(f"{quantity} x {line.unit_price}", "", width)
    if line.discount:
        lines += indented("discount", str(-_shown(document, line.discount)), width)
    if line.note:
        lines += ["  " + part for part in wrapped(line.note, width - 2)]
    return lines


def _totals(document: ReceiptDocument, width: int) -> list[str]:
    lines: list[str] = []
    if document.discount:
        lines += beside("Goods", str(_shown(document, document.goods)), width)
        lines += beside("You save", str(-_shown(document, document.discount)), width)
    added = document.total - (document.goods - document.discount)
    if added:
        lines += beside("Tax added", str(_shown(document, added)), width)
    if document.rounding:
        lines += beside("Total", str(_shown(document, document.total)), width)
        lines += beside("Cash rounding", str(_shown(document, document.rounding)), width)
    what = "Refunded" if _is_return(document) else "Total to pay"
    return [*lines, *beside(f"{what} {document.total.currency.code}", str(_shown(document, document.paid)), width)]


def _tenders(document: ReceiptDocument, width: int) -> list[str]:
    lines: list[str] = []
    for tender in document.tenders:
        label = f"{tender.label} {tender.detail}".strip()
        lines += beside(label, str(_shown(document, tender.given)), width)
        if tender.change:
            lines += beside("Change", str(_shown(document, tender.change)), width)
    return lines


def _taxes(document: ReceiptDocument, width: int) -> list[str]:
    if not document.taxes:
        return []
    lines = [rule(width)]
    for tax in document.taxes:
        how = "in" if tax.included else "on top of"
        base = _shown(document, tax.base)
        whole = _shown(document, tax.base + tax.tax) if tax.included else base
        lines += beside(f"{tax.name} {how} {whole} (net {base})", str(_shown(document, tax.tax)), width)
    return lines


def _foot(document: ReceiptDocument, width: int) -> list[str]:
    return [*centred(document.footer, width), *(centred(f"Seal {document.seal}", width) if document.seal else [])]


def _is_return(document: ReceiptDocument) -> bool:
    return document.kind == "return"


def _shown(document: ReceiptDocument, amount: Money) -> Money:
    """An amount as it is printed: what a return gives back is positive under its heading."""
    return -amount if _is_return(document) else amount
