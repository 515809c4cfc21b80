"""Opening the drawer; a drawer that does not answer never holds anything up."""

from __future__ import annotations

from desktop.usecases.station import Station
from desktop.usecases.trouble import note_trouble
from shared.errors import EnvironmentFailure


def open_drawer(station: Station, reason: str) -> None:
    """Open the drawer; if it fails, the screen says so and the sale stands."""
    try:
        station.equipment.drawer.open(reason)
    except EnvironmentFailure as failure:
        note_trouble(station, failure)
