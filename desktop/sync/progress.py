"""How far the first load is, in words: ``Products 40 %``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from desktop.sync.events import WORDS
from shared.sync.wire import PullAnswer, ScopePage

STEP_PERCENT = 10


class LoadProgress:
    """Turns applied pages into lines worth reading: one for each tenth of a part of the shop.

    ``heads`` are the newest positions of each scope when the load began.
    """

    def __init__(self, heads: Mapping[str, int]) -> None:
        self._heads = heads
        self._told: tuple[str, int] = ("", -1)

    def lines(self, answer: PullAnswer) -> list[str]:
        """The lines for one applied answer."""
        return [line for page in answer.pages if page.rows and (line := self._line(page))]

    def _line(self, page: ScopePage) -> str:
        entity = Counter(row.entity for row in page.rows).most_common(1)[0][0]
        subject = WORDS.get(entity, (entity, entity))[1].capitalize()
        head = max(self._heads.get(page.scope, 0), page.to_position, 1)
        percent = 100 * page.to_position // head if page.more else 100
        told_subject, told_percent = self._told
        if subject == told_subject and percent < told_percent + STEP_PERCENT:
            return ""
        self._told = (subject, percent)
        return f"{subject} {percent} %"
