"""A world in which wire schema 1 knew less than it does: no brand of a product, no quick keys, no lines of a parked sale.

What the next release will really add is not known yet; what must work then is tested with this.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.schema import registry
from shared.schema.registry import SCHEMA_VERSION, Aggregate

OLDER = 1
LATER_COLUMN = ("product", "brand")
LATER_ENTITY = "quick_key"

_real = registry.at_schema


def knowing_less(schema: int) -> Mapping[str, Aggregate]:
    """The aggregates of a wire schema in that world."""
    known = _real(schema)
    if schema >= SCHEMA_VERSION:
        return known
    product = known["product"]
    root = replace(product.root, columns=tuple(c for c in product.root.columns if c.name != LATER_COLUMN[1]))
    return {
        entity: replace(aggregate, root=root) if entity == "product" else aggregate
        for entity, aggregate in known.items()
        if entity != LATER_ENTITY
    }


@pytest.fixture
def older_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module that asks what a schema knows is told so."""
    for module in list(sys.modules.values()):
        if getattr(module, "at_schema", None) is _real:
            monkeypatch.setattr(module, "at_schema", knowing_less)
