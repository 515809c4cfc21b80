"""What the shop sells, for other nouns and for channels: stores, items with their price of a day, and their taxes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import local_date
from shared.pricing import PriceRow, choose_price
from shared.quantity import Quantity, Unit
from shared.tax import TaxRule, choose
from sync_server.catalogue import offer_repository
from sync_server.catalogue.offer_cache import OfferCache, Reading
from sync_server.catalogue.offer_repository import Item, Offered, SellingStore
from sync_server.db.sessions import Connection
from sync_server.errors import NotFound

__all__ = ["Item", "Offer", "OfferCache", "Reading", "SellingStore"]


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as a store sells it on one day.

    Attributes:
        prices: all selling prices; ``price_for`` chooses.
        taxes: what holds on the day.
        barcodes: all its codes, where they were asked for.
    """

    item: Item
    day: dt.date
    prices: tuple[PriceRow, ...]
    taxes: tuple[TaxRule, ...]
    barcodes: tuple[str, ...] = ()

    def price_for(self, quantity: Quantity) -> PriceRow | None:
        """The price that holds for a quantity; None where there is none."""
        return choose_price(self.prices, self.day, quantity)

    @property
    def unit(self) -> Unit:
        """What a quantity of it counts; pieces where the catalogue says something unknown."""
        return Unit(self.item.unit) if self.item.unit in set(Unit) else Unit.PIECE


def stores(connection: Connection) -> list[SellingStore]:
    """All stores in the order of their codes."""
    return offer_repository.stores(connection)


def store_by_code(connection: Connection, code: str) -> SellingStore:
    """The store with this code, in either case.

    Raises:
        NotFound: ``store_unknown``.
    """
    for store in stores(connection):
        if store.code.upper() == code.upper():
            return store
    raise _store_unknown(code)


def _store_unknown(code: str) -> NotFound:
    return NotFound("store_unknown", f"There is no store “{code}”. Use a store's code.", store=code)


def offers(connection: Connection, store: SellingStore, skus: Sequence[str], *, at: int) -> dict[str, Offer]:
    """What a store sells under these SKUs at an instant (UTC microseconds); unknown SKUs are left out."""
    found = offer_repository.offers_by_sku(connection, store, skus)
    return {offered.item.sku: _offer(offered, store, at) for offered in found}


def read_offers(connection: Connection, store_code: str, skus: Sequence[str]) -> Reading:
    """The store with this code, in either case, and what it sells under these SKUs, in one question.

    Raises:
        NotFound: ``store_unknown``.
    """
    found = offer_repository.store_and_offers(connection, store_code, skus)
    if found is None:
        raise _store_unknown(store_code)
    store, offered, mark = found
    return Reading(store, tuple(offered), mark)


def offers_of(reading: Reading, *, at: int) -> dict[str, Offer]:
    """What was read, as it is sold at an instant (UTC microseconds); unknown SKUs are left out."""
    return {each.item.sku: _offer(each, reading.store, at) for each in reading.offered}


def kinds_of(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """``goods`` or ``service`` by variant; unknown ones are left out."""
    return offer_repository.kinds_of(connection, variant_ids)


def list_offers(
    connection: Connection, store: SellingStore, *, query: str, after: str, limit: int, at: int
) -> list[Offer]:
    """A page of active items in the order of their SKUs, with their barcodes.

    Args:
        connection: a snapshot.
        store: whose prices.
        query: words that must all occur in name, SKU or brand, or one barcode; empty for all.
        after: the SKU after which the page begins; empty for the first.
        limit: at most so many.
        at: the instant whose prices and taxes hold, UTC microseconds.
    """
    page = offer_repository.page_of_offers(connection, store, query, after, limit)
    codes = offer_repository.barcodes_of(connection, [offered.item.variant_id for offered in page])
    return [_offer(offered, store, at, codes.get(offered.item.variant_id, ())) for offered in page]


def _offer(offered: Offered, store: SellingStore, at: int, barcodes: Sequence[str] = ()) -> Offer:
    day = local_date(at, store.time_zone)
    return Offer(offered.item, day, offered.prices, choose(offered.rates, day), tuple(barcodes))
