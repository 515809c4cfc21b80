"""Closing a shift, and looking at it before. Closing is always possible; nothing is validated anew."""

from __future__ import annotations

from desktop.replica.queries.shifts import OpenShift, parked_count
from desktop.replica.repositories.device_values import save_device_value
from desktop.usecases.receipt_document import ShiftDocument
from desktop.usecases.shift_figures import COUNT_KEY, ShiftFigures, read_figures
from desktop.usecases.start_over import refuse_unresolved
from desktop.usecases.station import Station
from desktop.usecases.till_views import ShiftReport
from desktop.usecases.trouble import note_trouble
from shared.errors import EnvironmentFailure, UserError
from shared.money import Money, currency
from shared.permissions import Permission

_WHEN = "%Y-%m-%d %H:%M"


def shift_so_far(station: Station) -> ShiftReport:
    """The X report. Raises ``UserError`` ``shift_not_open``."""
    station.refresh()
    shift = station.running_shift()
    with station.replica.read() as connection:
        figures = read_figures(connection, shift)
        parked = parked_count(connection, station.store.id)
    return _report(station, shift, figures, parked, closed_at=None)


def close_shift(station: Station) -> ShiftReport:
    """Close the shift and give its Z report. A shift nobody counted closes uncounted and says so.

    Parked baskets stay parked for a later shift. An open basket belongs to this one: finish, park or clear it first.

    Raises:
        UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``shift_has_open_basket``,
            ``payment_unresolved``.
    """
    station.refresh()
    person = station.require(Permission.CLOSE_SHIFT)
    shift = station.running_shift()
    refuse_unresolved(station.sale)
    if not station.sale.basket.is_empty or station.sale.tenders:
        raise UserError(
            "shift_has_open_basket",
            "A basket is still on the counter. Complete, park or clear it, then close the shift.",
            lines=len(station.sale.basket.active_lines),
        )
    with station.replica.write() as work:
        figures = read_figures(work.connection, shift)
        parked = parked_count(work.connection, station.store.id)
        closed_at = station.clock.now()
        work.close(
            "shift",
            shift.id,
            {
                "closed_at": closed_at,
                "closed_by": person.id,
                "expected_cash": figures.drawer.expected.amount,
                "counted_cash": None if figures.counted is None else figures.counted.amount,
                "difference": None if figures.difference is None else figures.difference.amount,
                "figures": dict(figures.stored),
                "counts": {}
                if figures.count is None
                else {str(value): number for value, number in figures.count.pieces.items()},
            },
        )
        save_device_value(work.connection, COUNT_KEY, None)
    station.shift = None
    station.finished = None
    report = _report(station, shift, figures, parked, closed_at=closed_at)
    try:
        station.equipment.printer.print_report(f"Z-{report.business_date}-shift-{report.number}", report.text)
    except EnvironmentFailure as failure:
        note_trouble(station, failure)
    return report


def _report(
    station: Station, shift: OpenShift, figures: ShiftFigures, parked: int, *, closed_at: int | None
) -> ShiftReport:
    """The figures as the screen, the printer and a script take them."""
    people, money = station.known.people, currency(shift.currency)
    document = ShiftDocument(
        store_name=station.store.name,
        till_name=station.identity.name,
        number=shift.number,
        business_date=shift.business_date.isoformat(),
        opened=station.local_time(shift.opened_at, _WHEN),
        opened_by=people.get(shift.opened_by, ""),
        closed="" if closed_at is None else station.local_time(closed_at, _WHEN),
        closed_by="" if closed_at is None else station.person().display_name,
        currency=money.code,
        opening_float=Money(shift.opening_float, money),
        expected=figures.drawer.expected,
        counted=figures.counted,
        difference=figures.difference,
        figures=figures.stored,
        parked=parked,
    )
    return ShiftReport(
        shift_id=shift.id,
        number=shift.number,
        business_date=shift.business_date.isoformat(),
        is_closed=closed_at is not None,
        sales=figures.sales.count,
        returns=figures.returns.count,
        expected=figures.drawer.expected,
        counted=figures.counted,
        difference=figures.difference,
        figures=figures.stored,
        text=station.equipment.forms.shift_report(document),
        parked=parked,
    )
