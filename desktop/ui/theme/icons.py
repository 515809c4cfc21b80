"""Icons of one weight, recoloured by token; the icon font is loaded the first time one is asked for.

Names are ours, so that a screen says what it means and the drawing can change in one place.
"""

from __future__ import annotations

from importlib import import_module

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmap

from desktop.ui.theme.theme import current_theme

_GLYPHS = {
    "find": "ph.magnifying-glass",
    "backspace": "ph.backspace",
    "back": "ph.arrow-left",
    "check": "ph.check",
    "close": "ph.x",
    "customer": "ph.user",
    "delete": "ph.trash",
    "edit": "ph.pencil-simple",
    "help": "ph.question",
    "lock": "ph.lock-simple",
    "look": "ph.warning",
    "offline": "ph.cloud-slash",
    "online": "ph.cloud-check",
    "park": "ph.tray",
    "print": "ph.printer",
    "receipt": "ph.receipt",
    "refused": "ph.x-circle",
    "return": "ph.arrow-u-up-left",
    "stock": "ph.package",
    "sync": "ph.arrows-clockwise",
    "tag": "ph.tag",
    "add": "ph.plus",
    "down": "ph.caret-down",
    "right": "ph.caret-right",
    "clock": "ph.clock",
    "store": "ph.storefront",
    "pdf": "ph.file-pdf",
}


def icon_names() -> tuple[str, ...]:
    """Every name that can be asked for."""
    return tuple(_GLYPHS)


def icon_pixmap(name: str, size_px: int, colour: str) -> QPixmap:
    """The icon in one colour (``#RRGGBB``), ``size_px`` pixels square.

    Raises:
        KeyError: no icon has this name.
    """
    # Imported here: the icon font takes longer to load than the rest of the window, and the first paint needs none.
    qtawesome = import_module("qtawesome")
    icon: QIcon = qtawesome.icon(_GLYPHS[name], color=colour)
    return icon.pixmap(QSize(size_px, size_px))


def toned_icon(name: str, size_px: int, colour: str = "ink_2") -> QPixmap:
    """The icon in the colour of a token of the theme in force."""
    theme = current_theme()
    return icon_pixmap(name, theme.px(size_px), str(getattr(theme.tokens, colour)))
