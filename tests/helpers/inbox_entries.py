"""More of an inbox for the office's shop: a removal, automatic merges, two profiles of one person."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection

from shared.customers.same_person import alias_id, proposal_entry_id
from tests.helpers.office_shop import DAY, MINUTE, add_conflict, shop_id
from tests.helpers.replica import NOON, TinyShop, pulled

TWIN = shop_id("customer", "HS1-0007")
INES = shop_id("customer", "C-1002")
PAIR = alias_id(INES, TWIN)


def add_twin(connection: Connection, shop: TinyShop, **alias: object) -> uuid.UUID:
    """Ines Carvalho a second time, made at a till while it was offline, and proposed; gives the pair."""
    row: dict[str, object] = {"id": TWIN, "store_id": shop.store_id, "number": "HS1-0007", "name": "Inês Carvalho"}
    row |= {"email": "", "phone": "020 7946 0018", "points": 85, "created_at": NOON + 40 * MINUTE}
    row |= {"addresses": [{"street": "14 Quay Lane", "city": "Whitby", "postcode": "YO21 3QA"}]}
    pulled(connection, "customer", row)
    pair: dict[str, object] = {"id": PAIR, "survivor_id": INES, "alias_id": TWIN, "state": "proposed"}
    pair |= {"evidence": 140, "reasons": ["name", "phone"], "created_at": NOON, "decided_at": None}
    pulled(connection, "customer_alias", pair | alias)
    return PAIR


def add_proposal(connection: Connection, shop: TinyShop) -> None:
    """The inbox entry that asks about the two."""
    row: dict[str, object] = {"id": proposal_entry_id(PAIR), "kind": "same_person", "entity": "customer", "field": ""}
    row |= {"entity_id": TWIN, "store_id": shop.store_id, "title": "Inês Carvalho", "state": "needs_you"}
    row |= {"reason": "Two profiles have the same name and the same telephone. Nothing changes until you decide."}
    row |= {"mine": {"customer_alias": str(PAIR), "alias": str(TWIN), "survivor": str(INES)}, "stands": "theirs"}
    row |= {"base": None, "theirs": None, "decision": None, "created_at": NOON - 3 * MINUTE}
    pulled(connection, "inbox_entry", row)


def add_removal(connection: Connection, shop: TinyShop) -> uuid.UUID:
    """A barcode that was taken away at the office while a till put it on another pack size."""
    row = {"code": "5012345678900", "variant_id": str(shop.variants["CND-CEDAR"]), "quantity": 1000}
    return add_conflict(
        connection,
        "barcode",
        kind="removal",
        entity="barcode",
        entity_id=shop_id("barcode", "5012345678900"),
        field="",
        title="5012345678900",
        reason="It was changed in one place and removed in another. It stays removed until you decide.",
        base=row,
        mine={**row, "quantity": 6000},
        theirs=None,
        state="needs_you",
        stands="theirs",
        created_at=NOON - 6 * MINUTE,
        mine_by="Mara K., Till 2",
        mine_at=NOON - 44 * MINUTE,
        theirs_by="Jonas P., Office",
        theirs_at=NOON - 61 * MINUTE,
    )


def add_merge(connection: Connection, shop: TinyShop) -> uuid.UUID:
    """Two people changed different fields of one product."""
    return add_conflict(
        connection,
        "merge",
        kind="merged",
        entity_id=shop.products["CND-CEDAR"],
        field="",
        title="Soy candle, cedar",
        reason="While one changed the brand, another changed the description and tags. Both stand.",
        base={"description": "Poured by hand.", "tags": []},
        mine={"description": "Poured by hand. Burns for forty hours.", "tags": ["gift"]},
        theirs={"brand": "Wick & Wool"},
        state="settled",
        stands="both",
        created_at=NOON - 100 * MINUTE,
        mine_by="Mara K., Till 2",
        mine_at=NOON - 168 * MINUTE,
        theirs_by="Jonas P., Office",
        theirs_at=NOON - DAY,
    )


def fill_inbox(connection: Connection, shop: TinyShop) -> None:
    """All of them."""
    add_twin(connection, shop)
    add_proposal(connection, shop)
    add_removal(connection, shop)
    add_merge(connection, shop)
