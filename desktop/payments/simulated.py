"""A simulated card terminal for tests, demos and training: it approves, declines, or keeps silent, as it is told."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable

from desktop.usecases.ports import Outcome, TerminalAnswer
from shared.ids import derived_id
from shared.money import Money


class SimulatedTerminal:
    """Remembers each payment by its id, so that the same request never moves money twice.

    Attributes:
        charged: what really moved, by payment id, in order.
    """

    is_attached = True

    def __init__(self, outcomes: Iterable[Outcome] = (), *, silent_after_charge: bool = True) -> None:
        """Answer the coming requests with ``outcomes``, then approve; a silent one may still have moved the money."""
        self._outcomes = deque(outcomes)
        self._silent_after_charge = silent_after_charge
        self.charged: dict[uuid.UUID, Money] = {}

    def pay(self, payment_id: uuid.UUID, amount: Money) -> TerminalAnswer:
        """Do as told; a payment that was made already is answered from memory."""
        if payment_id in self.charged:
            return self._approved(payment_id)
        outcome = self._outcomes.popleft() if self._outcomes else Outcome.APPROVED
        if outcome is Outcome.DECLINED:
            return TerminalAnswer(Outcome.DECLINED, message="not enough money on the card")
        if outcome is Outcome.APPROVED or self._silent_after_charge:
            self.charged[payment_id] = amount
        return self._approved(payment_id) if outcome is Outcome.APPROVED else TerminalAnswer(Outcome.UNKNOWN)

    def query(self, payment_id: uuid.UUID) -> TerminalAnswer:
        """Approved if the money moved, declined if this terminal never charged it."""
        if payment_id in self.charged:
            return self._approved(payment_id)
        return TerminalAnswer(Outcome.DECLINED, message="the terminal knows nothing of it")

    def _approved(self, payment_id: uuid.UUID) -> TerminalAnswer:
        digits = f"{derived_id(payment_id, 'authorisation').int % 10**6:06d}"
        reference = {"terminal": "simulated", "brand": "Visa", "last_four": "4417", "authorisation": digits}
        return TerminalAnswer(Outcome.APPROVED, reference)
