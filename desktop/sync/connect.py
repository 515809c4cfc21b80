"""From an open home to its sync engine. Nothing of HTTP is imported before the first call to the server."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.replica.changes import Changes
from desktop.replica.identity import DeviceIdentity, identity_of
from desktop.secrets import DEVICE_KEY
from desktop.sync.engine import SyncEngine
from desktop.sync.server_port import SyncServer
from desktop.usecases.start import Device
from shared.errors import EnvironmentFailure
from shared.sync.wire import (
    DigestAnswer,
    Head,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    RowsAnswer,
    RowsRequest,
    SnapshotOffer,
    VerifyAnswer,
    VerifyRequest,
)

if TYPE_CHECKING:
    from desktop.sync.transport import HttpDevicesDesk, HttpServer
    from desktop.usecases.import_catalogue import ImportReport
    from desktop.usecases.line_state import Download
    from desktop.usecases.look_up_customer import ChainAnswer
    from desktop.usecases.manage_devices import ListedDevice


def engine_of(
    device: Device,
    *,
    on_changes: Callable[[Changes], None] = lambda _: None,
    on_page: Callable[[PullAnswer], None] = lambda _: None,
    on_download: Callable[[Download], None] = lambda _: None,
) -> SyncEngine:
    """The engine of an enrolled device; its threads are not started.

    Raises:
        UserError: ``not_enrolled``.
        EnvironmentFailure: ``device_key_missing``.
    """
    server = server_of(device)
    return SyncEngine(
        device.replica, server, device.clock, on_changes=on_changes, on_page=on_page, on_download=on_download
    )


def server_of(device: Device) -> SyncServer:
    """The server of an enrolled device, connected to when it is first used.

    Raises:
        UserError: ``not_enrolled``.
        EnvironmentFailure: ``device_key_missing``.
    """
    private_key, identity = _own_key(device)
    return WhenNeeded(lambda: _connected(private_key, identity, device))


def _own_key(device: Device) -> tuple[bytes, DeviceIdentity]:
    with device.replica.read() as connection:
        identity = identity_of(connection)
    private_key = device.secrets.get(DEVICE_KEY)
    if private_key is None:
        raise EnvironmentFailure(
            "device_key_missing",
            f"This device's key is not in {device.secrets.description}. Enrol it again in an empty home.",
        )
    return private_key, identity


def _connected(private_key: bytes, identity: DeviceIdentity, device: Device) -> HttpServer:
    from desktop.sync.device_key import DeviceKey
    from desktop.sync.transport import HttpServer

    return HttpServer(identity.server_url, DeviceKey(private_key, identity, device.ids))


class CatalogueLine:
    """The office's line for catalogue files, opened for each file; a ``usecases.import_catalogue.CatalogueDesk``."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def import_catalogue(self, path: Path, *, is_dry_run: bool, made_by: str) -> ImportReport:
        """Send a file and wait for the report. Raises as ``CatalogueDesk.import_catalogue``."""
        from desktop.sync.transport import HttpCatalogueDesk

        private_key, identity = _own_key(self._device)
        with closing(_connected(private_key, identity, self._device)) as server:
            return HttpCatalogueDesk(server).import_catalogue(path, is_dry_run=is_dry_run, made_by=made_by)


class DevicesLine:
    """The office's line for managing devices, opened for each call; a ``usecases.manage_devices.DevicesDesk``."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def list_devices(self) -> Sequence[ListedDevice]:
        """Every device. Raises as ``DevicesDesk.list_devices``."""
        with self._desk() as desk:
            return desk.list_devices()

    def make_code(self, *, store: str, kind: str, number: int | None, name: str, is_replacement: bool) -> str:
        """A one-time code. Raises as ``DevicesDesk.make_code``."""
        with self._desk() as desk:
            return desk.make_code(store=store, kind=kind, number=number, name=name, is_replacement=is_replacement)

    def revoke(self, device_id: uuid.UUID) -> None:
        """Stop a device from syncing. Raises as ``DevicesDesk.revoke``."""
        with self._desk() as desk:
            desk.revoke(device_id)

    @contextmanager
    def _desk(self) -> Iterator[HttpDevicesDesk]:
        from desktop.sync.transport import HttpDevicesDesk

        private_key, identity = _own_key(self._device)
        with closing(_connected(private_key, identity, self._device)) as server:
            yield HttpDevicesDesk(server)


class WhenNeeded:
    """Stands for the server until somebody calls it; implements ``server_port.SyncServer``."""

    def __init__(self, make: Callable[[], SyncServer]) -> None:
        self._make = make
        self._made: SyncServer | None = None
        self._making = threading.Lock()

    def push(self, request: PushRequest) -> PushAnswer:
        """Send mutations."""
        return self._server().push(request)

    def quarantine(self, request: PushRequest) -> PushAnswer:
        """Hand in what a revoked device never sent."""
        return self._server().quarantine(request)

    def pull(self, request: PullRequest) -> PullAnswer:
        """Fetch what is new."""
        return self._server().pull(request)

    def heads(self) -> Generator[list[Head]]:
        """The newest positions, as they come."""
        return self._server().heads()

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """Full digests."""
        return self._server().digest(scopes)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """Bucket sums."""
        return self._server().verify(request)

    def rows(self, request: RowsRequest) -> RowsAnswer:
        """Rows by name."""
        return self._server().rows(request)

    def snapshots(self, schema: int) -> list[SnapshotOffer]:
        """Snapshot files that are ready."""
        return self._server().snapshots(schema)

    def snapshot_bytes(self, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        """A snapshot file from a byte on."""
        return self._server().snapshot_bytes(offer, start)

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        """Find one customer of the chain."""
        return self._server().look_up_customer(by, given)

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        return self._server().server_time()

    def interrupt(self) -> None:
        """Break off ``heads``."""
        if self._made is not None:
            self._made.interrupt()

    def close(self) -> None:
        """Let go of every connection."""
        if self._made is not None:
            self._made.close()

    def _server(self) -> SyncServer:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
