"""What a till knows of its shop, read once and again only when the catalogue or the settings moved on."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop.replica.queries import shop
from desktop.replica.queries.shop import OwnIdentity, StoreFacts
from shared.errors import UserError
from shared.stock import web_share_of
from shared.tax import EffectiveRate, TaxRule, choose


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The store's control data as of one state of the replica.

    Attributes:
        position: the catalogue cursor it was read at; sales record it.
        rates: taxes by tax category, for the store's country.
        category_names: tax categories by id.
        people: display names by id, former ones included.
        web_share_percent: what of the stock the web may promise while this store is not heard.
    """

    identity: OwnIdentity
    store: StoreFacts
    position: int
    rates: Mapping[uuid.UUID, tuple[EffectiveRate, ...]]
    category_names: Mapping[uuid.UUID, str]
    people: Mapping[uuid.UUID, str]
    web_share_percent: int

    def taxes_on(self, tax_category_id: uuid.UUID | None, day: dt.date) -> tuple[TaxRule, ...]:
        """The taxes of a category on a local day of the store; none for goods without a category."""
        if tax_category_id is None:
            return ()
        return choose(self.rates.get(tax_category_id, ()), day)

    def price_list(self) -> uuid.UUID:
        """The store's price list.

        Raises:
            UserError: ``price_list_missing``.
        """
        if self.store.price_list_id is None:
            raise UserError(
                "price_list_missing",
                "This store has no price list yet. Ask the office to set one.",
                store=self.store.code,
            )
        return self.store.price_list_id


def read_shop_facts(connection: Any) -> ShopFacts | None:
    """Everything anew; None before the device was enrolled and has its store."""
    return refreshed(None, connection)


def refreshed(facts: ShopFacts | None, connection: Any) -> ShopFacts | None:
    """The same facts while nothing came down, else fresh ones. One small look-up when nothing changed."""
    standing = shop.standing(connection)
    if standing is None:
        return None
    if facts is not None and standing.identity == facts.identity and standing.catalogue_position == facts.position:
        return facts
    store = shop.store_facts(connection, standing.identity.store_id)
    if store is None:
        return None
    return ShopFacts(
        identity=standing.identity,
        store=store,
        position=standing.catalogue_position,
        rates=shop.tax_rates(connection, store.country),
        category_names=shop.tax_category_names(connection),
        people=shop.people_names(connection),
        web_share_percent=web_share_of(*shop.setting_values(connection, "web_share_percent", store.id)),
    )
