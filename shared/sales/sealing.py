"""From a priced basket and its settlement to the sealed sale that is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.errors import BugError, UserError
from shared.ids import derived_id
from shared.pricing import ENGINE_VERSION, Discount
from shared.sales.priced import PricedBasket, PricedLine
from shared.sales.receipt_number import ReceiptNumber
from shared.sales.seal_chain import sealed_with
from shared.sales.sealed import (
    SaleKind,
    SealedDiscount,
    SealedLine,
    SealedLineTax,
    SealedSale,
    SealedTax,
    SealedTender,
)
from shared.sales.settlement import Settlement


@dataclass(frozen=True, slots=True)
class SaleHeader:
    """What a sale says of itself besides its lines.

    Attributes:
        store_id: the store.
        device_id: the till.
        shift_id: the open shift.
        receipt: the number given in the sealing transaction.
        business_date: the shift's, not the clock's.
        sealed_at: UTC microseconds.
        time_zone: the store's IANA time zone.
        cashier_id: who sold.
        approved_by: who approved what the cashier alone may not do.
        catalogue_position: the till's cursor in the catalogue scope.
    """

    store_id: UUID
    device_id: UUID
    shift_id: UUID
    receipt: ReceiptNumber
    business_date: date
    sealed_at: int
    time_zone: str
    cashier_id: UUID
    approved_by: UUID | None = None
    catalogue_position: int = 0


def seal(
    priced: PricedBasket,
    settlement: Settlement,
    header: SaleHeader,
    previous_seal: bytes,
    *,
    sale_id: UUID | None = None,
    line_ids: Sequence[UUID] = (),
    tender_ids: Sequence[UUID] = (),
) -> SealedSale:
    """The sealed sale.

    A till gives ids of this very moment: the basket may have been on the counter while the device was copied, and what
    two copies make of it are two sales.

    Args:
        priced: the basket with its amounts.
        settlement: the complete payment of ``priced.totals.total``.
        header: everything else.
        previous_seal: the seal of the till's sale before this one, or ``seal_chain.first_seal``.
        sale_id: the sale's id, the basket's where none is given.
        line_ids: the lines' ids in their order, their own in the basket where none are given.
        tender_ids: ids of the payments in their order, where they have some; otherwise they follow from the sale.

    Raises:
        UserError: ``basket_empty``, ``sale_not_paid``.
        BugError: ``settlement_mismatch`` when the payment is not for this basket.
    """
    basket, totals = priced.basket, priced.totals
    if basket.is_empty:
        raise UserError("basket_empty", "The basket is empty. Scan something first.")
    if settlement.due != totals.total:
        raise BugError(
            "settlement_mismatch", "A payment was for another amount.", due=str(settlement.due), total=str(totals.total)
        )
    if not settlement.is_complete:
        raise UserError(
            "sale_not_paid",
            f"{settlement.remaining} is still to be paid. Take a payment first.",
            remaining=str(settlement.remaining),
        )
    used_id = sale_id or basket.id
    used_line_ids = line_ids or [line.line.id for line in priced.lines]
    sale = SealedSale(
        id=used_id,
        store_id=header.store_id,
        device_id=header.device_id,
        shift_id=header.shift_id,
        kind=_kind(priced),
        series=header.receipt.series,
        number=header.receipt.number,
        receipt_number=str(header.receipt),
        business_date=header.business_date,
        sealed_at=header.sealed_at,
        time_zone=header.time_zone,
        cashier_id=header.cashier_id,
        approved_by=header.approved_by,
        customer_id=basket.customer_id,
        customer_reference=basket.customer_reference,
        return_of_sale_id=_returned_sale(priced),
        currency=basket.currency.code,
        tax_rounding=basket.tax_rounding.value,
        goods_total=totals.goods.amount,
        discount_total=totals.discount.amount,
        net_total=totals.net.amount,
        tax_total=totals.tax.amount,
        total=totals.total.amount,
        rounding_total=settlement.rounding.amount,
        catalogue_position=header.catalogue_position,
        engine_version=ENGINE_VERSION,
        note=basket.note,
        lines=tuple(_seal_line(*pair) for pair in zip(priced.lines, used_line_ids, strict=True)),
        taxes=_seal_taxes(priced, used_id),
        tenders=_seal_tenders(used_id, settlement, tender_ids),
    )
    return sealed_with(sale, previous_seal)


def _kind(priced: PricedBasket) -> SaleKind:
    """A return when every line that counts gives something back."""
    return SaleKind.RETURN if all(line.is_return for line in priced.basket.active_lines) else SaleKind.SALE


def _returned_sale(priced: PricedBasket) -> UUID | None:
    """The sale that is given back, when there is exactly one."""
    origins = {line.return_of_sale_id for line in priced.basket.active_lines if line.return_of_sale_id is not None}
    return origins.pop() if len(origins) == 1 else None


def _seal_line(priced: PricedLine, line_id: UUID) -> SealedLine:
    """One line as it is stored."""
    line = priced.line
    return SealedLine(
        id=line_id,
        number=line.number,
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.name,
        kind=line.kind.value,
        quantity=line.quantity.thousandths,
        unit=line.quantity.unit.value,
        unit_price_micro=line.unit_price.micro,
        list_price_micro=None if line.list_price is None else line.list_price.micro,
        price_id=line.price_id,
        price_reason=line.price_reason,
        tax_category_id=line.tax_category_id,
        gross=priced.gross.amount,
        discount=priced.discount.amount,
        net=priced.net.amount,
        tax=priced.tax.amount,
        total=priced.total.amount,
        taxes=tuple(
            SealedLineTax(tax.code, tax.name, tax.rate_ppm, tax.base.amount, tax.tax.amount, tax.included)
            for tax in priced.taxes
        ),
        discounts=_seal_discounts(priced),
        return_of_sale_id=line.return_of_sale_id,
        return_of_line_id=line.return_of_line_id,
        disposition=line.disposition.value,
        removed_at=line.removed_at,
        note=line.note,
    )


def _seal_discounts(priced: PricedLine) -> tuple[SealedDiscount, ...]:
    """The line's own discounts, and its share of the basket's as one of the kind ``basket``."""
    sealed = [_seal_discount(discount) for discount in priced.line.discounts]
    if priced.basket_discount:
        sealed.append(SealedDiscount("basket", 0, priced.basket_discount.amount, "", None))
    return tuple(sealed)


def _seal_discount(discount: Discount) -> SealedDiscount:
    """One discount as it was given."""
    amount = None if discount.amount is None else discount.amount.amount
    return SealedDiscount(discount.kind.value, discount.percent_ppm, amount, discount.reason, discount.by)


def _seal_taxes(priced: PricedBasket, sale_id: UUID) -> tuple[SealedTax, ...]:
    """Each tax of the sale; its id follows from the sale and the tax."""
    return tuple(
        SealedTax(
            derived_id(sale_id, "tax", tax.code, str(tax.rate_ppm)),
            tax.code,
            tax.name,
            tax.rate_ppm,
            tax.base.amount,
            tax.tax.amount,
        )
        for tax in priced.totals.taxes
    )


def _seal_tenders(sale_id: UUID, settlement: Settlement, given_ids: Sequence[UUID]) -> tuple[SealedTender, ...]:
    """Each payment; without an id of its own it gets one from the sale and its number."""
    numbers = range(1, len(settlement.tenders) + 1)
    ids = given_ids or [derived_id(sale_id, "tender", str(number)) for number in numbers]
    return tuple(
        SealedTender(
            tender_id,
            number,
            tender.method,
            tender.given.amount,
            tender.change.amount,
            tender.amount.amount,
            tender.reference,
        )
        for number, tender_id, tender in zip(numbers, ids, settlement.tenders, strict=True)
    )
