"""Pictures of the sync centre and the devices page, light and dark: ``python -m tests.helpers.sync_pictures``.

They are for looking at; nothing compares them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.replica import sync_tally
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.ui.display import scale_for
from desktop.ui.equipment import equipment_at
from desktop.ui.screens.office.navigation import PageName
from desktop.ui.screens.office.window import OfficeWindow
from desktop.ui.theme import Theme, apply_theme
from desktop.usecases.line_state import Download
from desktop.usecases.office import Office
from desktop.usecases.support_bundle import Bundle, Part
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from tests.helpers.office_shop import add_refusal, fill_office, sell
from tests.helpers.replica import KEY, NOON, PINS
from tests.helpers.screenshots import SIZES, THEMES
from tests.helpers.sync_lines import OFFLINE, ONLINE, SaidDevices, SaidLine, some_devices

PARTS = (
    Part("README.txt", "what the other files are", "x"),
    Part("doctor.txt", "what is well with this device and what is not", "x"),
    Part("about.json", "versions, and which device this is, without its keys", "x"),
    Part("sync.json", "how the line stands, how far each scope is, the last comparison", "x"),
    Part("changes.json", "changes that wait or were refused: names of fields and shapes, no values", "x"),
    Part("log.txt", "the end of this device's log, names and amounts masked", "x"),
)


class Gallery:
    """The office window with a line that says what a picture needs."""

    def __init__(self, home: Path, size: tuple[int, int]) -> None:
        clock = SettableClock(NOON)
        ids = TimeOrderedIds(clock)
        self.replica = Replica.open(home / "replica.db", KEY, clock=clock, ids=ids)
        with self.replica.write() as unit:
            shop = fill_office(unit.connection)
            me = identity_of(unit.connection)
            came = {"product": 1_204, "price": 310, "stock_level": 2_811, "sale": 24, "setting": 2, "device": 1}
            sync_tally.count_in(unit.connection, NOON, {**came, "customer": 6})
            found = sync_tally.LastVerification(NOON - 3_600_000_000, 104_218, 0, 0, is_whole=True)
            sync_tally.note_verification(unit.connection, found)
        self.shop = shop
        sell(self.replica, clock, home)
        clock.set(NOON + 1_560_000_000)
        self.line = SaidLine(ONLINE, heads={"catalogue": 80, f"store:{shop.store_id}": 60})
        self.devices = SaidDevices(some_devices(me.device_id))
        office = Office(
            self.replica,
            clock=clock,
            ids=ids,
            equipment=equipment_at(home, clock),
            sync=self.line,
            devices=self.devices,
            support=lambda: Bundle(NOON, PARTS),
        )
        office.log_in("ada", PINS["ada"])
        self.window = OfficeWindow(office)
        self.window.resize(*size)
        self.window.show()

    def refuse(self) -> None:
        """Two changes that the server did not take."""
        with self.replica.write() as unit:
            for name in ("TEA-EARL-50", "MUG-BLUE"):
                add_refusal(unit.connection, self.shop.products[name])

    def close(self) -> None:
        self.window.close()
        self.replica.close()


def _waiting(gallery: Gallery) -> None:
    gallery.line.now = replace(OFFLINE, pending=6)
    gallery.window.open_page(PageName.SYNC)
    gallery.window.sync.presenter.choose("waiting")


def _log(gallery: Gallery) -> None:
    gallery.line.now = ONLINE
    gallery.window.sync.presenter.choose("log")
    gallery.window.sync.presenter.look()


def _coming(gallery: Gallery) -> None:
    gallery.line.now = replace(ONLINE, download=Download("catalogue", 12_400_000, 48_000_000))
    gallery.window.session.read_state()
    gallery.window.sync.presenter.look()


def _came(gallery: Gallery) -> None:
    gallery.line.now = ONLINE
    gallery.window.session.read_state()
    gallery.window.sync.presenter.look()


def _refused(gallery: Gallery) -> None:
    gallery.refuse()
    gallery.window.sync.presenter.choose("refused")
    gallery.window.sync.presenter.look()
    gallery.window.session.wait_until_idle()
    gallery.window.sync._sent_table.choose_row(0)


def _verified(gallery: Gallery) -> None:
    gallery.window.sync.presenter.verify()
    gallery.window.sync.presenter.wait_until_verified()
    gallery.window.sync.presenter.choose("accepted")


def _restored(gallery: Gallery) -> None:
    gallery.line.now = replace(ONLINE, is_recovering=True, clock_offset_us=7 * 60_000_000)
    gallery.window.sync.presenter.choose("log")
    gallery.window.sync.presenter.look()


def _bundle(gallery: Gallery) -> None:
    gallery.window.sync.take_key("g")
    gallery.window.sync.bundle.wait_until_idle()


def _devices(gallery: Gallery) -> None:
    gallery.window.open_page(PageName.DEVICES)


def _device(gallery: Gallery) -> None:
    gallery.window.devices.presenter.wait_until_idle()
    gallery.window.devices.table.choose_row(1)


def _asking(gallery: Gallery) -> None:
    gallery.window.devices.presenter.ask_revoke()


def _replacing(gallery: Gallery) -> None:
    gallery.window.devices.presenter.go_back()
    gallery.window.devices.presenter.begin_replacing()


def _new(gallery: Gallery) -> None:
    gallery.window.devices.presenter.begin_new()


def _code(gallery: Gallery) -> None:
    gallery.window.devices.panel.make_code()


def _down(gallery: Gallery) -> None:
    gallery.window.devices.presenter.go_back()
    gallery.devices.is_down = True
    gallery.window.devices.refresh()


PAGES: tuple[tuple[str, Callable[[Gallery], None]], ...] = (
    ("sync-waiting", _waiting),
    ("sync-log", _log),
    ("sync-coming", _coming),
    ("sync-came", _came),
    ("sync-refused", _refused),
    ("sync-verified", _verified),
    ("sync-restored", _restored),
    ("sync-bundle", _bundle),
    ("devices", _devices),
    ("device", _device),
    ("device-revoke", _asking),
    ("device-replace", _replacing),
    ("device-new", _new),
    ("device-code", _code),
    ("devices-down", _down),
)


def draw(folder: Path, theme: str, size: tuple[int, int], wanted: frozenset[str]) -> None:
    """Play through the pages and draw each."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, Theme.named(theme, scale_for(*size)))
    with tempfile.TemporaryDirectory() as place:
        gallery = Gallery(Path(place), size)
        for name, page in PAGES:
            for step in (lambda page=page: page(gallery), application.processEvents, application.processEvents):
                step()
                gallery.window.session.wait_until_idle()
                gallery.window.devices.presenter.wait_until_idle()
                application.processEvents()
            if not wanted or name in wanted:
                gallery.window.grab().save(str(folder / f"{name}-{theme}-{size[0]}.png"))
        gallery.close()


def main() -> None:
    """Draw everything, or the pages named, into ``build/screenshots/sync``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path("build/screenshots/sync")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(sys.argv[1:])
    for theme in THEMES:
        for size in SIZES:
            draw(folder, theme, size, wanted)


if __name__ == "__main__":
    main()
