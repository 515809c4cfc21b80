"""Receipt numbers that two sales carry."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class SharedNumber:
    """A sale that arrived, and the one that had its receipt number before. Totals in minor units."""

    sale_id: uuid.UUID
    store_id: uuid.UUID
    receipt_number: str
    total: int
    sealed_at: int
    device: str
    other_id: uuid.UUID
    other_total: int
    other_sealed_at: int
    other_device: str
    currency: str


# By the number as printed: it names store, till, series and number, and it has an index.
_SHARED = text("""
SELECT DISTINCT ON (s.id) s.id, s.store_id, s.receipt_number, s.total, s.sealed_at, coalesce(d.name, ''),
       o.id, o.total, o.sealed_at, coalesce(e.name, ''), s.currency
FROM unnest(CAST(:ids AS uuid[])) AS arrived (id)
JOIN sale AS s ON s.id = arrived.id
JOIN sale AS o ON o.receipt_number = s.receipt_number AND o.store_id = s.store_id AND o.id <> s.id
LEFT JOIN device AS d ON d.id = s.device_id
LEFT JOIN device AS e ON e.id = o.device_id
WHERE s.receipt_number <> ''
ORDER BY s.id, o.sealed_at, o.id
""")


def shared_numbers(connection: Connection, sale_ids: Sequence[uuid.UUID]) -> list[SharedNumber]:
    """Those of these sales whose receipt number another sale of the store has too."""
    return [SharedNumber(*row) for row in connection.execute(_SHARED, {"ids": list(sale_ids)})]
