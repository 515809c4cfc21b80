"""Make a new product with its first variant, barcode and price in one step."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.replica.changes import Changes
from desktop.usecases.add_price import COST, NewPrice, append_price
from desktop.usecases.desk import Desk, checked_text
from desktop.usecases.edit_product import checked_product_fields, checked_sku
from desktop.usecases.link_barcode import add_barcode
from shared.limits import NAME_MAX_CHARACTERS
from shared.money import UnitPrice
from shared.permissions import Permission


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be.

    Attributes:
        sku: the first variant's code.
        fields: as in ``edit_product``; name is needed.
        price: selling price from today on, on the store's list; None: none yet, it cannot be sold until there is one.
        cost: what a unit costs the shop, without tax.
    """

    sku: str
    fields: Mapping[str, object]
    variant_name: str = ""
    barcodes: tuple[str, ...] = ()
    price: UnitPrice | None = None
    cost: UnitPrice | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Created:
    """What was made."""

    product_id: uuid.UUID
    variant_id: uuid.UUID
    changes: Changes


def create_product(desk: Desk, product: NewProduct) -> Created:
    """Make it.

    Raises:
        UserError: those of ``edit_product``, ``link_barcode`` and ``add_price``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_CATALOGUE)
    if product.price is not None or product.cost is not None:
        desk.require(Permission.EDIT_PRICES)
    fields = checked_product_fields({"name": "", **product.fields, "attributes": dict(product.attributes)})
    with desk.replica.write() as work:
        product_id, variant_id = work.ids.new(), work.ids.new()
        variant = {
            "id": variant_id,
            "product_id": product_id,
            "sku": checked_sku(work, product.sku),
            "name": checked_text(product.variant_name, "variant's name", NAME_MAX_CHARACTERS),
        }
        work.create("product", {"id": product_id, **fields}, {"variant": [variant]})
        for code in product.barcodes:
            add_barcode(work, variant_id, code)
        if product.price is not None:
            append_price(desk, work, NewPrice(variant_id, product.price))
        if product.cost is not None:
            append_price(desk, work, NewPrice(variant_id, product.cost, kind=COST))
        return Created(product_id, variant_id, work.changes())
