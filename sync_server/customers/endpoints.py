"""Customers of the whole chain, for a till that does not have them."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.customers import lookup_service
from sync_server.customers.lookup_service import By
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody, Unprocessable

router = APIRouter(prefix="/customers", tags=["customers"], responses={401: {"model": ErrorBody}})

_Given = Annotated[str, Query(max_length=200)]


class CustomerFound(BaseModel):
    """The customer who was looked up; the profile itself comes with the next pull of the device's store."""

    count: int = Field(description="How many answer; nobody is told of where it is not one.")
    customer_id: uuid.UUID | None = None
    number: str = ""


@router.get("/lookup", responses={422: {"model": ErrorBody}, 429: {"model": ErrorBody}})
def look_up(
    device_id: TokenDevice, database: RequestDatabase, card: _Given = "", email: _Given = "", phone: _Given = ""
) -> CustomerFound:
    """Find a customer by exactly one of card, e-mail address and telephone number, and pin them to the store."""
    given = {By.CARD: card, By.EMAIL: email, By.PHONE: phone}
    said = [(by, text) for by, text in given.items() if text.strip()]
    if len(said) != 1:
        raise Unprocessable("lookup_empty", "Say one of: card, email, phone.")
    with database.writing() as connection:
        device = auth.require_device(connection, device_id)
        looked = lookup_service.look_up(connection, device.id, device.store_id, *said[0], now=database.clock.now())
    return CustomerFound(count=looked.count, customer_id=looked.customer_id, number=looked.number)
