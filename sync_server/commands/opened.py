"""What every command starts from: the home it is asked about, and that home's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import make_engine
from sync_server.db.migrate import migrate as bring_up_to_date
from sync_server.db.sessions import Database
from sync_server.devices.revocation_service import RevocationKeeper
from sync_server.epochs.service import declare_if_needed, marker_of
from sync_server.log import set_up_log
from sync_server.settings import ServerSettings

Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="COUNTERFOIL_HOME", help="Folder of this server's data.", show_default="per user"),
]


def settings_of(home: Path | None) -> ServerSettings:
    """The settings of a home, the user's own where none is named."""
    return ServerSettings() if home is None else ServerSettings(home=home)


@contextmanager
def opened_database(home: Path | None) -> Iterator[Database]:
    """The database of a home, started if need be and brought up to date, for as long as one command takes."""
    settings = settings_of(home)
    set_up_log(settings.log_level)
    clock = SystemClock()
    embedded = None if settings.database_url else EmbeddedPostgres(settings.home)
    url = settings.database_url or (embedded.start() if embedded is not None else "")
    try:
        engine = make_engine(settings, url)
        try:
            bring_up_to_date(engine, clock)
            found = declare_if_needed(engine, marker_of(settings.home), clock)
            keeper = RevocationKeeper(settings.home, clock)
            if not found.is_standby:
                keeper.follow(engine, found.mark.server_id, found.mark.epoch)
            yield Database(engine, clock, TimeOrderedIds(clock))
            if not found.is_standby:
                keeper.follow(engine, found.mark.server_id, found.mark.epoch)
        finally:
            engine.dispose()
    finally:
        if embedded is not None:
            embedded.stop()
