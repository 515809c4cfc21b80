"""The numeric pad: twelve large keys that type into whatever the page says."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop.ui.theme import Space, Target, TypeRole, current_theme
from desktop.ui.widgets.buttons import ActionButton, ButtonLayout

BACKSPACE = "backspace"
_ROWS = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"))


class NumericPad(QWidget):
    """Keys 0–9, one more of the page's choice (``00``, ``.`` or none) and backspace.

    Its keys take no keyboard focus, so that typing goes on in the field beside it.

    Signals:
        pressed(str): a digit, the extra key's text, or ``BACKSPACE``.
    """

    pressed = Signal(str)

    def __init__(self, extra: str = "00", *, least_height: int = Target.MONEY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(current_theme().px(Space.S + 1))
        for row, keys in enumerate(_ROWS):
            for column, key in enumerate(keys):
                grid.addWidget(self._key(key, least_height), row, column)
        if extra:
            grid.addWidget(self._key(extra, least_height), 3, 0)
        grid.addWidget(self._key("0", least_height), 3, 1)
        grid.addWidget(self._key(BACKSPACE, least_height), 3, 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _key(self, name: str, least_height: int) -> ActionButton:
        is_backspace = name == BACKSPACE
        key = ActionButton(
            "Delete the last figure" if is_backspace else name,
            icon_name=BACKSPACE if is_backspace else "",
            role=TypeRole.PAD,
            layout=ButtonLayout.INLINE,
            least_height=least_height,
        )
        key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        key.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        key.clicked.connect(lambda: self.pressed.emit(name))
        return key
