"""Which scopes a device may hold: pure, from the stores it may see and the scopes there are."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shared.schema.registry import CATALOGUE_SCOPE, stock_scope, store_scope


@dataclass(frozen=True, slots=True)
class Visibility:
    """The stores a device may see, its own first, and for how many weeks with sales it keeps their receipts."""

    stores: tuple[uuid.UUID, ...]
    weeks: int

    def scopes_in(self, existing: Collection[str]) -> list[str]:
        """The device's scopes in the order of a pull: catalogue, stores, and each store's newest weeks of sales."""
        held = [CATALOGUE_SCOPE]
        for store in self.stores:
            held += [store_scope(store), stock_scope(store)]
        for store in self.stores:
            prefix = f"sales:{store}:"
            weeks = sorted((name for name in existing if name.startswith(prefix)), reverse=True)
            held += weeks[: self.weeks]
        return held


def visibility(
    own_store: uuid.UUID, kind: str, all_stores: Iterable[uuid.UUID], *, is_shared: bool, weeks: int
) -> Visibility:
    """An office sees every store; a till its own, or all where the chain shares."""
    others = (store for store in all_stores if store != own_store)
    return Visibility((own_store, *others) if kind == "office" or is_shared else (own_store,), weeks)
