"""The theme in force: tokens, fonts and sizes together, applied to the whole application at once."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from desktop.ui.theme.stylesheet import stylesheet
from desktop.ui.theme.tokens import LIGHT, TOKENS_BY_NAME, Ink, Tokens, Tone, mix
from desktop.ui.theme.typography import TypeRole, TypeScale
from shared.errors import UserError


class Theme:
    """Colours, fonts and sizes.

    Attributes:
        tokens: the colours.
        scale: the user's size setting, 1.0 for 100 %.
    """

    def __init__(self, tokens: Tokens, scale: float = 1.0) -> None:
        self.tokens = tokens
        self.scale = scale
        self._type = TypeScale(scale)

    @classmethod
    def named(cls, name: str, scale: float = 1.0) -> Theme:
        """The theme ``light``, ``dark`` or ``contrast``.

        Raises:
            UserError: ``theme_unknown``.
        """
        tokens = TOKENS_BY_NAME.get(name)
        if tokens is None:
            known = ", ".join(TOKENS_BY_NAME)
            raise UserError("theme_unknown", f"There is no theme “{name}”. Use one of: {known}.", theme=name)
        return cls(tokens, scale)

    def font(self, role: TypeRole) -> QFont:
        """The font of a role."""
        return self._type.font(role)

    def px(self, pixels: float) -> int:
        """Pixels at the user's size setting."""
        return round(pixels * self.scale)

    def colour(self, token: str) -> QColor:
        """The colour of a token by its name, such as ``"paper"``."""
        return QColor(str(getattr(self.tokens, token)))

    def ink(self, ink: Ink = Ink.STRONG) -> QColor:
        """A text colour."""
        return QColor(self.tokens.ink_of(ink))

    def tone(self, tone: Tone) -> QColor:
        """The text colour of a tone."""
        return QColor(self.tokens.tone_of(tone))

    def soft(self, tone: Tone) -> QColor:
        """The soft ground of a tone."""
        return QColor(self.tokens.soft_of(tone))

    def hue(self, name: str) -> QColor:
        """A category's hue."""
        return QColor(self.tokens.hue_of(name))

    def mixed(self, first: str, second: str, second_percent: int) -> QColor:
        """The colour of one token with some per cent of another in it."""
        return QColor(mix(str(getattr(self.tokens, first)), str(getattr(self.tokens, second)), second_percent))


class _InForce:
    """Holds the one theme of this process; every widget reads it when it paints."""

    theme: Theme | None = None


def current_theme() -> Theme:
    """The theme in force; light until one was applied."""
    if _InForce.theme is None:
        _InForce.theme = Theme(LIGHT)
    return _InForce.theme


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Put a theme in force: style, palette, base font and stylesheet; every open window repaints."""
    _InForce.theme = theme
    if application.style().objectName() != "fusion" and not application.styleSheet():
        application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(_palette(theme))
    application.setFont(theme.font(TypeRole.BODY))
    application.setStyleSheet(stylesheet(theme.tokens, theme.px))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "bench",
        QPalette.ColorRole.WindowText: "ink",
        QPalette.ColorRole.Base: "raised",
        QPalette.ColorRole.AlternateBase: "surface",
        QPalette.ColorRole.Text: "ink",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "ink",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "ink",
        QPalette.ColorRole.Highlight: "blue_soft",
        QPalette.ColorRole.HighlightedText: "ink",
        QPalette.ColorRole.PlaceholderText: "ink_3",
        QPalette.ColorRole.Link: "blue",
        QPalette.ColorRole.Mid: "line",
    }
    for role, token in roles.items():
        palette.setColor(role, theme.colour(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.ink(Ink.THIRD))
    return palette
