"""How it looks: tokens, type scale, spacing, icons and the one stylesheet, for light, dark and high contrast.

A widget asks ``current_theme()`` when it paints, so that changing the theme repaints everything.
"""

from desktop.ui.theme.metrics import Radius, Space, Target
from desktop.ui.theme.theme import Theme, apply_theme, current_theme
from desktop.ui.theme.tokens import TOKENS_BY_NAME, Hue, Ink, Tokens, Tone
from desktop.ui.theme.typography import TypeRole

__all__ = [
    "TOKENS_BY_NAME",
    "Hue",
    "Ink",
    "Radius",
    "Space",
    "Target",
    "Theme",
    "Tokens",
    "Tone",
    "TypeRole",
    "apply_theme",
    "current_theme",
]
