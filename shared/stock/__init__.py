"""Stock: the movements of goods, the levels they add up to, and what of them may be promised."""

from shared.stock.level import Level
from shared.stock.movement import Movement, MovementReason, SoldLine, movements_of_sale
from shared.stock.rights import (
    WEB_SHARE_PERCENT,
    CounterStock,
    LeaseTerms,
    TillWord,
    counter_stock,
    lease_until,
    may_promise,
    rights_of,
    web_share_of,
)

__all__ = [
    "WEB_SHARE_PERCENT",
    "CounterStock",
    "LeaseTerms",
    "Level",
    "Movement",
    "MovementReason",
    "SoldLine",
    "TillWord",
    "counter_stock",
    "lease_until",
    "may_promise",
    "movements_of_sale",
    "rights_of",
    "web_share_of",
]
