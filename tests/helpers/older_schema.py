"""A world in which wire schema 1 knew less than it does: no brand of a product, no quick keys.

What the next release will really add is not known yet; what must work then is tested with this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def less_known() -> Iterator[None]:
    """For the length of a block every module that asks what a schema knows is told so."""
    _tell_everybody(_real, knowing_less)
    try:
        yield
    finally:
        _tell_everybody(knowing_less, _real)  # Those too that were first imported meanwhile.


@pytest.fixture
def older_world() -> Iterator[None]:
    """That world for the length of a test."""
    with less_known():
        yield


def _tell_everybody(before: object, after: object) -> None:
    for name, module in list(sys.modules.items()):
        if name != __name__ and getattr(module, "at_schema", None) is before:
            vars(module)["at_schema"] = after
