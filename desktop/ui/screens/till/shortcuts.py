"""Keys of the action table bound to a window: the same on every page, two actions never on one key at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.ui.actions import ACTIONS, Action, Place
from desktop.ui.screens.till.pages import Page

LOCAL_KEYS = frozenset(("Return", "Esc"))
"""Keys that the focused field or page answers itself."""

_SELLING = frozenset((Place.SELL, Place.SHIFT, Place.EVERYWHERE))
PLACES_BY_PAGE: dict[Page, frozenset[Place]] = {
    Page.FIRST_RUN: frozenset((Place.EVERYWHERE,)),
    Page.LOGIN: frozenset((Place.EVERYWHERE,)),
    Page.OPEN_SHIFT: frozenset((Place.EVERYWHERE,)),
    Page.SELL: _SELLING,
    Page.CUSTOMER: _SELLING,
    Page.PARKED: _SELLING,
    Page.RETURNS: _SELLING,
    Page.BLIND_RETURN: _SELLING,
    Page.SHIFT: _SELLING,
    Page.HELP: _SELLING,
    Page.SYNC: _SELLING,
    Page.RECEIPT: _SELLING | {Place.RECEIPT},
    Page.PAYMENT: _SELLING | {Place.PAYMENT},
}
"""Which places' actions a page offers."""


class Shortcuts:
    """The window's shortcuts.

    Attributes:
        actions: the ``QAction`` of every bound action by its name.
    """

    def __init__(self, window: QWidget, handlers: Mapping[str, Callable[[], None]]) -> None:
        self.actions: dict[str, QAction] = {}
        for name, handler in handlers.items():
            action = ACTIONS[name]
            if action.key and action.key not in LOCAL_KEYS:
                self.actions[name] = self._bind(window, action, handler)

    def enable_for(self, page: Page) -> None:
        """Let only the keys of a page's places through; of two on one key the page's own place wins."""
        places = PLACES_BY_PAGE[page]
        own = {Page.PAYMENT: Place.PAYMENT, Page.RECEIPT: Place.RECEIPT}.get(page)
        taken = {ACTIONS[name].key for name in self.actions if own is not None and own in ACTIONS[name].places}
        for name, bound in self.actions.items():
            action = ACTIONS[name]
            is_own = own is not None and own in action.places
            bound.setEnabled(is_own or (bool(action.places & places) and action.key not in taken))

    def _bind(self, window: QWidget, action: Action, handler: Callable[[], None]) -> QAction:
        bound = QAction(action.text, window)
        bound.setShortcut(QKeySequence(action.key))
        bound.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        bound.setAutoRepeat(False)
        bound.triggered.connect(lambda _checked=False: handler())
        window.addAction(bound)
        return bound
