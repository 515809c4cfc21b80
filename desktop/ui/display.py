"""Qt for one run: the application object, the theme, and pictures of windows drawn without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from desktop.log import logger
from shared.errors import EnvironmentFailure, UserError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

PICTURE_LOGIN_VARIABLE = "COUNTERFOIL_PICTURE_LOGIN"
"""``name:PIN`` of whoever is to be seen in a picture; logs in like at the screen. Read with ``--screenshot`` only."""

_DEFAULT_SIZE = (1280, 800)
_SIZE_MAX = 8_000


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What the command line says about the window.

    Attributes:
        theme: ``light``, ``dark`` or ``contrast``; empty: as the system is set.
        picture: draw one picture into this file and quit.
        size: of the picture, or of the window.
        script: a script to play in the window (a file, or ``-``); empty for none.
        page: which page the picture shows; empty: the first.
        login: (name, PIN) for the picture.
    """

    theme: str = ""
    picture: Path | None = None
    size: tuple[int, int] | None = None
    script: str = ""
    page: str = ""
    login: tuple[str, str] | None = None

    @property
    def picture_size(self) -> tuple[int, int]:
        """The size to draw at, in pixels."""
        return self.size or _DEFAULT_SIZE


def face_options(options: argparse.Namespace) -> FaceOptions:
    """Read the options of ``counterfoil till`` and ``counterfoil office``.

    Raises:
        UserError: ``size_invalid``.
    """
    picture: Path | None = options.screenshot
    name, _, pin = os.environ.get(PICTURE_LOGIN_VARIABLE, "").partition(":")
    return FaceOptions(
        theme=options.theme or "",
        picture=picture,
        size=_size_of(options.size) if options.size else None,
        script=getattr(options, "script", None) or "",
        page=options.screen or "",
        login=(name, pin) if picture is not None and pin else None,
    )


def start_qt(options: FaceOptions) -> Display:
    """The application object with its theme; off-screen for a picture.

    Raises:
        UserError: ``theme_unknown``.
    """
    if options.picture is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    from desktop.ui.theme import Theme, apply_theme

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Counterfoil")
    is_dark = application.styleHints().colorScheme() == Qt.ColorScheme.Dark
    room = application.primaryScreen().availableSize()
    width, height = options.size or (_DEFAULT_SIZE if options.picture else (room.width(), room.height()))
    theme = Theme.named(options.theme or ("dark" if is_dark else "light"), scale_for(width, height))
    apply_theme(application, theme)
    sys.excepthook = _log_bug
    return Display(options, application.exec, application.processEvents)


class Display:
    """Shows one window after the other, or draws it.

    Attributes:
        options: what the command line said.
    """

    def __init__(self, options: FaceOptions, run_events: Callable[[], int], let_events_run: Callable[[], None]) -> None:
        self.options = options
        self._let_events_run = let_events_run
        self._run_events = run_events

    @property
    def is_picture(self) -> bool:
        """Whether a picture is drawn instead of a window shown."""
        return self.options.picture is not None

    def show(self, window: QWidget) -> None:
        """Show a window until it is closed."""
        if self.options.size is None:
            window.showMaximized()
        else:
            window.resize(*self.options.size)
            window.show()
        self._run_events()

    def draw(self, window: QWidget, settle: Callable[[], None]) -> None:
        """Draw a window into the picture file.

        Args:
            window: is shown off-screen and closed again.
            settle: waits until everything it shows is there.

        Raises:
            EnvironmentFailure: ``picture_not_saved``.
        """
        path = self.options.picture
        assert path is not None
        window.resize(*self.options.picture_size)
        window.show()
        settle()
        self._let_events_run()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not window.grab().save(str(path)):
            raise EnvironmentFailure(
                "picture_not_saved",
                f"The picture could not be saved as {path.name}. Choose another place.",
                path=str(path),
            )
        window.close()


def scale_for(width: int, height: int) -> float:
    """How large everything is drawn in a window of this size: 1.0 up to 1280 × 800, growing slower than the window."""
    growth = min(width / _DEFAULT_SIZE[0], height / _DEFAULT_SIZE[1]) - 1.0
    return 1.0 + max(0, min(12, int(growth * 14))) / 20


def _size_of(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) <= _SIZE_MAX and 0 < int(height) <= _SIZE_MAX):
        raise UserError("size_invalid", f"“{text}” is not a size. Write it like 1280x800.", size=text)
    return int(width), int(height)


def _log_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger("ui").error("a bug of ours", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)
