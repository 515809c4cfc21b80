"""Whether the stock adds up, over HTTP."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.quantity import Quantity
from sync_server.auth.guard_service import CurrentChannel
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody
from sync_server.inventory import service

router = APIRouter(prefix="/verify", tags=["verify"], responses={401: {"model": ErrorBody}})


class StockDifferenceAnswer(BaseModel):
    """A product in a store whose ledger, balance and level do not agree; null where a row is missing."""

    store: str | None
    sku: str | None
    variant_id: uuid.UUID
    ledger_on_hand: str
    balance_on_hand: str | None
    level_on_hand: str | None
    held_reserved: str
    balance_reserved: str | None
    level_reserved: str | None


class StockVerificationAnswer(BaseModel):
    """How many (store, product) were compared, and those that differ."""

    checked: int
    agrees: bool
    differences: list[StockDifferenceAnswer] = Field(description="Empty when everything agrees.")


@router.get("/stock")
def verify_stock(database: RequestDatabase, channel: CurrentChannel) -> StockVerificationAnswer:
    """Rebuild every stock level from the ledger and the open promises, and compare."""
    del channel
    found = service.verify_stock(database)
    return StockVerificationAnswer(
        checked=found.checked,
        agrees=not found.differences,
        differences=[
            StockDifferenceAnswer(
                store=row.store,
                sku=row.sku,
                variant_id=row.variant_id,
                ledger_on_hand=str(Quantity(row.ledger_on_hand)),
                balance_on_hand=_text(row.balance_on_hand),
                level_on_hand=_text(row.level_on_hand),
                held_reserved=str(Quantity(row.held_reserved)),
                balance_reserved=_text(row.balance_reserved),
                level_reserved=_text(row.level_reserved),
            )
            for row in found.differences
        ],
    )


def _text(thousandths: int | None) -> str | None:
    return None if thousandths is None else str(Quantity(thousandths))
