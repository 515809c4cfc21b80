"""What a till's window is put together from; made by ``application``, or by a test with pieces of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop.ui.screens.login.presenter import PersonView
from desktop.ui.sounds import Sounds
from desktop.usecases.support_bundle import Bundle


@dataclass(frozen=True, slots=True)
class TillParts:
    """Everything around the till itself.

    Attributes:
        people: who may log in, read anew each time the log-in page opens.
        now_text: the store's local time, ``14:07``.
        receipts: where receipts are saved as PDF.
        sync_now: ask for a sync at once; returns immediately.
        support: gathers the support bundle; None where there is no home to gather from.
        has_implied_decimals: whether ``2000`` means 20.00.
    """

    people: Callable[[], Sequence[PersonView]]
    now_text: Callable[[], str]
    receipts: Path
    sync_now: Callable[[], None]
    sounds: Sounds
    support: Callable[[], Bundle] | None = None
    has_implied_decimals: bool = True
