"""What goes wrong after a sale is safe on disk: it is said on the screen and blocks nothing."""

from __future__ import annotations

from dataclasses import replace

from desktop.usecases.station import Station
from shared.errors import EnvironmentFailure


def note_trouble(station: Station, failure: EnvironmentFailure) -> None:
    """Show a failure of printer or drawer until it is dismissed or the next scan succeeds."""
    with station.step() as step:
        step.sale = replace(step.sale, refusal=failure.message, blocks_payment=False)
