"""What was offered a moment ago, remembered by each worker together with the state of the catalogue it was read at.

The mark of the catalogue's scope is a random value of the transaction that stamped the last change in it, whoever wrote
it. While it is the same, nothing that a price or a tax depends on has changed; an order that is written on the
condition of the mark is as exact as one that read everything anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sync_server.catalogue.offer_repository import Offered, SellingStore

REMEMBERED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A store and what it sells under some SKUs, as of one state of the catalogue.

    Attributes:
        mark: of that state; None where the catalogue has never been stamped, and nothing can be remembered.
    """

    store: SellingStore
    offered: tuple[Offered, ...]
    mark: bytes | None


class OfferCache:
    """The newest readings by store and SKU; any thread may use it."""

    def __init__(self, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._known: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, store_code: str, skus: Sequence[str]) -> Reading | None:
        """All of these SKUs as of one and the same state, or None."""
        with self._lock:
            found = [self._known.get((store_code.upper(), sku)) for sku in dict.fromkeys(skus)]
        readings = [reading for reading in found if reading is not None]
        if not readings or len(readings) < len(found) or len({reading.mark for reading in readings}) > 1:
            return None
        offered = tuple(each for reading in readings for each in reading.offered)
        return Reading(readings[0].store, offered, readings[0].mark)

    def remember(self, reading: Reading) -> None:
        """Keep a reading, each SKU by itself; the ones longest not read make room."""
        if reading.mark is None:
            return
        with self._lock:
            by_sku: dict[str, list[Offered]] = {}
            for each in reading.offered:
                by_sku.setdefault(each.item.sku, []).append(each)
            for sku, offered in by_sku.items():
                key = (reading.store.code.upper(), sku)
                self._known[key] = Reading(reading.store, tuple(offered), reading.mark)
                self._known.move_to_end(key)
            while len(self._known) > self._remembered_max:
                self._known.popitem(last=False)
