"""Orders of the web and other channels: states, lines and what they come to."""

from shared.orders.line import OrderLine, OrderTotals, price_order
from shared.orders.state import ORDER_TRANSITIONS, OrderState, next_state

__all__ = ["ORDER_TRANSITIONS", "OrderLine", "OrderState", "OrderTotals", "next_state", "price_order"]
