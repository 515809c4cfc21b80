"""Baskets, taxes and sealed sales for tests, by hand and by Hypothesis."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from hypothesis import strategies as st

from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from shared.money import Money, UnitPrice, currency
from shared.pricing import Discount
from shared.quantity import Quantity, Unit
from shared.sales import (
    Basket,
    BasketLine,
    LineKind,
    PricedBasket,
    ReceiptNumber,
    SaleHeader,
    SealedSale,
    Settlement,
    Tender,
    add_line,
    first_seal,
    price_basket,
    seal,
    settle,
)
from shared.tax import TaxComputation, TaxRounding, TaxRule

GBP = currency("GBP")
VAT = TaxRule("V20", "VAT 20 %", rate_ppm=200_000, price_include=True)
VAT_ON_TOP = TaxRule("S8", "Sales tax 8.875 %", rate_ppm=88_750)
BOTTLE = TaxRule("DEP", "Deposit", TaxComputation.FIXED, fixed_micro=250_000, price_include=True, sequence=0)
IDS = TimeOrderedIds(SettableClock(1_780_000_000_000_000))


def pounds(text: str) -> Money:
    return Money.parse(text, GBP)


def line(
    price: str = "1.00",
    quantity: Quantity | None = None,
    *,
    taxes: tuple[TaxRule, ...] = (VAT,),
    variant_id: UUID | None = None,
    discounts: tuple[Discount, ...] = (),
    kind: LineKind = LineKind.GOODS,
) -> BasketLine:
    """A line of something not seen before, unless a variant is given."""
    return BasketLine(
        id=IDS.new(),
        number=0,
        variant_id=variant_id or IDS.new(),
        sku="SKU",
        name="Something",
        kind=kind,
        quantity=quantity or Quantity.of(1),
        unit_price=UnitPrice.parse(price, GBP),
        taxes=taxes,
        discounts=discounts,
    )


def basket_of(*lines: BasketLine, tax_rounding: TaxRounding = TaxRounding.LINE) -> Basket:
    basket = Basket(IDS.new(), GBP, tax_rounding=tax_rounding)
    for one in lines:
        basket = add_line(basket, one, merge=False)
    return basket


def header(number: int = 1) -> SaleHeader:
    """A header of always the same till and shift."""
    return SaleHeader(
        store_id=UUID(int=1),
        device_id=UUID(int=2),
        shift_id=UUID(int=3),
        receipt=ReceiptNumber("HS", 2, 1, number),
        business_date=date(2026, 11, 21),
        sealed_at=1_780_000_000_000_000,
        time_zone="Europe/London",
        cashier_id=UUID(int=4),
    )


def paid(total: Money) -> Settlement:
    """The total settled by card."""
    return settle(total, [Tender("card", abs(total))] if total else [])


def sealed(basket: Basket, number: int = 1, previous: bytes | None = None) -> SealedSale:
    priced: PricedBasket = price_basket(basket)
    standing = previous or first_seal(UUID(int=2), 1)
    return seal(priced, paid(priced.totals.total), header(number), standing)


TAX_SETS = st.sampled_from([(), (VAT,), (VAT_ON_TOP,), (BOTTLE, VAT), (VAT, VAT_ON_TOP)])
DISCOUNTS = st.lists(st.integers(1, 1_000_000).map(lambda ppm: Discount.percent(ppm, "why")), max_size=2).map(tuple)


@st.composite
def basket_lines(draw: st.DrawFn, returns: bool = True) -> BasketLine:
    """Any line: weighed or counted, with taxes inside or on top, with discounts, sold or given back blind."""
    unit = draw(st.sampled_from([Unit.PIECE, Unit.KILOGRAM]))
    thousandths = draw(st.integers(1, 50_000))
    sign = draw(st.sampled_from([1, 1, -1])) if returns else 1
    return BasketLine(
        id=IDS.new(),
        number=0,
        variant_id=IDS.new(),
        sku="SKU",
        name="Something",
        kind=draw(st.sampled_from(list(LineKind))),
        quantity=Quantity(thousandths * sign, unit),
        unit_price=UnitPrice(draw(st.integers(0, 500_000_000)), GBP),
        taxes=draw(TAX_SETS),
        discounts=draw(DISCOUNTS),
    )


@st.composite
def baskets(draw: st.DrawFn, returns: bool = True) -> Basket:
    """Any basket, with discounts on the whole of it or without."""
    lines = draw(st.lists(basket_lines(returns=returns), min_size=1, max_size=8))
    basket = Basket(IDS.new(), GBP, tax_rounding=draw(st.sampled_from(list(TaxRounding))), discounts=draw(DISCOUNTS))
    for one in lines:
        basket = add_line(basket, one, merge=False)
    return basket
