"""Which scopes each device may hold, remembered by a worker for as long as nothing can have changed about that."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.schema.registry import CATALOGUE_SCOPE
from sync_server.sync.scope_repository import ScopeHead

DEVICES_REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ScopesKey:
    """While this stays the same, a device may hold the same scopes.

    Stores and settings of the chain are in the catalogue, and a new week of sales is a new scope.
    """

    epoch: int
    catalogue_position: int
    newest_scope_id: int
    store_id: uuid.UUID
    kind: str


def key_at(heads: Mapping[str, ScopeHead], epoch: int, store_id: uuid.UUID, kind: str) -> ScopesKey:
    """The key of a device, from the heads of every scope in one snapshot."""
    catalogue = heads[CATALOGUE_SCOPE].position if CATALOGUE_SCOPE in heads else 0
    return ScopesKey(epoch, catalogue, max((head.id for head in heads.values()), default=0), store_id, kind)


class KnownScopes:
    """One per worker; any thread may use it. The number of devices is bounded."""

    def __init__(self) -> None:
        self._of_device: dict[uuid.UUID, tuple[ScopesKey, list[str]]] = {}

    def find(self, device_id: uuid.UUID, key: ScopesKey) -> list[str] | None:
        """The scopes under a key that still holds."""
        known = self._of_device.get(device_id)
        return known[1] if known is not None and known[0] == key else None

    def found_or(self, device_id: uuid.UUID, key: ScopesKey, work_out: Callable[[], list[str]]) -> list[str]:
        """The scopes, worked out in the snapshot of the key where they are not known."""
        known = self.find(device_id, key)
        if known is None:
            known = work_out()
            if len(self._of_device) >= DEVICES_REMEMBERED_MAX:
                self._of_device.clear()
            self._of_device[device_id] = key, known
        return known
