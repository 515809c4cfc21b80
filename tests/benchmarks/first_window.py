"""The till program, unchanged but for a stop-watch: says when its window can take a scan, and quits.

``python -m tests.benchmarks.first_window HOME BEGAN_NS USER PIN`` prints the milliseconds since ``BEGAN_NS`` of the
monotonic clock and the resident megabytes, once the window with the selling page is painted. Whoever sells is logged in
on the way, as for a picture.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop import main as program
from desktop.ui import application, display

if TYPE_CHECKING:
    import argparse

    from PySide6.QtWidgets import QWidget


def main() -> None:
    home, began_ns, user, pin = sys.argv[1:]

    def options_with_login(options: argparse.Namespace) -> display.FaceOptions:
        return replace(display.face_options(options), login=(user, pin))

    def show_with_stop_watch(shown: display.Display, window: QWidget) -> None:
        _watch(window, int(began_ns))
        show(shown, window)

    show = display.Display.show
    application.face_options = options_with_login
    display.Display.show = show_with_stop_watch
    program.main(["till", "--home", home])


def _watch(window: QWidget, began_ns: int) -> None:
    from PySide6.QtCore import QEvent, QObject, QTimer

    class StopWatch(QObject):
        """Waits for the window's first paint; what is under way then is painted before a timer of no time fires."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                window.removeEventFilter(self)
                QTimer.singleShot(0, self._stop)
            return super().eventFilter(watched, event)

        def _stop(self) -> None:
            took_ms = (time.monotonic_ns() - began_ns) / 1e6
            page = window.conductor.page.name
            sys.stdout.write(f"{page} {took_ms:.1f} {_resident_mb():.1f}\n")
            sys.stdout.flush()
            window.close()

    window.installEventFilter(StopWatch(window))


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
