"""Orders over HTTP, for web shops and other channels. Money and quantities are decimal strings."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import State

from shared.clock import datetime_at, instant_of
from shared.limits import AGGREGATE_MAX_CHILDREN, CODE_MAX_CHARACTERS, NAME_MAX_CHARACTERS
from shared.money import Money, UnitPrice, currency
from shared.quantity import Quantity
from sync_server.auth.guard_service import CurrentChannel
from sync_server.auth.service import Channel, known_channel
from sync_server.catalogue import service as catalogue
from sync_server.db.sessions import Connection, Database, RequestDatabase
from sync_server.errors import ErrorBody
from sync_server.orders import service
from sync_server.orders.transactions import in_transaction

router = APIRouter(prefix="/orders", tags=["orders"], responses={401: {"model": ErrorBody}})

HOLD_MAX_MINUTES = 30 * 24 * 60

Decimal = Annotated[str, Field(max_length=40, examples=["12.50"])]


class CustomerBody(BaseModel):
    """Who orders; a customer we know is found by the e-mail address."""

    name: str = Field(default="", max_length=NAME_MAX_CHARACTERS)
    email: str = Field(default="", max_length=NAME_MAX_CHARACTERS)


class LineBody(BaseModel):
    """One line."""

    sku: str = Field(min_length=1, max_length=CODE_MAX_CHARACTERS)
    quantity: Decimal = Field(description="Above zero, at most three decimals.", examples=["2"])
    unit_price: Decimal = Field(default="", description="The shop's own price where it is left out; tax included.")


class OrderBody(BaseModel):
    """What to order."""

    model_config = ConfigDict(extra="forbid")

    store: str = Field(description="Code of the store that hands it out.", max_length=CODE_MAX_CHARACTERS)
    lines: list[LineBody] = Field(min_length=1, max_length=AGGREGATE_MAX_CHILDREN)
    reference: str = Field(default="", max_length=CODE_MAX_CHARACTERS, description="The channel's own order number.")
    customer: CustomerBody = Field(default_factory=CustomerBody)
    placed_at: dt.datetime | None = Field(
        default=None, description="When it was placed; without an offset, in the store's time. Now where left out."
    )
    hold_minutes: int | None = Field(
        default=None, ge=1, le=HOLD_MAX_MINUTES, description="The promise lapses after this time. Never where left out."
    )


class LineAnswer(BaseModel):
    """One line as it was taken."""

    number: int
    sku: str
    name: str
    quantity: str
    unit_price: str
    net: str
    tax: str
    total: str


class OrderAnswer(BaseModel):
    """An order as it stands."""

    id: uuid.UUID
    number: str
    state: str = Field(description="placed, ready, fulfilled or cancelled")
    store: str
    channel: str
    reference: str
    customer_name: str
    currency: str
    net_total: str
    tax_total: str
    total: str
    placed_at: dt.datetime
    expires_at: dt.datetime | None
    lines: list[LineAnswer]


Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=CODE_MAX_CHARACTERS,
        description="Yours for this order: the same key is the same order, or the same `out_of_stock` for a day, "
        "however often it is sent. To try again, take a new key.",
    ),
]
_PLACE_ERRORS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "store_unknown"},
    409: {
        "model": ErrorBody,
        "description": "out_of_stock (`data.lines` lists each short line; nothing was promised), or "
        "idempotency_key_reused",
    },
    422: {"model": ErrorBody, "description": "sku_unknown, price_missing, product_not_for_sale"},
}
_MOVE_ERRORS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "order_unknown"},
    409: {"model": ErrorBody, "description": "order_state_not_allowed"},
}


async def _offers_of(request: Request) -> catalogue.OfferCache:
    cache = request.app.state.offers
    assert isinstance(cache, catalogue.OfferCache)
    return cache


KnownOffers = Annotated[catalogue.OfferCache, Depends(_offers_of)]
"""What this worker read of the catalogue before."""


@router.post("", status_code=201, response_model=OrderAnswer, responses=_PLACE_ERRORS)
def place(
    body: OrderBody, key: Key, database: RequestDatabase, channel: CurrentChannel, offers: KnownOffers
) -> Response:
    """Place an order and promise its stock: all of it, or nothing and 409 `out_of_stock`."""
    return _placed(body, key, database, channel, offers)


async def place_shortly(state: State, headers: Mapping[bytes, bytes], body: bytes) -> Response | None:
    """The short way of ``place``: for a key that was good a moment ago and an order that is as documented."""
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    bearer, _, api_key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    channel = known_channel(state.channels, api_key) if bearer.lower() == "bearer" else None
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    if channel is None or not is_json or not 0 < len(key) <= CODE_MAX_CHARACTERS:
        return None
    try:
        wanted = OrderBody.model_validate_json(body)
    except ValidationError:
        return None
    return await run_in_threadpool(_placed, wanted, key, state.database, channel, state.offers)


def _placed(body: OrderBody, key: str, database: Database, channel: Channel, offers: catalogue.OfferCache) -> Response:
    request_hash = hashlib.sha256(body.model_dump_json().encode()).digest()
    wanted = service.WantedOrder(
        store=body.store,
        lines=tuple(service.WantedLine(line.sku, line.quantity, line.unit_price) for line in body.lines),
        reference=body.reference,
        customer_name=body.customer.name,
        customer_email=body.customer.email,
        placed_at=_placed_at(database, body),
        hold_seconds=None if body.hold_minutes is None else body.hold_minutes * 60,
    )
    answer = _answer(service.place(database, channel, key, request_hash, wanted, offers=offers))
    # Written out here and now: the framework would validate and take apart once more what was just built.
    return Response(answer.model_dump_json(), HTTPStatus.CREATED, media_type="application/json")


@router.get("/{order_id}", responses={404: {"model": ErrorBody}})
def read(order_id: uuid.UUID, database: RequestDatabase, channel: CurrentChannel) -> OrderAnswer:
    """An order as it stands."""
    del channel
    with database.reading() as connection:
        return _answer(service.order_by_id(connection, order_id))


@router.post("/{order_id}/fulfil", responses=_MOVE_ERRORS)
def fulfil(order_id: uuid.UUID, database: RequestDatabase, channel: CurrentChannel) -> OrderAnswer:
    """Hand it out: its stock leaves the store. Saying so again changes nothing."""
    del channel

    def fulfil_it(connection: Connection) -> service.Order:
        service.fulfil(connection, order_id, now=database.clock.now())
        return service.order_by_id(connection, order_id)

    return _answer(in_transaction(database, fulfil_it))


@router.post("/{order_id}/cancel", responses=_MOVE_ERRORS)
def cancel(order_id: uuid.UUID, database: RequestDatabase, channel: CurrentChannel) -> OrderAnswer:
    """Cancel it: its promised stock is free again. Saying so again changes nothing."""
    del channel

    def cancel_it(connection: Connection) -> service.Order:
        service.cancel(connection, order_id, now=database.clock.now())
        return service.order_by_id(connection, order_id)

    return _answer(in_transaction(database, cancel_it))


def _placed_at(database: Database, body: OrderBody) -> int | None:
    moment = body.placed_at
    if moment is None or moment.tzinfo is not None:
        return None if moment is None else instant_of(moment)
    with database.reading() as connection:
        zone = catalogue.store_by_code(connection, body.store).time_zone
    return instant_of(moment.replace(tzinfo=ZoneInfo(zone)))


def _answer(order: service.Order) -> OrderAnswer:
    values, money = order.values, currency(order.values["currency"])
    return OrderAnswer(
        id=values["id"],
        number=values["number"],
        state=values["state"],
        store=values["store"],
        channel=values["channel"],
        reference=values["reference"],
        customer_name=values["customer_name"],
        currency=values["currency"],
        net_total=str(Money(values["net_total"], money)),
        tax_total=str(Money(values["tax_total"], money)),
        total=str(Money(values["total"], money)),
        placed_at=datetime_at(values["placed_at"]),
        expires_at=None if values["expires_at"] is None else datetime_at(values["expires_at"]),
        lines=[
            LineAnswer(
                number=line["number"],
                sku=line["sku"],
                name=line["name"],
                quantity=str(Quantity(line["quantity"])),
                unit_price=str(UnitPrice(line["unit_price_micro"], money)),
                net=str(Money(line["net"], money)),
                tax=str(Money(line["tax"], money)),
                total=str(Money(line["total"], money)),
            )
            for line in order.lines
        ],
    )
