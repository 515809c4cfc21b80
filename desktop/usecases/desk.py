"""Somebody at work at a desk: who it is, where, and what they may; every office intention takes one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desktop.replica.engine import Replica
from desktop.replica.queries.shop import Person
from desktop.usecases.shop_facts import ShopFacts
from desktop.usecases.station import Station
from shared.clock import Clock, datetime_at, local_date
from shared.errors import UserError
from shared.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class Desk:
    """One person logged in on this device.

    Attributes:
        facts: the device and the store it stands in.
        person: who works here.
    """

    replica: Replica
    clock: Clock
    facts: ShopFacts
    person: Person

    @classmethod
    def at(cls, station: Station) -> Desk:
        """The desk of whoever is logged in. Raises ``UserError`` ``not_enrolled`` or ``not_logged_in``."""
        station.refresh()
        return cls(station.replica, station.clock, station.known, station.person())

    @property
    def who(self) -> str:
        """Who and where, in words, for edits: ``Jonas P., Office``."""
        return f"{self.person.display_name}, {self.facts.identity.name}"

    def require(self, *permissions: Permission) -> None:
        """Pass if the person holds every permission. Raises ``UserError`` ``not_allowed``."""
        for permission in permissions:
            require(self.person.role, permission)

    def today(self) -> dt.date:
        """The store's local date now."""
        return local_date(self.clock.now(), self.facts.store.time_zone)

    def local(self, instant_us: int) -> dt.datetime:
        """An instant as the store's clock shows it."""
        return datetime_at(instant_us, self.facts.store.time_zone)


def checked_text(text: str, field: str, maximum: int, *, is_required: bool = False) -> str:
    """A text as it is stored: blanks at the ends taken off.

    Raises:
        UserError: ``field_empty`` or ``text_too_long``; data names the field.
    """
    tidy = " ".join(text.split()) if "\n" not in text else text.strip()
    if is_required and not tidy:
        raise UserError("field_empty", f"The {field} is empty. Type one.", field=field)
    if len(tidy) > maximum:
        raise UserError("text_too_long", f"The {field} has more than {maximum} characters. Shorten it.", field=field)
    return tidy
