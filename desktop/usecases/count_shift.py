"""Counting the drawer: a total, or pieces per coin and note. Any amount is taken; a difference is data."""

from __future__ import annotations

from collections.abc import Mapping

from desktop.replica.repositories.device_values import save_device_value
from desktop.usecases.shift_figures import COUNT_KEY, KeptCount, read_figures
from desktop.usecases.station import Station
from desktop.usecases.till_views import CountView
from shared.cash import CashCount, count_pieces, count_total
from shared.errors import UserError
from shared.money import Money
from shared.permissions import Permission


def count_shift(station: Station, total: Money | None, counts: Mapping[str, int] | None) -> CountView:
    """Note what the drawer holds; selling may go on, and a later count takes the place of this one.

    Args:
        station: the till.
        total: the cash counted.
        counts: pieces by denomination in major units (``{"20.00": 3}``), instead of ``total``.

    Raises:
        UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``count_invalid``, ``amount_invalid``.
    """
    station.refresh()
    station.require(Permission.CLOSE_SHIFT)
    shift = station.running_shift()
    count = _read_count(station, total, counts)
    with station.replica.write() as work:
        expected = read_figures(work.connection, shift).drawer.expected
        kept = KeptCount(count.total, expected, count.pieces)
        save_device_value(work.connection, COUNT_KEY, kept.as_json())
    return CountView(counted=count.total, expected=expected, difference=count.total - expected)


def _read_count(station: Station, total: Money | None, counts: Mapping[str, int] | None) -> CashCount:
    if (total is None) == (counts is None):
        raise UserError("count_invalid", "Give either the total or the pieces of each coin and note.")
    if total is not None:
        return count_total(total)
    money = station.store.currency
    pieces: dict[int, int] = {}
    for value, number in (counts or {}).items():
        denomination = Money.parse(value, money).amount
        pieces[denomination] = pieces.get(denomination, 0) + number
    return count_pieces(pieces, money)
