"""The office: who is logged in at the desk, what the frame around every page shows, and the counts beside the pages."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.replica.engine import Replica
from desktop.replica.queries.inbox_list import count_needing_someone
from desktop.replica.queries.shop import waiting_mutations
from desktop.replica.queries.stores import people_of
from desktop.replica.queries.sync_log import outbox_counts
from desktop.usecases.desk import Desk
from desktop.usecases.import_catalogue import CatalogueDesk
from desktop.usecases.log_in import log_in, log_out
from desktop.usecases.ports import Equipment, SyncPort
from desktop.usecases.review_sync import SyncControl, SyncView, headline, show_sync
from desktop.usecases.station import Station
from shared.clock import Clock
from shared.errors import UserError
from shared.ids import IdMaker
from shared.permissions import Permission, is_allowed


@dataclass(frozen=True, slots=True)
class OfficeState:
    """The frame: connection, person, and the figures beside the pages' names.

    Attributes:
        connection: the chip's words; ``is_online`` says its tone.
        person: ``Jonas P. · Merchandiser``; empty while nobody is logged in.
        conflicts: entries that need somebody.
        refused: changes of this device that the server did not take.
    """

    store_name: str
    device_name: str
    connection: str
    is_online: bool
    person: str = ""
    conflicts: int = 0
    waiting: int = 0
    refused: int = 0


class Office:
    """One office desk.

    Attributes:
        station: the device, its equipment and who is logged in; shared with the intentions of the till.
        importer: sends catalogue files to the server; None where there is no server to send to.
    """

    def __init__(
        self,
        replica: Replica,
        *,
        clock: Clock,
        ids: IdMaker,
        equipment: Equipment,
        sync: SyncPort | None = None,
        importer: CatalogueDesk | None = None,
    ) -> None:
        self.station = Station.start(replica, clock=clock, ids=ids, equipment=equipment, sync=sync)
        self.importer = importer

    @property
    def replica(self) -> Replica:
        """This device's replica."""
        return self.station.replica

    @property
    def is_logged_in(self) -> bool:
        """Whether somebody works at the desk."""
        return self.station.user is not None

    def log_in(self, username: str, pin: str) -> None:
        """Log a person in who may use the office.

        Raises:
            UserError: ``pin_wrong``, ``pin_delayed``, ``not_enrolled``, ``not_allowed``.
        """
        log_in(self.station, username, pin)
        person = self.station.person()
        if not is_allowed(person.role, Permission.USE_OFFICE):
            log_out(self.station)
            raise UserError("not_allowed", f"{person.display_name} may not use the office. Ask a manager.")

    def log_out(self) -> None:
        """Lock the desk."""
        log_out(self.station)

    def people(self) -> tuple[tuple[str, str], ...]:
        """(username, display name) of everybody who may use the office in this store."""
        with self.replica.read() as connection:
            known = people_of(connection, self.station.store.id)
        return tuple((username, name) for username, name, role in known if is_allowed(role, Permission.USE_OFFICE))

    def desk(self) -> Desk:
        """The desk of whoever is logged in. Raises ``UserError`` ``not_logged_in``."""
        return Desk.at(self.station)

    def state(self) -> OfficeState:
        """The frame around every page; reads the replica only."""
        self.station.refresh()
        is_online, since = self._connection()
        with self.replica.read() as connection:
            waiting = waiting_mutations(connection)
            conflicts = count_needing_someone(connection)
            refused = outbox_counts(connection)["refused"]
        user = self.station.user
        words = "Online" if is_online else "Offline"
        if user is not None:
            words = headline(self.desk(), is_online=is_online, since=since, waiting=waiting)
        return OfficeState(
            store_name=self.station.store.name,
            device_name=self.station.identity.name,
            connection=words,
            is_online=is_online,
            person="" if user is None else f"{user.display_name} · {user.role.capitalize()}",
            conflicts=conflicts,
            waiting=waiting,
            refused=refused,
        )

    def sync_view(self) -> SyncView:
        """The sync centre. Raises ``UserError`` ``not_allowed``."""
        is_online, since = self._connection()
        return show_sync(self.desk(), is_online=is_online, since=since)

    def sync_now(self) -> None:
        """Try the server now rather than when it is due. Raises ``UserError`` ``not_allowed``."""
        self.desk().require(Permission.MANAGE_SYNC)
        sync = self.station.sync
        if sync is not None:
            sync.go_online()
        if isinstance(sync, SyncControl):
            sync.wake()

    def _connection(self) -> tuple[bool, int | None]:
        sync = self.station.sync
        if sync is None:
            return False, None
        status = sync.status()
        return status.is_online, status.since
