"""A card terminal that is not connected: the clerk types the amount there and reads the result off it."""

from __future__ import annotations

import uuid

from desktop.usecases.ports import Outcome, TerminalAnswer
from shared.money import Money


class StandaloneTerminal:
    """Believes the clerk: a card payment is keyed at the till once the separate terminal has approved it."""

    is_attached = False

    def pay(self, payment_id: uuid.UUID, amount: Money) -> TerminalAnswer:
        """Approved, because the clerk says so."""
        del payment_id, amount
        return TerminalAnswer(Outcome.APPROVED)

    def query(self, payment_id: uuid.UUID) -> TerminalAnswer:
        """Declined: nothing was ever asked through the till."""
        del payment_id
        return TerminalAnswer(Outcome.DECLINED, message="the terminal is not connected")
