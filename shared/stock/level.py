"""What a store has of a variant, and what of it may be promised. Quantities in integer thousandths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.stock.movement import Movement


@dataclass(frozen=True, slots=True)
class Level:
    """``on_hand == available + reserved + damaged + in_quality_control``.

    Physical sales are facts, so ``on_hand`` and ``available`` may be negative; that is a task for people, not an error.
    """

    on_hand: int = 0
    reserved: int = 0
    damaged: int = 0
    in_quality_control: int = 0

    @property
    def available(self) -> int:
        """What may still be sold or promised."""
        return self.on_hand - self.reserved - self.damaged - self.in_quality_control

    def after(self, movements: Iterable[Movement]) -> Level:
        """The level once these movements of its variant have happened."""
        on_hand, damaged = self.on_hand, self.damaged
        for movement in movements:
            on_hand += movement.quantity
            damaged += movement.damaged
        return replace(self, on_hand=on_hand, damaged=damaged)

    def can_promise(self, quantity: int) -> bool:
        """Whether that much may be promised to somebody who is not standing at the counter."""
        return 0 < quantity <= self.available
