"""Stands before the server while files to start from come: counts their bytes, and lets somebody stop or hold them.

Stopped for good, the rows come by pages instead. Held (the device was switched offline), what has come is kept, and the
next cycle goes on at that byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from desktop.sync.server_port import SyncServer
from desktop.usecases.line_state import Download
from shared.errors import EnvironmentFailure
from shared.schema.registry import CATALOGUE_SCOPE
from shared.sync.wire import PullAnswer, PullRequest, SnapshotOffer

UNWANTED = "snapshot_unwanted"


class SnapshotMeter:
    """One server as ``Bootstrap`` sees it; everything but files and pulls goes through as it is.

    Args:
        server: the one that answers.
        on_download: told, from the thread that fetches, how far the file under way is.
    """

    def __init__(self, server: SyncServer, on_download: Callable[[Download], None] = lambda _: None) -> None:
        self._server = server
        self._on_download = on_download
        self._download: Download | None = None
        self._is_unwanted = False
        self._is_held = False

    @property
    def download(self) -> Download | None:
        """The file that is coming, or that has come and is being put in place; None where there is none."""
        return self._download

    def skip(self) -> None:
        """No files any more, until the program starts again: the rows come by pages."""
        self._is_unwanted = True

    def hold(self, *, is_held: bool) -> None:
        """Let no more bytes come, or let them come again."""
        self._is_held = is_held

    def __getattr__(self, name: str) -> object:
        """Whatever else the server can do."""
        return getattr(self._server, name)

    def snapshots(self, schema: int) -> list[SnapshotOffer]:
        """The files that are ready; none where nobody wants them."""
        return [] if self._is_unwanted else self._server.snapshots(schema)

    def snapshot_bytes(self, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        """A file from a byte on. Raises ``EnvironmentFailure`` ``snapshot_unwanted`` or ``offline`` once stopped."""
        what = "catalogue" if offer.scope == CATALOGUE_SCOPE else "stock levels"
        received = start
        try:
            for chunk in self._server.snapshot_bytes(offer, start):
                received += len(chunk)
                self._tell(Download(what, received, offer.size))
                yield chunk
                self._check()
        finally:
            if received < offer.size:
                self._download = None

    def pull(self, request: PullRequest) -> PullAnswer:
        """Fetch what is new: whatever file came before is in place."""
        self._download = None
        return self._server.pull(request)

    def _tell(self, download: Download) -> None:
        self._download = download
        self._on_download(download)

    def _check(self) -> None:
        if self._is_unwanted:
            raise EnvironmentFailure(UNWANTED, "The file was not wanted any more. The rows come by pages instead.")
        if self._is_held:
            raise EnvironmentFailure("offline", "This device is switched offline. The file goes on where it stopped.")


def metered(meter: SnapshotMeter) -> SyncServer:
    """The server behind the meter."""
    return cast("SyncServer", meter)
