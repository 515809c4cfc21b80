"""The office: who is logged in at the desk, what the frame around every page shows, and the counts beside the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.replica.engine import Replica
from desktop.replica.queries.inbox_list import count_needing_someone
from desktop.replica.queries.shop import waiting_mutations
from desktop.replica.queries.stores import people_of
from desktop.replica.queries.sync_log import outbox_counts
from desktop.usecases.desk import Desk
from desktop.usecases.import_catalogue import CatalogueDesk
from desktop.usecases.line_state import line_facts
from desktop.usecases.log_in import log_in, log_out
from desktop.usecases.manage_devices import DevicesDesk
from desktop.usecases.ports import Equipment, SyncPort
from desktop.usecases.review_sync import OutboxLine, SyncView, outbox_lines, show_sync, try_now
from desktop.usecases.station import Station
from desktop.usecases.support_bundle import Bundle
from desktop.usecases.sync_words import explanation_of, headline_of
from shared.clock import Clock
from shared.errors import EnvironmentFailure, UserError
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
        devices: the server's list of devices; None likewise.
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
        devices: DevicesDesk | None = None,
        support: Callable[[], Bundle] | None = None,
    ) -> None:
        self.station = Station.start(replica, clock=clock, ids=ids, equipment=equipment, sync=sync)
        self.importer = importer
        self.devices = devices
        self._support = support

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
        line = line_facts(self.station.sync)
        if self.station.facts is None:
            return OfficeState("", "", explanation_of(line, waiting=0), is_online=False)
        with self.replica.read() as connection:
            waiting = waiting_mutations(connection)
            conflicts = count_needing_someone(connection)
            refused = outbox_counts(connection)["refused"]
        user = self.station.user
        words = headline_of(
            line,
            waiting=waiting,
            as_of=self.station.identity.consistent_at,
            now=self.station.clock.now(),
            time_zone=self.station.store.time_zone,
        )
        return OfficeState(
            store_name=self.station.store.name,
            device_name=self.station.identity.name,
            connection=words,
            is_online=line.is_online,
            person="" if user is None else f"{user.display_name} · {user.role.capitalize()}",
            conflicts=conflicts,
            waiting=waiting,
            refused=refused,
        )

    def sync_view(self) -> SyncView:
        """The sync centre. Raises ``UserError`` ``not_allowed``."""
        self.desk().require(Permission.USE_OFFICE)
        return show_sync(self.station)

    def outbox_lines(self, numbers: Sequence[int]) -> list[OutboxLine | None]:
        """Lines of the sync centre's lists."""
        return outbox_lines(self.station, numbers)

    def gather_support(self) -> Bundle:
        """What a support bundle of this device would hold; takes some seconds, writes nothing.

        Raises:
            UserError: ``not_allowed``.
            EnvironmentFailure: ``support_unavailable``.
        """
        self.desk().require(Permission.MANAGE_SYNC)
        if self._support is None:
            raise EnvironmentFailure("support_unavailable", "Use counterfoil support-bundle on this device.")
        return self._support()

    def sync_now(self) -> None:
        """Try the server now rather than when it is due. Raises ``UserError`` ``not_allowed``."""
        self.desk().require(Permission.MANAGE_SYNC)
        try_now(self.station)
