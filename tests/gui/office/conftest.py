"""The office window over a real encrypted replica of a filled shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.replica.engine import Replica
from desktop.ui.screens.office.window import OfficeWindow
from desktop.usecases.office import Office
from tests.helpers.office_shop import clock, office, office_file, office_replica, office_shop
from tests.helpers.replica import PINS

__all__ = ["clock", "office", "office_file", "office_replica", "office_shop"]


@dataclass
class OfficeBench:
    """The window with what a test does to it."""

    window: OfficeWindow
    replica: Replica

    def settle(self) -> None:
        """Let everything that is under way be delivered."""
        for _ in range(3):
            QCoreApplication.processEvents()
            self.window.session.wait_until_idle()
        QCoreApplication.processEvents()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key wherever the keyboard is."""
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifier)
        self.settle()

    def type(self, text: str, into: QWidget | None = None) -> None:
        """Type where the keyboard is, or into a field."""
        if into is not None:
            into.setFocus()
        target = into or QApplication.focusWidget()
        QTest.keyClicks(target, text)
        self.settle()

    def outbox(self) -> list[tuple[str, str]]:
        """(name, state) of what this device did, in order."""
        with self.replica.read() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql("SELECT name, state FROM outbox")]

    def names(self) -> list[str]:
        """The first names the products page shows."""
        model = self.window.products.model
        return [str(model.index(row, 0).data()) for row in range(min(model.rowCount(), 40))]


@pytest.fixture
def door(qapp: QApplication, office: Office, office_replica: Replica) -> Iterator[OfficeBench]:
    """The window at its log-in page."""
    window = OfficeWindow(office)
    window.resize(1280, 800)
    window.show()
    bench = OfficeBench(window, office_replica)
    bench.settle()
    yield bench
    window.products.presenter.undo()
    window.customers.presenter.undo()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def desk(door: OfficeBench) -> OfficeBench:
    """The window with Jonas, the merchandiser, logged in."""
    door.window.session.log_in("jonas", PINS["jonas"], door.window.login._succeed, door.window.login._fail)
    door.settle()
    return door
