"""Receipts as text and PDF."""

from __future__ import annotations

import pytest

from desktop.printing.receipt_pdf import receipt_pdf, text_pdf
from desktop.printing.receipt_text import receipt_text
from desktop.usecases.paper_columns import NARROW, WIDE, beside, centred
from desktop.usecases.receipt_document import ReceiptDocument
from tests.unit.usecases.documents import money, return_document, sale_document


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("document", [sale_document(), return_document(), sale_document(copy=3)])
def test_given_any_receipt_when_laid_out_then_no_line_is_too_long(width: int, document: ReceiptDocument) -> None:
    text = receipt_text(document, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_given_a_sale_when_laid_out_then_it_reads_like_a_receipt() -> None:
    text = receipt_text(sale_document())
    assert text.splitlines()[5:25] == [
        "HS-2-004182                     2026-11-21 14:07",
        "Till 2                                   Mara K.",
        "Customer                  Ines Carvalho · C-1001",
        "------------------------------------------------",
        "Oat drink barista 1 l                       4.38",
        "  2 x 2.19",
        "  discount                                 -0.48",
        "Conference pears, loose                     1.56",
        "  0.486 kg x 3.20 / kg",
        "A candle with a name that is much too long",
        "for one line of any paper roll             12.50",
        "  wrapped as a gift",
        "------------------------------------------------",
        "Goods                                      18.44",
        "You save                                   -0.48",
        "Total to pay GBP                           17.96",
        "Card Visa ··4417, 083771                   10.00",
        "Cash                                       10.00",
        "Change                                      2.04",
        "------------------------------------------------",
    ]
    assert "VAT 20 % in 12.50 (net 10.42)               2.08" in text


def test_given_a_return_when_laid_out_then_figures_are_positive_under_its_heading() -> None:
    text = receipt_text(return_document())
    assert "RETURN" in text
    assert "Soy candle                                 12.52" in text
    assert "Cash rounding                              -0.02" in text
    assert "Refunded GBP                               12.50" in text
    assert "Return of                            HS-2-004182" in text


def test_given_a_copy_when_laid_out_then_it_says_which() -> None:
    assert "COPY 2" in receipt_text(sale_document(copy=2))
    assert "COPY" not in receipt_text(sale_document())


def test_given_tax_on_top_when_laid_out_then_it_is_added_in_sight() -> None:
    document = sale_document(goods=money(1_000), discount=money(0), total=money(1_200), paid=money(1_200))
    assert "Tax added                                   2.00" in receipt_text(document)


def test_given_a_day_after_midnight_when_laid_out_then_the_business_day_is_told() -> None:
    assert "Business day" in receipt_text(sale_document(business_date="2026-11-20"))


def test_given_any_text_when_made_a_pdf_then_it_is_one() -> None:
    for text in (receipt_text(sale_document()), "", "łódź, 東京, ½ × 3\n" * 200):
        pdf = text_pdf(text, title="Receipt")
        assert pdf.startswith(b"%PDF-")
        assert pdf.rstrip().endswith(b"%%EOF")
    assert receipt_pdf(sale_document()).startswith(b"%PDF-")


def test_given_narrow_paper_when_put_beside_then_figures_keep_the_right_edge() -> None:
    assert beside("a very long name indeed", "1.00", 12) == ["a very", "long", "name", "indeed  1.00"]
    assert centred("", 10) == []
