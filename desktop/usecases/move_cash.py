"""Cash into or out of the drawer besides sales: paid in, paid out, taken to the safe."""

from __future__ import annotations

from desktop.usecases.open_drawer import open_drawer
from desktop.usecases.station import Station
from shared.cash import CashMovement, CashMovementKind
from shared.errors import UserError
from shared.money import Money
from shared.permissions import Permission


def move_cash(station: Station, kind: str, amount: Money, reason: str) -> None:
    """Record the movement, then open the drawer.

    Raises:
        UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``cash_amount_invalid``,
            ``reason_missing``, ``cash_movement_unknown``.
    """
    station.refresh()
    person = station.require(Permission.MOVE_CASH)
    shift = station.running_shift()
    movement = CashMovement.of(_kind(kind), amount, reason)
    with station.replica.write() as work:
        work.record(
            "cash_movement",
            {
                "id": station.ids.new(),
                "store_id": station.store.id,
                "device_id": station.identity.device_id,
                "shift_id": shift.id,
                "kind": str(movement.kind),
                "amount": movement.amount.amount,
                "reason": movement.reason,
                "at": station.clock.now(),
                "user_id": person.id,
            },
        )
    open_drawer(station, movement.reason)


def _kind(text: str) -> CashMovementKind:
    if text not in set(CashMovementKind):
        known = ", ".join(CashMovementKind)
        raise UserError("cash_movement_unknown", f"“{text[:40]}” is no cash movement. Use one of: {known}.", kind=text)
    return CashMovementKind(text)
