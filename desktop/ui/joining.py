"""What joining a shop does behind the first page: spend the code, then fetch what is needed to sell. Free of Qt."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from desktop.paths import Home
from desktop.settings import Settings
from desktop.usecases.start import Device, opened_device
from shared.clock import Clock
from shared.ids import IdMaker


class Report(Protocol):
    """Tells how far it is; called from the worker's thread."""

    def __call__(self, step: str, per_mille: int | None = None, /) -> None:
        """A step in words, and its share where it is known. Whatever it raises ends what is under way."""
        ...


@dataclass(frozen=True, slots=True)
class Joining:
    """Joins one home to a server."""

    home: Home
    settings: Settings
    clock: Clock
    ids: IdMaker

    def join(self, url: str, code: str, report: Report) -> None:
        """Spend a one-time code and fill the new replica.

        Raises:
            UserError: ``enrol_code_invalid`` and those of ``enrol``.
            EnvironmentFailure: ``server_unreachable`` and others; what was begun is taken up at the next try.
        """
        # Imported here: HTTP and cryptography are not needed by a device that has joined.
        from desktop.sync.device_key import public_key_text
        from desktop.sync.transport import HttpEnrolmentDesk
        from desktop.usecases.enrol import enrol

        report("Asking the server")
        enrolled = enrol(
            self.home,
            self.settings,
            HttpEnrolmentDesk(url),
            code,
            public_key_text=public_key_text,
            clock=self.clock,
            ids=self.ids,
        )
        report(f"Joined as {enrolled.identity.name}. Fetching the shop")
        with opened_device(self.home, self.settings, clock=self.clock, ids=self.ids) as device:
            fill(device, report)


def fill(device: Device, report: Report) -> None:
    """Fetch everything this device needs, telling how far it is.

    Raises:
        EnvironmentFailure: ``server_unreachable`` and others; what came stays.
    """
    from desktop.sync.connect import engine_of, server_of
    from desktop.sync.progress import LoadProgress
    from desktop.usecases.line_state import Download
    from desktop.usecases.sync_words import download_text
    from desktop.usecases.synchronise import synchronise
    from shared.sync.wire import PullAnswer

    with closing(server_of(device).heads()) as told:
        heads = next(told, [])
    progress = LoadProgress({head.scope: head.position for head in heads})

    def tell(answer: PullAnswer) -> None:
        for line in progress.lines(answer):
            report(line)

    def tell_bytes(download: Download) -> None:
        report(f"Fetching the {download.what} · {download_text(download)}", download.per_mille)

    synchronise(device.replica, engine_of(device, on_page=tell, on_download=tell_bytes))
