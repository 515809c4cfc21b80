"""A line to a server for tests and pictures: says what it is told to say, and finds what it is told to find."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from desktop.sync.status import ScopeStatus, SyncStatus
from desktop.usecases.look_up_customer import ChainAnswer
from desktop.usecases.manage_devices import ListedDevice
from shared.errors import EnvironmentFailure, UserError
from tests.helpers.replica import NOON

MINUTE = 60_000_000
ONLINE = SyncStatus(True, False, NOON - 90 * MINUTE, 0, 0, NOON, NOON)
OFFLINE = replace(
    ONLINE,
    is_online=False,
    since=NOON - 26 * MINUTE,
    last_error="The server does not answer. Selling goes on; everything is kept and sent when it is back.",
    last_error_code="server_unreachable",
)


@dataclass
class Found:
    """What a verification found."""

    rows: int = 1_204
    agrees: bool = True
    differences: Sequence[object] = ()
    repaired: Sequence[object] = ()


@dataclass
class SaidLine:
    """Implements ``review_sync.SyncControl``; ``asked`` tells what was called."""

    now: SyncStatus = ONLINE
    found: Found = field(default_factory=Found)
    heads: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    verify_waits_for_stop: bool = False

    def status(self) -> SyncStatus:
        return self.now

    def details(self) -> SyncStatus:
        return replace(self.now, scopes=tuple(ScopeStatus(name, 0, head) for name, head in self.heads.items()))

    def go_offline(self) -> None:
        self.asked.append("go_offline")
        self.now = replace(self.now, is_online=False, is_switched_off=True, since=NOON)

    def go_online(self) -> None:
        self.asked.append("go_online")
        self.now = replace(self.now, is_switched_off=False)

    def wake(self) -> None:
        self.asked.append("wake")

    def skip_snapshots(self) -> None:
        self.asked.append("skip_snapshots")
        self.now = replace(self.now, download=None)

    def verify(
        self,
        *,
        is_deep: bool = False,
        is_repairing: bool = True,
        on_step: Callable[[str, int], None] = lambda _scope, _rows: None,
        cancelled: threading.Event | None = None,
    ) -> Found:
        self.asked.append(f"verify {is_deep} {is_repairing}")
        on_step("catalogue", 120)
        if self.verify_waits_for_stop:
            assert cancelled is not None
            assert cancelled.wait(20)
            raise UserError("verify_cancelled", "Comparing was stopped. What was put right until then stays so.")
        return self.found


@dataclass
class SaidChain(SaidLine):
    """Implements ``look_up_customer.ChainLine``: ``knows`` is found by its texts, and ``fetch`` brings it down.

    ``holds`` keeps an answer back until it is set, for pictures of a look-up under way.
    """

    knows: dict[tuple[str, str], ChainAnswer] = field(default_factory=dict)
    fetch: Callable[[], None] = lambda: None
    holds: threading.Event | None = None

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        self.asked.append(f"{by} {given}")
        if self.holds is not None:
            assert self.holds.wait(20)
        if not self.now.is_online:
            code = "offline" if self.now.is_switched_off else "server_unreachable"
            raise EnvironmentFailure(code, "The server does not answer.")
        return self.knows.get((by, given), ChainAnswer(0))

    def cycle(self) -> object:
        self.asked.append("cycle")
        self.fetch()
        return None


def listed(number: int, **values: object) -> ListedDevice:
    """A till of Harbour Street, heard a minute ago and in step unless said otherwise."""
    told: dict[str, object] = {
        "id": uuid.UUID(int=number),
        "store": "Harbour Street",
        "kind": "till",
        "number": number,
        "name": f"Till {number}",
        "enrolled_at": NOON - 40 * 24 * 60 * MINUTE,
        "revoked_at": None,
        "last_seen_at": NOON - MINUTE,
        "receipt_series": 1,
        "program": "counterfoil/0.3.0",
        "schema_version": 2,
        "waiting": 0,
        "behind": 0,
        "clock_skew_us": 150_000,
    }
    return ListedDevice(**{**told, **values})


@dataclass
class SaidDevices:
    """Implements ``manage_devices.DevicesDesk`` from memory."""

    devices: list[ListedDevice] = field(default_factory=list)
    is_down: bool = False
    codes: list[tuple[object, ...]] = field(default_factory=list)

    def list_devices(self) -> Sequence[ListedDevice]:
        self._fail_if_down()
        return list(self.devices)

    def make_code(self, *, store: str, kind: str, number: int | None, name: str, is_replacement: bool) -> str:
        self._fail_if_down()
        self.codes.append((store, kind, number, name, is_replacement))
        return "K7QF-2M9X-TR4D"

    def revoke(self, device_id: uuid.UUID) -> None:
        self._fail_if_down()
        self.devices = [replace(each, revoked_at=NOON) if each.id == device_id else each for each in self.devices]

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise EnvironmentFailure("server_unreachable", "The server does not answer. Try again in a moment.")


def some_devices(this: uuid.UUID) -> list[ListedDevice]:
    """A shop's devices in every state there is."""
    hour = 60 * MINUTE
    return [
        listed(1),
        listed(2, waiting=12, behind=1_240, last_seen_at=NOON - 41 * MINUTE),
        listed(3, clock_skew_us=-7 * MINUTE),
        listed(4, name="", last_seen_at=None, program="", schema_version=None, waiting=None, clock_skew_us=None),
        listed(1, id=uuid.UUID(int=11), store="Mill Lane", last_seen_at=NOON - 50 * hour, receipt_series=2),
        listed(2, id=uuid.UUID(int=12), store="Mill Lane", revoked_at=NOON - 100 * hour, name="Old till by the door"),
        listed(1, id=this, kind="office", name="Office"),
    ]
