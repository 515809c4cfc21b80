"""The two faces, put together: from an open home to a window, and back. Nothing heavy before the first paint."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from desktop.paths import Home
from desktop.replica.identity import find_identity
from desktop.replica.queries.shop import store_facts, usernames
from desktop.settings import settings_from
from desktop.ui.display import Display, face_options, start_qt
from desktop.usecases.start import Device, not_enrolled, opened_device
from shared.clock import SystemClock, datetime_at
from shared.errors import CounterfoilError, UserError
from shared.ids import TimeOrderedIds

if TYPE_CHECKING:
    from desktop.replica.changes import Changes
    from desktop.sync.engine import SyncEngine
    from desktop.ui.executor import Executor
    from desktop.ui.screens.first_run.presenter import Enrol
    from desktop.ui.screens.till.parts import TillParts
    from desktop.ui.screens.till.window import TillWindow
    from desktop.ui.till.session import TillSession
    from desktop.usecases.support_bundle import Bundle
    from desktop.usecases.till import Till

_CATALOGUE = ("quick_key", "category", "product", "price")


def run_till(home: Home, options: argparse.Namespace) -> int:
    """Open the till; gives the exit code.

    Raises:
        UserError: ``not_enrolled`` for a picture of a home without a shop; ``theme_unknown``, ``size_invalid``.
        EnvironmentFailure: what keeps the home from opening, after it was shown.
    """
    return _run_face(home, options, _till_at)


def run_office(home: Home, options: argparse.Namespace) -> int:
    """Open the back office; gives the exit code. Raises as ``run_till``."""
    return _run_face(home, options, _office_at)


def _run_face(home: Home, options: argparse.Namespace, face: Callable[[Device, Display], None]) -> int:
    display = start_qt(face_options(options))
    if not home.replica.exists() and not _join(home, display):
        return 0
    try:
        _open_face(home, display, face)
    except UserError as error:
        # An enrolment that broke off left a replica that belongs to nobody yet.
        if error.code != "not_enrolled" or display.is_picture:
            raise
        if _join(home, display):
            _open_face(home, display, face)
    return 0


def _open_face(home: Home, display: Display, face: Callable[[Device, Display], None]) -> None:
    with (
        _told_on_screen(display),
        opened_device(home, settings_from(), clock=SystemClock(), ids=TimeOrderedIds()) as device,
    ):
        if _is_filled(device) or _fill(device, display):
            face(device, display)


# The till ------------------------------------------------------------------------------------------------------------


def _till_at(device: Device, display: Display) -> None:
    from desktop.sync.connect import engine_of
    from desktop.ui.arrivals import Arrivals
    from desktop.ui.equipment import equipment_at
    from desktop.ui.screens.till.window import TillWindow
    from desktop.ui.till.session import TillSession
    from desktop.usecases.till import Till

    arrivals = Arrivals()
    engine = engine_of(device, on_changes=arrivals.tell)
    equipment = equipment_at(device.home.folder, device.clock)
    till = Till(device.replica, clock=device.clock, ids=device.ids, equipment=equipment, sync=engine)
    _log_in_for_picture(display, till.login)
    with _worker("till") as executor:
        session = TillSession(till, executor)
        window = TillWindow(session, _parts_of(device, till, engine))
        arrivals.arrived.connect(lambda changes: _take_changes(window, session, changes))
        if display.is_picture:
            display.draw(window, lambda: _settle_till(window, executor, display.options.page))
            return
        if display.options.script:
            _play_script(window, display, till, session, engine)
            return
        with _running(engine):
            display.show(window)


def _play_script(window: TillWindow, display: Display, till: Till, session: TillSession, engine: SyncEngine) -> None:
    """Play a script in the window; it closes when the script is over. Nothing syncs on its own meanwhile."""
    from PySide6.QtCore import QTimer

    from desktop.ui.script import lines_of, write_answer
    from desktop.ui.script_stage import Stage
    from desktop.ui.scripted_window import ScriptedWindow

    player = ScriptedWindow(session, Stage(till, till.station.clock, engine), write_answer)
    player.ended.connect(window.close)
    lines = lines_of(display.options.script)
    QTimer.singleShot(0, lambda: player.start(lines))
    display.show(window)


def _parts_of(device: Device, till: Till, engine: SyncEngine) -> TillParts:
    from desktop.ui.screens.login.presenter import PersonView
    from desktop.ui.screens.till.parts import TillParts
    from desktop.ui.sounds import Sounds

    def people() -> Sequence[PersonView]:
        with device.replica.read() as connection:
            return [PersonView(username, name) for username, name in usernames(connection, store.id)]

    def now_text() -> str:
        return datetime_at(device.clock.now(), store.time_zone).strftime("%H:%M")

    store = till.station.store

    return TillParts(
        people=people,
        now_text=now_text,
        receipts=device.home.folder / "receipts",
        sync_now=engine.wake,
        sounds=Sounds(),
        support=lambda: _gathered(device, engine),
    )


def _take_changes(window: TillWindow, session: TillSession, changes: Changes) -> None:
    session.refresh()
    if changes.touches(*_CATALOGUE):
        window.conductor.sell.load_tabs()


def _settle_till(window: TillWindow, executor: Executor, page: str) -> None:
    if page:
        window.conductor.open_named(page)
    executor.wait_until_idle()


# The office ----------------------------------------------------------------------------------------------------------


def _office_at(device: Device, display: Display) -> None:
    from desktop.sync.connect import CatalogueLine, DevicesLine, engine_of
    from desktop.ui.arrivals import Arrivals
    from desktop.ui.equipment import equipment_at
    from desktop.ui.screens.office.navigation import PageName
    from desktop.ui.screens.office.window import OfficeWindow
    from desktop.usecases.office import Office

    arrivals = Arrivals()
    engine = engine_of(device, on_changes=arrivals.tell)
    office = Office(
        device.replica,
        clock=device.clock,
        ids=device.ids,
        equipment=equipment_at(device.home.folder, device.clock),
        sync=engine,
        importer=CatalogueLine(device),
        devices=DevicesLine(device),
        support=lambda: _gathered(device, engine),
    )
    _log_in_for_picture(display, office.log_in)
    window = OfficeWindow(office)
    arrivals.arrived.connect(window.take_changes)
    if display.is_picture:

        def settle() -> None:
            if display.options.page:
                window.open_page(PageName(display.options.page))
            window.session.wait_until_idle()

        display.draw(window, settle)
        return
    with _running(engine):
        display.show(window)


def _gathered(device: Device, engine: SyncEngine) -> Bundle:
    """The support bundle of this device; on a worker."""
    from desktop.sync.transport import HttpEnrolmentDesk
    from desktop.usecases.line_state import line_facts
    from desktop.usecases.support_bundle import gather

    return gather(
        device.home,
        settings_from(),
        HttpEnrolmentDesk,
        clock=device.clock,
        ids=device.ids,
        replica=device.replica,
        line=line_facts(engine),
    )


# Around both ---------------------------------------------------------------------------------------------------------


def _join(home: Home, display: Display) -> bool:
    """Ask for server and code; whether the home belongs to a shop when the window is gone."""
    if display.is_picture:
        raise not_enrolled()
    from desktop.ui.joining import Joining

    joining = Joining(home, settings_from(), SystemClock(), TimeOrderedIds())
    return _show_first_run(display, joining.join)


def _is_filled(device: Device) -> bool:
    """Whether the shop has come down; raises ``not_enrolled`` where the enrolment itself is missing."""
    with device.replica.read() as connection:
        identity = find_identity(connection)
        if identity is None:
            raise not_enrolled()
        return store_facts(connection, identity.store_id) is not None


def _fill(device: Device, display: Display) -> bool:
    """Take a first load up that broke off."""
    from desktop.ui.joining import fill

    if display.is_picture:
        raise not_enrolled()
    return _show_first_run(display, lambda _url, _code, report: fill(device, report), is_resumed=True)


def _show_first_run(display: Display, join: Enrol, *, is_resumed: bool = False) -> bool:
    from desktop.ui.screens.first_run.presenter import FirstRunPresenter
    from desktop.ui.screens.first_run.window import FirstRunWindow

    with _worker("join") as executor:
        presenter = FirstRunPresenter(join, executor, is_resumed=is_resumed)
        window = FirstRunWindow(presenter)
        if is_resumed:
            presenter.submit()
        display.show(window)
        return window.has_joined


def _log_in_for_picture(display: Display, log_in: Callable[[str, str], None]) -> None:
    if display.options.login is not None:
        log_in(*display.options.login)


@contextmanager
def _told_on_screen(display: Display) -> Iterator[None]:
    """What keeps the program from opening is shown in a window before it goes to the caller."""
    try:
        yield
    except CounterfoilError as error:
        if not display.is_picture and error.code != "not_enrolled":
            from desktop.ui.screens.first_run.window import TroubleWindow

            display.show(TroubleWindow(error.message))
        raise


@contextmanager
def _worker(name: str) -> Iterator[Executor]:
    from desktop.ui.executor import Executor

    executor = Executor(name)
    try:
        yield executor
    finally:
        executor.close()


@contextmanager
def _running(engine: SyncEngine) -> Iterator[None]:
    """Sync in the background, begun after the first paint."""
    from PySide6.QtCore import QTimer

    QTimer.singleShot(0, engine.start)
    try:
        yield
    finally:
        engine.stop()
