"""One type scale: Inter where it is installed, else the platform's own UI font; figures are always tabular."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

PREFERRED_FAMILY = "Inter"
_POINTS_PER_INCH = 72.0
_PLATFORM_DPI = 96.0


class TypeRole(StrEnum):
    """What a text is, which says how it is set."""

    HUGE = "huge"
    TOTAL = "total"
    CHANGE = "change"
    FIGURE = "figure"
    PAD = "pad"
    TITLE = "title"
    GO = "go"
    HEADING = "heading"
    LINE = "line"
    AMOUNT = "amount"
    BODY = "body"
    BODY_STRONG = "body_strong"
    OFFICE = "office"
    OFFICE_STRONG = "office_strong"
    SUPPORT = "support"
    SUPPORT_STRONG = "support_strong"
    LABEL = "label"
    CAP = "cap"
    MONO = "mono"


@dataclass(frozen=True, slots=True)
class _Setting:
    pixels: float
    weight: QFont.Weight
    is_mono: bool = False
    spacing_percent: float = 100.0


_NORMAL, _MEDIUM = QFont.Weight.Normal, QFont.Weight.Medium
_DEMI, _BOLD = QFont.Weight.DemiBold, QFont.Weight.Bold

_SCALE: dict[TypeRole, _Setting] = {
    TypeRole.HUGE: _Setting(88, _BOLD, spacing_percent=98),
    TypeRole.TOTAL: _Setting(54, _BOLD, spacing_percent=98),
    TypeRole.CHANGE: _Setting(36, _BOLD, spacing_percent=99),
    TypeRole.FIGURE: _Setting(40, _BOLD, spacing_percent=99),
    TypeRole.PAD: _Setting(24, _DEMI),
    TypeRole.TITLE: _Setting(20, _BOLD),
    TypeRole.GO: _Setting(20, _BOLD),
    TypeRole.HEADING: _Setting(16.5, _BOLD),
    TypeRole.LINE: _Setting(18, _MEDIUM),
    TypeRole.AMOUNT: _Setting(18, _DEMI),
    TypeRole.BODY: _Setting(15.5, _NORMAL),
    TypeRole.BODY_STRONG: _Setting(15.5, _DEMI),
    TypeRole.OFFICE: _Setting(14.5, _NORMAL),
    TypeRole.OFFICE_STRONG: _Setting(14.5, _DEMI),
    TypeRole.SUPPORT: _Setting(13.5, _NORMAL),
    TypeRole.SUPPORT_STRONG: _Setting(13.5, _MEDIUM),
    TypeRole.LABEL: _Setting(12.5, _DEMI),
    TypeRole.CAP: _Setting(12, _NORMAL, is_mono=True),
    TypeRole.MONO: _Setting(14, _NORMAL, is_mono=True),
}


class TypeScale:
    """The fonts of every role for one application and size setting.

    Attributes:
        scale: the user's size setting, 1.0 for 100 %.
        has_preferred_family: whether Inter was found.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.has_preferred_family = PREFERRED_FAMILY in QFontDatabase.families()
        self._fonts: dict[TypeRole, QFont] = {}

    def font(self, role: TypeRole) -> QFont:
        """A copy of the role's font, safe to change."""
        if role not in self._fonts:
            self._fonts[role] = self._make(_SCALE[role])
        return QFont(self._fonts[role])

    def _make(self, setting: _Setting) -> QFont:
        if setting.is_mono:
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        elif self.has_preferred_family:
            font = QFont(PREFERRED_FAMILY)
        else:
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        # Pixel sizes are whole numbers in QFont, and the scale has halves: points carry them exactly.
        font.setPointSizeF(setting.pixels * self.scale * _POINTS_PER_INCH / _dots_per_inch())
        font.setWeight(setting.weight)
        if setting.spacing_percent != 100.0:
            font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, setting.spacing_percent)
        font.setFeature(QFont.Tag("tnum"), 1)
        # Whole-pixel hinting would set letters wider than they are drawn.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
        return font


def _dots_per_inch() -> float:
    screens = QGuiApplication.screens()
    return screens[0].logicalDotsPerInch() if screens else _PLATFORM_DPI
