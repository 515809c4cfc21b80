"""Taxes: inclusive and exclusive, several per line, on top of each other, fixed, division, reverse charge."""

from shared.tax.conversion import DocumentTotals, convert_document, document_totals
from shared.tax.document import TaxableLine, TaxTotal, compute_document_taxes, round_to_sum, totals_by_tax
from shared.tax.engine import ExactTax, ExactTaxes, exact_taxes
from shared.tax.line import LineTax, LineTaxes, compute_line_taxes
from shared.tax.rates import EffectiveRate, choose
from shared.tax.rebase import rebase_price
from shared.tax.rules import PPM, TaxComputation, TaxRounding, TaxRule

__all__ = [
    "PPM",
    "DocumentTotals",
    "EffectiveRate",
    "ExactTax",
    "ExactTaxes",
    "LineTax",
    "LineTaxes",
    "TaxComputation",
    "TaxRounding",
    "TaxRule",
    "TaxTotal",
    "TaxableLine",
    "choose",
    "compute_document_taxes",
    "compute_line_taxes",
    "convert_document",
    "document_totals",
    "exact_taxes",
    "rebase_price",
    "round_to_sum",
    "totals_by_tax",
]
