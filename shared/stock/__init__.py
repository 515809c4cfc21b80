"""Stock: the movements of goods and the levels they add up to."""

from shared.stock.level import Level
from shared.stock.movement import Movement, MovementReason, SoldLine, movements_of_sale

__all__ = ["Level", "Movement", "MovementReason", "SoldLine", "movements_of_sale"]
