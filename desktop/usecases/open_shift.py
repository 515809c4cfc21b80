"""Opening a shift. Its business date is fixed here, whatever the clock does later."""

from __future__ import annotations

import datetime as dt

from desktop.replica.queries.shifts import OpenShift, last_shift_number, open_shift_of
from desktop.replica.repositories.device_values import save_device_value
from desktop.usecases.shift_figures import COUNT_KEY
from desktop.usecases.station import Station
from shared import cash
from shared.errors import UserError
from shared.money import Money
from shared.permissions import Permission


def open_shift(station: Station, opening_float: Money, business_date: str | None) -> None:
    """Open a shift with so much cash in the drawer.

    Args:
        station: the till.
        opening_float: zero or more.
        business_date: ISO date for a replay of past days; None: the store's date now.

    Raises:
        UserError: ``not_logged_in``, ``not_allowed``, ``shift_already_open``, ``float_invalid``, ``date_invalid``.
    """
    station.refresh()
    station.require_till()
    person = station.require(Permission.OPEN_SHIFT)
    day = station.today() if business_date is None else _day(business_date)
    with station.replica.write() as work:
        if open_shift_of(work.connection, station.identity.device_id) is not None:
            raise UserError("shift_already_open", "A shift is open already. Close it first.")
        shift = cash.open_shift(
            station.ids.new(),
            number=last_shift_number(work.connection, station.identity.device_id) + 1,
            business_date=day,
            opened_at=station.clock.now(),
            opened_by=person.id,
            opening_float=opening_float,
        )
        work.record(
            "shift",
            {
                "id": shift.id,
                "store_id": station.store.id,
                "device_id": station.identity.device_id,
                "number": shift.number,
                "business_date": shift.business_date,
                "currency": station.store.currency.code,
                "opened_at": shift.opened_at,
                "opened_by": shift.opened_by,
                "opening_float": shift.opening_float.amount,
            },
        )
        save_device_value(work.connection, COUNT_KEY, None)
    station.shift = OpenShift(
        id=shift.id,
        number=shift.number,
        business_date=shift.business_date,
        currency=station.store.currency.code,
        opened_at=shift.opened_at,
        opened_by=shift.opened_by,
        opening_float=shift.opening_float.amount,
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UserError("date_invalid", f"“{text[:40]}” is not a date. Write it as 2026-11-21.", text=text) from error
