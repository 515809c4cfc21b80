"""Pictures of the conflicts and customers pages, light and dark: ``python -m tests.helpers.conflict_pictures``.

They are for looking at; nothing compares them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.replica.engine import Replica
from desktop.replica.queries.inbox_list import Shown
from desktop.ui.display import scale_for
from desktop.ui.equipment import equipment_at
from desktop.ui.screens.office.navigation import PageName
from desktop.ui.screens.office.window import OfficeWindow
from desktop.ui.theme import Theme, apply_theme
from desktop.usecases.office import Office
from shared.clock import SettableClock
from shared.customers.same_person import AliasState, proposal_entry_id
from shared.ids import TimeOrderedIds
from tests.helpers.inbox_entries import INES, PAIR, fill_inbox
from tests.helpers.office_shop import fill_office, shop_id
from tests.helpers.replica import KEY, NOON, PINS
from tests.helpers.screenshots import SIZES, THEMES


def _conflict(window: OfficeWindow) -> None:
    window.open_page(PageName.CONFLICTS)
    window.conflicts.presenter.show(shop_id("inbox", "candle"))


def _removal(window: OfficeWindow) -> None:
    window.conflicts.presenter.show(shop_id("inbox", "barcode"))


def _selected(window: OfficeWindow) -> None:
    for name in ("candle", "ines"):
        window.conflicts.presenter.toggle(shop_id("inbox", name))
    window.conflicts.presenter.show(shop_id("inbox", "ines"))


def _pair(window: OfficeWindow) -> None:
    window.conflicts.presenter.clear_selection()
    window.conflicts.presenter.show(proposal_entry_id(PAIR))


def _merged(window: OfficeWindow) -> None:
    window.conflicts.presenter.choose(Shown.MERGED)


def _nothing(window: OfficeWindow) -> None:
    window.conflicts.presenter.choose(Shown.DECIDED)


def _customer(window: OfficeWindow) -> None:
    window.open_page(PageName.CUSTOMERS)
    window.customers.show_customer(INES)


def _comparing(window: OfficeWindow) -> None:
    window.customers.presenter.compare()


def _joined(window: OfficeWindow) -> None:
    window.customers.presenter.decide_pair(AliasState.MERGED)


def _choosing(window: OfficeWindow) -> None:
    window.customers.presenter.close_pair()
    window.customers.begin_join()


def _beside(window: OfficeWindow) -> None:
    window.customers.table.selectRow(0)


PAGES: tuple[tuple[str, Callable[[OfficeWindow], None]], ...] = (
    ("conflict", _conflict),
    ("removal", _removal),
    ("selected", _selected),
    ("pair", _pair),
    ("merged", _merged),
    ("nothing", _nothing),
    ("customer", _customer),
    ("comparing", _comparing),
    ("joined", _joined),
    ("choosing", _choosing),
    ("beside", _beside),
)


def draw(folder: Path, theme: str, size: tuple[int, int]) -> None:
    """Play through the pages and draw each."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, Theme.named(theme, scale_for(*size)))
    clock = SettableClock(NOON)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        replica = Replica.open(home / "replica.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
        with replica.write() as unit:
            fill_inbox(unit.connection, fill_office(unit.connection))
        office = Office(replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment_at(home, clock))
        office.log_in("jonas", PINS["jonas"])
        window = OfficeWindow(office)
        window.resize(*size)
        window.show()
        for name, page in PAGES:
            for step in (lambda page=page: page(window), application.processEvents, application.processEvents):
                step()
                window.session.wait_until_idle()
                application.processEvents()
            window.grab().save(str(folder / f"{name}-{theme}-{size[0]}.png"))
        window.close()
        replica.close()


def main() -> None:
    """Draw everything into ``build/screenshots/conflicts``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path("build/screenshots/conflicts")
    folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        for size in SIZES:
            draw(folder, theme, size)


if __name__ == "__main__":
    main()
