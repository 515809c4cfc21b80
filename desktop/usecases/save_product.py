"""Save what was changed in a product's panel, prices included, in one step: all of it or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.replica.changes import Changes
from desktop.usecases.add_price import NewPrice, append_price
from desktop.usecases.desk import Desk
from desktop.usecases.edit_product import change_product
from shared.permissions import Permission


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """What changed in the panel of one variant; empty parts stay as they are.

    Attributes:
        fields: as in ``edit_product``.
        variant_fields: sku or name of the variant.
        prices: selling prices and costs to append.
    """

    product_id: uuid.UUID
    variant_id: uuid.UUID
    fields: Mapping[str, object] = field(default_factory=dict)
    variant_fields: Mapping[str, object] = field(default_factory=dict)
    prices: tuple[NewPrice, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.fields or self.variant_fields or self.prices)


def save_product(desk: Desk, edit: ProductEdit) -> Changes:
    """Save it.

    Raises:
        UserError: those of ``edit_product`` and ``add_price``.
    """
    desk.require(Permission.USE_OFFICE)
    if edit.fields or edit.variant_fields:
        desk.require(Permission.EDIT_CATALOGUE)
    if edit.prices:
        desk.require(Permission.EDIT_PRICES)
    with desk.replica.write() as work:
        if edit.fields or edit.variant_fields:
            variants = {edit.variant_id: edit.variant_fields} if edit.variant_fields else {}
            change_product(desk, work, edit.product_id, edit.fields, variants)
        for price in edit.prices:
            append_price(desk, work, price)
        return work.changes()
