"""The sale: basket, priced lines, settlement, sealed sale, returns, receipt numbers and the chain of seals."""

from shared.sales.basket import Basket, BasketLine, Disposition, LineKind, ReturnedAmounts
from shared.sales.editing import (
    add_line,
    change_price,
    change_quantity,
    clear_basket_discounts,
    clear_line_discounts,
    discount_basket,
    discount_line,
    line_worth,
    remove_line,
    set_customer,
    set_note,
)
from shared.sales.priced import BasketTotals, PricedBasket, PricedLine, price_basket, price_line
from shared.sales.receipt_number import ReceiptNumber, parse_receipt_number, receipt_number
from shared.sales.returns import (
    ReturnableLine,
    blind_return_line,
    return_lines,
    returnable_lines,
    returned_amounts,
)
from shared.sales.seal_chain import canonical_bytes, first_altered, first_seal, is_seal_intact, seal_of
from shared.sales.sealed import (
    SaleKind,
    SealedDiscount,
    SealedLine,
    SealedLineTax,
    SealedSale,
    SealedTax,
    SealedTender,
)
from shared.sales.sealing import SaleHeader, seal
from shared.sales.settlement import SettledTender, Settlement, Tender, settle

__all__ = [
    "Basket",
    "BasketLine",
    "BasketTotals",
    "Disposition",
    "LineKind",
    "PricedBasket",
    "PricedLine",
    "ReceiptNumber",
    "ReturnableLine",
    "ReturnedAmounts",
    "SaleHeader",
    "SaleKind",
    "SealedDiscount",
    "SealedLine",
    "SealedLineTax",
    "SealedSale",
    "SealedTax",
    "SealedTender",
    "SettledTender",
    "Settlement",
    "Tender",
    "add_line",
    "blind_return_line",
    "canonical_bytes",
    "change_price",
    "change_quantity",
    "clear_basket_discounts",
    "clear_line_discounts",
    "discount_basket",
    "discount_line",
    "first_altered",
    "first_seal",
    "is_seal_intact",
    "line_worth",
    "parse_receipt_number",
    "price_basket",
    "price_line",
    "receipt_number",
    "remove_line",
    "return_lines",
    "returnable_lines",
    "returned_amounts",
    "seal",
    "seal_of",
    "set_customer",
    "set_note",
    "settle",
]
