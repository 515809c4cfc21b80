"""Looking for goods: by what is typed, by tile, and how many there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from desktop.replica.queries.goods import (
    category_names,
    goods_by_sku,
    quick_keys,
    selling_prices,
    stock_levels,
)
from desktop.replica.search import Match, find
from desktop.usecases.station import Station
from desktop.usecases.till_views import FoundView, QuickTab, QuickTile, StockView
from shared.errors import UserError
from shared.limits import SEARCH_MAX_RESULTS
from shared.money import UnitPrice
from shared.pricing import choose_price
from shared.quantity import Quantity, Unit
from shared.stock import Level


def find_product(station: Station, text: str, limit: int) -> tuple[FoundView, ...]:
    """Products that answer a text, best first, with today's price and what may be sold of them."""
    station.refresh()
    facts = station.known
    with station.replica.read() as connection:
        found = find(connection, text, min(limit, SEARCH_MAX_RESULTS), facts.store.price_list_id, station.today())
        ids = [each.variant_id for each in found]
        levels = levels_of(station, connection, ids)
        categories = category_names(connection, ids)
    return tuple(
        FoundView(
            variant_id=each.variant_id,
            sku=each.sku,
            name=each.name,
            unit=each.unit,
            price="" if each.unit_price_micro is None else _price_text(station, each.unit_price_micro),
            available=_available(levels.get(each.variant_id), each.unit),
            category=categories.get(each.variant_id, ""),
            is_exact=each.match in (Match.BARCODE, Match.SKU),
        )
        for each in found
    )


def quick_tabs(station: Station) -> tuple[QuickTab, ...]:
    """The tiles of this store, by tab."""
    station.refresh()
    facts = station.known
    with station.replica.read() as connection:
        rows = quick_keys(connection, facts.store.id)
        prices = _prices_today(station, connection, [row.goods.variant_id for row in rows])
    tabs: dict[uuid.UUID, list[QuickTile]] = {}
    heads: dict[uuid.UUID, tuple[str, str]] = {}
    for row in rows:
        heads[row.category_id] = (row.category_name, row.colour)
        tile = QuickTile(
            variant_id=row.goods.variant_id,
            label=row.label or row.goods.name,
            sku=row.goods.sku,
            price=prices.get(row.goods.variant_id, ""),
            colour=row.colour,
        )
        tabs.setdefault(row.category_id, []).append(tile)
    return tuple(QuickTab(tab, *heads[tab], tuple(tiles)) for tab, tiles in tabs.items())


def stock_of(station: Station, sku: str) -> StockView:
    """What this store has of a variant. Raises ``UserError`` ``product_unknown``."""
    station.refresh()
    identity = station.identity
    with station.replica.read() as connection:
        goods = goods_by_sku(connection, sku.strip())
        if goods is None:
            raise UserError("product_unknown", f"There is no product {sku[:40]}. Find it by name instead.", sku=sku)
        level = levels_of(station, connection, [goods.variant_id]).get(goods.variant_id, Level())
    return StockView(
        variant_id=goods.variant_id,
        sku=goods.sku,
        name=goods.name,
        on_hand=str(Quantity(level.on_hand, goods.unit)),
        reserved=str(Quantity(level.reserved, goods.unit)),
        available=str(Quantity(level.available, goods.unit)),
        as_of="" if identity.consistent_at is None else station.local_time(identity.consistent_at),
    )


def levels_of(station: Station, connection: Any, variant_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Level]:
    """The levels of some variants in this store, own unsent movements laid over."""
    return stock_levels(connection, station.store.id, variant_ids, station.identity.projected_number)


def _prices_today(station: Station, connection: Any, variant_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Today's price per unit of some variants, as text."""
    price_list_id = station.store.price_list_id
    if price_list_id is None:
        return {}
    today, one = station.today(), Quantity.of(1)
    found: dict[uuid.UUID, str] = {}
    for variant_id, rows in selling_prices(connection, price_list_id, variant_ids).items():
        row = choose_price(rows, today, one)
        if row is not None:
            found[variant_id] = _price_text(station, row.micro)
    return found


def _price_text(station: Station, micro: int) -> str:
    return str(UnitPrice(micro, station.store.currency))


def _available(level: Level | None, unit: str) -> str:
    return "" if level is None else str(Quantity(level.available, Unit(unit)))
