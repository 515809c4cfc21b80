"""Bringing in a file of products, without the widgets: choose, look, then do it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.import_catalogue import ImportReport, import_catalogue
from shared.errors import CounterfoilError


class ImportStep(StrEnum):
    """Where it is."""

    CHOOSE = "choose"
    LOOKING = "looking"
    LOOKED = "looked"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ImportState:
    """The whole page; ``began_at`` is UTC microseconds, for how long it has been going on."""

    step: ImportStep = ImportStep.CHOOSE
    path: Path | None = None
    report: ImportReport | None = None
    problem: str = ""
    began_at: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether the server is at work."""
        return self.step in (ImportStep.LOOKING, ImportStep.RUNNING)


class ImportPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = ImportState()

    def open(self) -> None:
        """Begin anew, unless something is under way."""
        if not self.state.is_busy:
            self._set(step=ImportStep.CHOOSE, path=None, report=None, problem="")

    def choose(self, path: Path) -> None:
        """Look at a file: nothing is written yet."""
        self._run(path, is_dry_run=True)

    def bring_in(self) -> None:
        """Do it."""
        if self.state.path is not None and self.state.step is ImportStep.LOOKED:
            self._run(self.state.path, is_dry_run=False)

    def elapsed_us(self) -> int:
        """How long the running step has taken so far, microseconds."""
        return self.session.office.station.clock.now() - self.state.began_at

    def _run(self, path: Path, *, is_dry_run: bool) -> None:
        if self.state.is_busy:
            return
        step = ImportStep.LOOKING if is_dry_run else ImportStep.RUNNING
        report = None if is_dry_run else self.state.report
        self._set(step=step, path=path, report=report, problem="", began_at=self.session.office.station.clock.now())
        server = self.session.office.importer
        self.session.act(
            lambda desk: import_catalogue(desk, server, path, is_dry_run=is_dry_run), self._take, self._fail
        )

    def _take(self, report: ImportReport) -> None:
        self._set(step=ImportStep.LOOKED if report.is_dry_run else ImportStep.DONE, report=report)

    def _fail(self, failure: CounterfoilError) -> None:
        step = ImportStep.LOOKED if self.state.report is not None else ImportStep.CHOOSE
        self._set(step=step, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
