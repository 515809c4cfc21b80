"""The shop's devices as its office sees and manages them; only with a line to the server, which has the last word."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from desktop.replica.queries.stores import store_codes
from desktop.usecases.desk import Desk, checked_text
from desktop.usecases.line_state import SKEW_MAX_US
from desktop.usecases.office_words import MINUS, NOTHING, moment_text, span_text
from shared.errors import EnvironmentFailure, UserError
from shared.permissions import Permission

NAME_MAX_CHARACTERS = 200
SILENT_US = 24 * 3_600 * 1_000_000
"""A device that was not heard for a day is worth a look."""


class DeviceState(StrEnum):
    """How a device stands."""

    FINE = "fine"
    BEHIND = "behind"
    SILENT = "silent"
    NEVER = "never"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as the server tells of it; UTC microseconds. ``clock_skew_us`` is its clock less the server's."""

    id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    enrolled_at: int | None
    revoked_at: int | None
    last_seen_at: int | None
    receipt_series: int
    program: str
    schema_version: int | None
    waiting: int | None
    behind: int
    clock_skew_us: int | None


class DevicesDesk(Protocol):
    """The server, as far as the devices page needs it. Any call may raise ``EnvironmentFailure``."""

    def list_devices(self) -> Sequence[ListedDevice]:
        """Every device. Raises ``EnvironmentFailure`` ``not_an_office`` where this device may not ask."""
        ...

    def make_code(self, *, store: str, kind: str, number: int | None, name: str, is_replacement: bool) -> str:
        """A one-time code, good for 24 hours. Raises ``UserError`` where the server refuses it."""
        ...

    def revoke(self, device_id: uuid.UUID) -> None:
        """Stop a device from syncing, from its next call on."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One row of the page, in words."""

    id: uuid.UUID
    store: str
    kind: str
    number: int
    title: str
    state: DeviceState
    state_word: str
    seen: str
    waiting: str
    behind: str
    skew: str
    is_skewed: bool
    program: str
    series: int
    is_this: bool
    enrolled: str

    @property
    def is_revoked(self) -> bool:
        """Whether it may not sync any more."""
        return self.state is DeviceState.REVOKED


_WORDS = {
    DeviceState.FINE: "In step",
    DeviceState.BEHIND: "Behind",
    DeviceState.SILENT: "Not heard",
    DeviceState.NEVER: "Never heard",
    DeviceState.REVOKED: "Revoked",
}


def list_devices(desk: Desk, server: DevicesDesk | None) -> tuple[DeviceLine, ...]:
    """Every device, those that may sync first.

    Raises:
        UserError: ``not_allowed``.
        EnvironmentFailure: ``server_unreachable`` …
    """
    desk.require(Permission.MANAGE_DEVICES)
    names = dict(stores_here(desk))
    lines = [_line(desk, device, names) for device in _line_of(server).list_devices()]
    return tuple(sorted(lines, key=lambda line: (line.is_revoked, line.store, line.kind, line.number)))


def stores_here(desk: Desk) -> tuple[tuple[str, str], ...]:
    """(code, name) of every store, for the form."""
    with desk.replica.read() as connection:
        return store_codes(connection)


def make_code(
    desk: Desk, server: DevicesDesk | None, *, store: str, kind: str, number: str, name: str, is_replacement: bool
) -> str:
    """A one-time code for a new device, or for one that takes the place of a lost one.

    Args:
        desk: who makes it.
        server: the server.
        store: its code.
        kind: ``till`` or ``office``.
        number: as typed; empty lets the server choose.
        name: what the device will be called; may be empty.
        is_replacement: the device of that number is lost and stops syncing as soon as the code is used.

    Raises:
        UserError: ``not_allowed``, ``device_number_invalid``, ``text_too_long`` and what the server refuses.
        EnvironmentFailure: ``server_unreachable`` …
    """
    desk.require(Permission.MANAGE_DEVICES)
    typed = number.strip()
    if (typed or is_replacement) and not (typed.isdecimal() and 0 < int(typed) <= 1_000_000):
        raise UserError("device_number_invalid", "The number must be a whole number from 1 on. Type one.")
    return _line_of(server).make_code(
        store=store,
        kind=kind,
        number=int(typed) if typed else None,
        name=checked_text(name, "name", NAME_MAX_CHARACTERS),
        is_replacement=is_replacement,
    )


def revoke(desk: Desk, server: DevicesDesk | None, device_id: uuid.UUID) -> None:
    """Take a device out of the shop: from its next call on it may not sync, and erases the shop's data.

    Raises:
        UserError: ``not_allowed``, ``device_is_this``.
        EnvironmentFailure: ``server_unreachable``, ``device_unknown`` …
    """
    desk.require(Permission.MANAGE_DEVICES)
    if device_id == desk.facts.identity.device_id:
        raise UserError("device_is_this", "This is the device you sit at. Revoke it from another office.")
    _line_of(server).revoke(device_id)


def _line_of(server: DevicesDesk | None) -> DevicesDesk:
    if server is None:
        raise EnvironmentFailure("offline", "Devices are managed on the server, and this device has no line to it.")
    return server


def _line(desk: Desk, device: ListedDevice, store_names: Mapping[str, str]) -> DeviceLine:
    state = _state(desk, device)
    skew = device.clock_skew_us
    is_skewed = skew is not None and abs(skew) > SKEW_MAX_US
    seen = device.last_seen_at
    return DeviceLine(
        id=device.id,
        store=store_names.get(device.store, device.store),
        kind=device.kind.capitalize(),
        number=device.number,
        title=device.name or f"{device.kind.capitalize()} {device.number}",
        state=state,
        state_word=_WORDS[state],
        seen=NOTHING if seen is None else f"{span_text(desk.clock.now() - seen)} ago",
        waiting=NOTHING if device.waiting is None else f"{device.waiting:,}",
        behind=f"{device.behind:,}",
        skew=_skew_text(skew),
        is_skewed=is_skewed,
        program=_program(device),
        series=device.receipt_series,
        is_this=device.id == desk.facts.identity.device_id,
        enrolled=_moment(desk, device.enrolled_at),
    )


def _state(desk: Desk, device: ListedDevice) -> DeviceState:
    if device.revoked_at is not None:
        return DeviceState.REVOKED
    if device.last_seen_at is None:
        return DeviceState.NEVER
    if desk.clock.now() - device.last_seen_at > SILENT_US:
        return DeviceState.SILENT
    return DeviceState.BEHIND if device.behind or device.waiting else DeviceState.FINE


def _skew_text(skew: int | None) -> str:
    if skew is None:
        return NOTHING
    return "0 s" if abs(skew) < 2_000_000 else f"{MINUS if skew < 0 else '+'}{span_text(abs(skew))}"


def _program(device: ListedDevice) -> str:
    name = device.program.removeprefix("counterfoil/") or NOTHING
    return name if device.schema_version is None else f"{name} · schema {device.schema_version}"


def _moment(desk: Desk, instant: int | None) -> str:
    return NOTHING if instant is None else moment_text(desk.local(instant), desk.today())
