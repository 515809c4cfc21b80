"""What the server's books hold, over HTTP. Money and quantities are decimal strings."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from shared.money import Money, currency
from shared.quantity import Quantity
from sync_server.auth.guard_service import CurrentChannel
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody, Malformed
from sync_server.sales import service
from sync_server.sales.service import Sums

router = APIRouter(prefix="/reports", tags=["reports"], responses={401: {"model": ErrorBody}})

PAGE_MAX_RECEIPTS = 5_000


class SoldAnswer(BaseModel):
    """Sealed sales, or returns (their totals are negative). Totals include tax, without cash rounding."""

    count: int
    total: str
    tax: str


class OrdersAnswer(BaseModel):
    """Orders of all channels; the total is of those handed out."""

    count: int
    open: int
    fulfilled: int
    cancelled: int
    fulfilled_total: str


class StoreBooksAnswer(BaseModel):
    """One store's books."""

    store: str
    name: str
    currency: str
    sales: SoldAnswer
    returns: SoldAnswer
    orders: OrdersAnswer
    cash_rounding: str


class BooksAnswer(BaseModel):
    """The chain's books in the currency of its first store, and each store's."""

    currency: str
    sales: SoldAnswer
    returns: SoldAnswer
    orders: OrdersAnswer
    cash_rounding: str
    stores: list[StoreBooksAnswer]


class ReceiptAnswer(BaseModel):
    """One sealed sale or return."""

    id: uuid.UUID
    number: str
    kind: str
    store: str | None
    total: str


class ReceiptsAnswer(BaseModel):
    """A page; an empty one is the end. Send the last `id` as `after`."""

    receipts: list[ReceiptAnswer]


class MovedAnswer(BaseModel):
    """What moved, negative out of the stores."""

    till: str
    returned: str
    web: str
    received: str
    moved: str = Field(description="Write-offs, finds, adjustments, counts and transfers.")


class PiecesAnswer(BaseModel):
    """What the ledger says of one product over all stores."""

    sku: str | None
    moved: MovedAnswer
    on_hand: str


class ProductsPiecesAnswer(BaseModel):
    """Every product that ever moved."""

    products: list[PiecesAnswer]


@router.get("/books")
def books(database: RequestDatabase, channel: CurrentChannel) -> BooksAnswer:
    """What the books hold: sales, refunds and orders, over all stores and for each."""
    del channel
    with database.reading() as connection:
        found = service.books(connection)
    sums = found.sums
    return BooksAnswer(
        currency=found.currency,
        sales=_sales(sums, found.currency),
        returns=_returns(sums, found.currency),
        orders=_orders(sums, found.currency),
        cash_rounding=_money(sums.rounding_total, found.currency),
        stores=[
            StoreBooksAnswer(
                store=each.store,
                name=each.name,
                currency=each.currency,
                sales=_sales(each.sums, each.currency),
                returns=_returns(each.sums, each.currency),
                orders=_orders(each.sums, each.currency),
                cash_rounding=_money(each.sums.rounding_total, each.currency),
            )
            for each in found.stores
        ],
    )


def _sales(sums: Sums, code: str) -> SoldAnswer:
    return SoldAnswer(count=sums.sale_count, total=_money(sums.sale_total, code), tax=_money(sums.sale_tax, code))


def _returns(sums: Sums, code: str) -> SoldAnswer:
    total, tax = _money(sums.return_total, code), _money(sums.return_tax, code)
    return SoldAnswer(count=sums.return_count, total=total, tax=tax)


def _orders(sums: Sums, code: str) -> OrdersAnswer:
    return OrdersAnswer(
        count=sums.order_count,
        open=sums.open_count,
        fulfilled=sums.fulfilled_count,
        cancelled=sums.cancelled_count,
        fulfilled_total=_money(sums.fulfilled_total, code),
    )


def _money(amount: int, code: str) -> str:
    return str(Money(amount, currency(code))) if code else "0"


@router.get("/receipts", responses={400: {"model": ErrorBody}})
def receipts(
    database: RequestDatabase,
    channel: CurrentChannel,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX_RECEIPTS)] = 1_000,
    after: Annotated[str, Query(max_length=36, description="The last id of the page before.")] = "",
) -> ReceiptsAnswer:
    """Every sealed sale and return the server holds, page by page."""
    del channel
    with database.reading() as connection:
        rows = service.receipts(connection, after=_id(after), limit=limit)
    return ReceiptsAnswer(
        receipts=[
            ReceiptAnswer(
                id=row["id"],
                number=row["number"],
                kind=row["kind"],
                store=row["store"],
                total=str(Money(row["total"], currency(row["currency"]))),
            )
            for row in rows
        ]
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text) if text else service.FIRST
    except ValueError as error:
        raise Malformed("id_invalid", "Send an id as it was given, or leave it out.") from error


@router.get("/pieces")
def pieces(database: RequestDatabase, channel: CurrentChannel) -> ProductsPiecesAnswer:
    """What the ledger moved per product over all stores."""
    del channel
    with database.reading() as connection:
        rows = service.pieces(connection)
    kinds = ("till", "returned", "web", "received", "moved")
    return ProductsPiecesAnswer(
        products=[
            PiecesAnswer(
                sku=row["sku"],
                moved=MovedAnswer(**{kind: str(Quantity(row[kind])) for kind in kinds}),
                on_hand=str(Quantity(row["on_hand"])),
            )
            for row in rows
        ]
    )
