"""The colours by what they mean, in three themes; nothing else in the program names a colour.

Accent means *go on*, blue *here you are*, amber *look*, red *refused or wrong*. Colour never stands alone: a word or
a shape goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ink(StrEnum):
    """How loud a text is."""

    STRONG = "ink"
    SECOND = "ink_2"
    THIRD = "ink_3"


class Tone(StrEnum):
    """What a coloured thing says."""

    PLAIN = "plain"
    GOOD = "good"
    HERE = "here"
    LOOK = "look"
    WRONG = "wrong"


class Hue(StrEnum):
    """Named hues for categories and tiles; decoration only, the tile's words say what it is."""

    AMBER = "amber"
    RUST = "rust"
    MOSS = "moss"
    TEAL = "teal"
    SKY = "sky"
    PLUM = "plum"
    ROSE = "rose"
    SLATE = "slate"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours as ``#RRGGBB``; ``shadow_alpha`` is 0–255, 0 for no shadow at all."""

    name: str
    is_dark: bool
    bench: str
    surface: str
    raised: str
    paper: str
    ink: str
    ink_2: str
    ink_3: str
    line: str
    accent: str
    on_accent: str
    accent_soft: str
    blue: str
    blue_soft: str
    amber: str
    amber_soft: str
    red: str
    red_soft: str
    shadow_alpha: int
    hues: tuple[tuple[Hue, str], ...]

    def ink_of(self, ink: Ink) -> str:
        """The colour of a text of this loudness."""
        return {Ink.STRONG: self.ink, Ink.SECOND: self.ink_2, Ink.THIRD: self.ink_3}[ink]

    def tone_of(self, tone: Tone) -> str:
        """The text colour of a tone on bench, surface, raised, paper and its own soft ground."""
        return {
            Tone.PLAIN: self.ink_2,
            Tone.GOOD: self.accent,
            Tone.HERE: self.blue,
            Tone.LOOK: self.amber,
            Tone.WRONG: self.red,
        }[tone]

    def soft_of(self, tone: Tone) -> str:
        """The soft ground of a tone."""
        return {
            Tone.PLAIN: self.surface,
            Tone.GOOD: self.accent_soft,
            Tone.HERE: self.blue_soft,
            Tone.LOOK: self.amber_soft,
            Tone.WRONG: self.red_soft,
        }[tone]

    def hue_of(self, name: str) -> str:
        """The colour of a named hue; slate for a name this theme does not know."""
        known = {str(hue): colour for hue, colour in self.hues}
        return known.get(name, known[Hue.SLATE])


_LIGHT_HUES = (
    (Hue.AMBER, "#B8862B"),
    (Hue.RUST, "#C46A3F"),
    (Hue.MOSS, "#6B8E3D"),
    (Hue.TEAL, "#2E8C86"),
    (Hue.SKY, "#3F80C4"),
    (Hue.PLUM, "#8A5AA8"),
    (Hue.ROSE, "#C2557A"),
    (Hue.SLATE, "#71808F"),
)
_DARK_HUES = (
    (Hue.AMBER, "#D9A94F"),
    (Hue.RUST, "#E0875C"),
    (Hue.MOSS, "#93B662"),
    (Hue.TEAL, "#4FB5AE"),
    (Hue.SKY, "#6BA6E6"),
    (Hue.PLUM, "#B287CF"),
    (Hue.ROSE, "#E07D9E"),
    (Hue.SLATE, "#8D9BAA"),
)

LIGHT = Tokens(
    name="light",
    is_dark=False,
    bench="#E9ECEF",
    surface="#F4F6F8",
    raised="#FFFFFF",
    paper="#FFFDF8",
    ink="#12161C",
    ink_2="#4A5563",
    ink_3="#5F6B7A",
    line="#D5DAE0",
    accent="#0B6E4F",
    on_accent="#FFFFFF",
    accent_soft="#DDF0E8",
    blue="#1F5FBF",
    blue_soft="#E1ECFB",
    amber="#8A5300",
    amber_soft="#FBEBCF",
    red="#B3261E",
    red_soft="#FBE3E1",
    shadow_alpha=26,
    hues=_LIGHT_HUES,
)

DARK = Tokens(
    name="dark",
    is_dark=True,
    bench="#0E1116",
    surface="#151A21",
    raised="#1C222B",
    paper="#20262F",
    ink="#F1F4F8",
    ink_2="#B6C0CC",
    ink_3="#93A0AF",
    line="#313A46",
    accent="#2FB98A",
    on_accent="#06231A",
    accent_soft="#12382C",
    blue="#7FB0FF",
    blue_soft="#172B4A",
    amber="#F3B95F",
    amber_soft="#3A2B10",
    red="#FF8A80",
    red_soft="#451C1A",
    shadow_alpha=0,
    hues=_DARK_HUES,
)

CONTRAST = Tokens(
    name="contrast",
    is_dark=True,
    bench="#000000",
    surface="#000000",
    raised="#000000",
    paper="#000000",
    ink="#FFFFFF",
    ink_2="#FFFFFF",
    ink_3="#E6E6E6",
    line="#FFFFFF",
    accent="#4DFFA6",
    on_accent="#000000",
    accent_soft="#00301C",
    blue="#8CC4FF",
    blue_soft="#002B5C",
    amber="#FFD54A",
    amber_soft="#332600",
    red="#FF9C94",
    red_soft="#4A0500",
    shadow_alpha=0,
    hues=_DARK_HUES,
)

TOKENS_BY_NAME = {tokens.name: tokens for tokens in (LIGHT, DARK, CONTRAST)}

_GROUNDS = ("bench", "surface", "raised", "paper")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("ink", "ink_2", "ink_3") for ground in (*_GROUNDS, "blue_soft", "amber_soft")),
    *((text, ground) for text in ("accent", "blue", "amber", "red") for ground in (*_GROUNDS, "blue_soft")),
    ("ink", "red_soft"),
    ("ink", "accent_soft"),
    ("accent", "accent_soft"),
    ("amber", "amber_soft"),
    ("red", "red_soft"),
    ("on_accent", "accent"),
)
"""Every text colour with every ground it is put on; a test holds each to 4.5 : 1."""


def contrast_ratio(text: str, ground: str) -> float:
    """The contrast of two ``#RRGGBB`` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(first: str, second: str, second_percent: int) -> str:
    """The first colour with so many per cent of the second in it."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    mixed = [(a * (100 - second_percent) + b * second_percent + 50) // 100 for a, b in pairs]
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [_linear(channel / 255) for channel in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(channel: float) -> float:
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
