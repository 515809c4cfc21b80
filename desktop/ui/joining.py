"""What joining a shop does behind the first page: spend the code, then fetch what is needed to sell. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from desktop.paths import Home
from desktop.settings import Settings
from desktop.usecases.start import Device, opened_device
from shared.clock import Clock
from shared.ids import IdMaker

Report = Callable[[str], None]
"""Tells a step in words; called from the worker's thread."""


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
    from desktop.usecases.synchronise import synchronise
    from shared.sync.wire import PullAnswer

    with closing(server_of(device).heads()) as told:
        heads = next(told, [])
    progress = LoadProgress({head.scope: head.position for head in heads})

    def tell(answer: PullAnswer) -> None:
        for line in progress.lines(answer):
            report(line)

    synchronise(device.replica, engine_of(device, on_page=tell))
