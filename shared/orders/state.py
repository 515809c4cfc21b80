"""Where an order stands, and where it may go from there."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.errors import UserError


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    """Its stock is promised."""
    READY = "ready"
    """Picked and waiting to be handed out."""
    FULFILLED = "fulfilled"
    """Handed out; its stock has left. Final."""
    CANCELLED = "cancelled"
    """The promise is given back. Final."""

    @property
    def is_final(self) -> bool:
        """Whether it stays so for good."""
        return not ORDER_TRANSITIONS[self]

    @property
    def holds_stock(self) -> bool:
        """Whether stock is promised to it."""
        return not self.is_final


ORDER_TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = MappingProxyType(
    {
        OrderState.PLACED: frozenset({OrderState.READY, OrderState.FULFILLED, OrderState.CANCELLED}),
        OrderState.READY: frozenset({OrderState.PLACED, OrderState.FULFILLED, OrderState.CANCELLED}),
        OrderState.FULFILLED: frozenset(),
        OrderState.CANCELLED: frozenset(),
    }
)
"""From each state, the states an order may go to."""


def next_state(standing: OrderState, wanted: OrderState) -> OrderState:
    """The wanted state, if an order may go there; a state it already has is no change and no error.

    Raises:
        UserError: ``order_state_not_allowed``.
    """
    if wanted is not standing and wanted not in ORDER_TRANSITIONS[standing]:
        raise UserError(
            "order_state_not_allowed",
            f"An order that is {standing.value} cannot become {wanted.value}.",
            standing=standing.value,
            wanted=wanted.value,
        )
    return wanted
