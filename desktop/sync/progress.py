"""How far the first load is, in words: ``Products 40 %``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from desktop.sync.events import WORDS
from shared.sync.wire import PullAnswer, ScopePage

STEP_PERCENT = 10
SHARE_TOLD = 10
"""What makes up less than a tenth of a page is not worth a line."""


class LoadProgress:
    """Turns applied pages into lines worth reading: one for each tenth of a part of the shop.

    ``heads`` are the newest positions of each scope when the load began.
    """

    def __init__(self, heads: Mapping[str, int]) -> None:
        self._heads = heads
        self._told: tuple[str, int] = ("", -1)

    def lines(self, answer: PullAnswer) -> list[str]:
        """The lines for one applied answer."""
        return [line for page in answer.pages for line in self._lines(page)]

    def _lines(self, page: ScopePage) -> Iterator[str]:
        head = max(self._heads.get(page.scope, 0), page.to_position, 1)
        reached = 100 * page.to_position // head if page.more else 100
        counts = Counter(row.entity for row in page.rows)
        large = [entity for entity, count in counts.items() if count * SHARE_TOLD >= len(page.rows)]
        for entity in large:
            percent = reached if entity == large[-1] else 100
            told_entity, told_percent = self._told
            is_end = percent == 100 and told_percent < 100
            if entity != told_entity or is_end or percent >= told_percent + STEP_PERCENT:
                self._told = (entity, percent)
                yield f"{WORDS.get(entity, (entity, entity))[1].capitalize()} {percent} %"
