"""What a transaction changed, so that each screen decides for itself what to read again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Changes:
    """Entities and the ids that changed.

    Attributes:
        ids: entity → ids of the aggregates that were written, came down or were erased.
        whole: entities of which so much changed that the ids were not listed.
    """

    ids: Mapping[str, frozenset[uuid.UUID]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Make the mapping read-only."""
        object.__setattr__(self, "ids", MappingProxyType(dict(self.ids)))

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.ids) or bool(self.whole)

    def touches(self, *entities: str) -> bool:
        """Whether any aggregate of these entities changed."""
        return any(entity in self.ids or entity in self.whole for entity in entities)

    def touches_id(self, entity: str, entity_id: uuid.UUID) -> bool:
        """Whether this very aggregate changed, or may have."""
        return entity in self.whole or entity_id in self.ids.get(entity, frozenset())


def merge_changes(parts: Iterable[Changes]) -> Changes:
    """The union of several changes."""
    ids: dict[str, frozenset[uuid.UUID]] = {}
    whole: frozenset[str] = frozenset()
    for part in parts:
        whole |= part.whole
        for entity, members in part.ids.items():
            ids[entity] = ids.get(entity, frozenset()) | members
    return Changes({entity: members for entity, members in ids.items() if entity not in whole}, whole)
