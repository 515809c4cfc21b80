"""The sync log that the sync centre shows: short sentences, newest last, the oldest dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.replica import sync_events, sync_tally
from desktop.replica.engine import Replica

WORDS: Mapping[str, tuple[str, str]] = {
    "app_user": ("person", "people"),
    "barcode": ("barcode", "barcodes"),
    "cash_movement": ("cash movement", "cash movements"),
    "category": ("category", "categories"),
    "customer": ("customer", "customers"),
    "customer_order": ("order", "orders"),
    "device": ("device", "devices"),
    "inbox_entry": ("inbox entry", "inbox entries"),
    "parked_sale": ("parked sale", "parked sales"),
    "price": ("price", "prices"),
    "price_list": ("price list", "price lists"),
    "product": ("product", "products"),
    "quick_key": ("quick key", "quick keys"),
    "sale": ("sale", "sales"),
    "setting": ("setting", "settings"),
    "shift": ("shift", "shifts"),
    "stock_level": ("stock level", "stock levels"),
    "stock_movement": ("stock movement", "stock movements"),
    "store": ("store", "stores"),
    "tax_category": ("tax category", "tax categories"),
    "tax_rate": ("tax rate", "tax rates"),
}


@dataclass(frozen=True, slots=True)
class SyncLog:
    """Writes events; a transaction of its own, after the work it tells of."""

    replica: Replica

    def note(self, kind: str, text: str) -> None:
        """Add one line; ``kind`` is ``sent``, ``received``, ``refused``, ``failed`` or ``note``."""
        with self.replica.write(is_background=True) as unit:
            sync_events.add(unit.connection, unit.clock.now(), kind, text)

    def note_received(self, counts: Mapping[str, int]) -> None:
        """Add a line on what came (entity → how many), and count it."""
        with self.replica.write(is_background=True) as unit:
            now = unit.clock.now()
            sync_events.add(unit.connection, now, "received", f"Received {counted(counts)}.")
            sync_tally.count_in(unit.connection, now, counts)


def counted(counts: Mapping[str, int]) -> str:
    """Counts in words: ``3 sales, 1 product``."""
    parts = []
    for entity, count in sorted(counts.items(), key=lambda item: -item[1]):
        one, many = WORDS.get(entity, (entity, entity))
        parts.append(f"{count:,} {one if count == 1 else many}")
    return ", ".join(parts)
