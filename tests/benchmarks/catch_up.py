"""A catch-up without a server: answers such as a server gives after a night of repricing, applied by a thread.

Each answer is unpacked from the wire's own bytes first, as the transport does it; only the network is left out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from desktop.replica import cursors
from desktop.replica.engine import Replica
from desktop.sync.apply import Applier
from desktop.sync.transport.encoding import packed, unpacked
from shared.schema.registry import CATALOGUE_SCOPE, stock_scope
from shared.sync.wire import PullAnswer, Row, ScopePage
from tests.benchmarks.big_shop import made_up
from tests.helpers.replica import TinyShop

PRODUCTS_PER_ANSWER = 1_000
PRODUCTS_MAX = 20_000
_STORE_SCOPED = "stock_level"


class CatchUp:
    """Answers that renew product after product, round and round, each round with two editions of each.

    Attributes:
        rows_applied: aggregates written so far.
    """

    def __init__(self, replica: Replica, shop: TinyShop, products: int) -> None:
        self._replica = replica
        self._shop = shop
        with replica.read() as connection:
            self._at = {scope: cursor.position for scope, cursor in cursors.cursors(connection).items()}
        first_ones = range(0, min(products, PRODUCTS_MAX), PRODUCTS_PER_ANSWER)
        self._bodies = [
            packed(self._answer(range(first, min(first + PRODUCTS_PER_ANSWER, products)), edition))
            for edition in (1, 2)
            for first in first_ones
        ]
        self.rows_applied = 0
        self._failure: BaseException | None = None

    @contextmanager
    def under_way(self) -> Iterator[CatchUp]:
        """Apply answers in a background thread for as long as the block lasts; it is well under way when that begins."""
        is_over, has_begun = threading.Event(), threading.Event()

        def run() -> None:
            applier = Applier(self._replica)
            try:
                for answer in self._answers():
                    self.rows_applied += sum(applier.apply(answer).rows.values())
                    has_begun.set()
                    if is_over.is_set():
                        return
            except BaseException as failure:
                self._failure = failure
                raise
            finally:
                has_begun.set()

        thread = threading.Thread(target=run, name="catch-up")
        thread.start()
        has_begun.wait()
        try:
            yield self
        finally:
            is_over.set()
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _answers(self) -> Iterator[PullAnswer]:
        for version in count(2):
            for body in self._bodies:
                answer = unpacked(body, PullAnswer)
                for page in answer.pages:
                    page.from_position = self._at[page.scope]
                    page.to_position = self._at[page.scope] = page.from_position + len(page.rows)
                    for row in page.rows:
                        row.version += 2 * version
                yield answer

    def _answer(self, numbers: range, edition: int) -> PullAnswer:
        rows: dict[str, list[Row]] = {}
        for number in numbers:
            for entity, payload in made_up(self._shop, number, edition=edition):
                scope = stock_scope(self._shop.store_id) if entity == _STORE_SCOPED else CATALOGUE_SCOPE
                entity_id = payload[0][0]
                assert isinstance(entity_id, bytes)
                rows.setdefault(scope, []).append(Row(entity, entity_id, edition, payload))
        pages = [
            ScopePage(scope, 0, 0, b"m" * 16, more=True, rows=sorted(part, key=_by_entity))
            for scope, part in rows.items()
        ]
        return PullAnswer(1, self._replica.clock.now(), 0, 0, sorted(self._at), pages)


def _by_entity(row: Row) -> str:
    return row.entity
