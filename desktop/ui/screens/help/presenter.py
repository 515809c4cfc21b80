"""The help sheet's groups, straight from the action table."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.ui.actions import ACTIONS, Action, Place

_GROUPS = (
    ("Selling", Place.SELL),
    ("Paying", Place.PAYMENT),
    ("After a sale", Place.RECEIPT),
    ("Everywhere", Place.EVERYWHERE),
    ("Shift and drawer", Place.SHIFT),
)
_CAP_NAMES = {"Del": "Del", "Return": "Enter"}
NUMBER_RULES = (
    ("3 then F6", "three of the chosen line"),
    ("3* then a scan", "three of what is scanned"),
    ("2000 then F12", "20.00 in cash, and done"),
    ("10 then F8", "10 % off the chosen line"),
    ("Up and Down", "choose a line or a result"),
)


@dataclass(frozen=True, slots=True)
class HelpGroup:
    """One heading and its (what, key) rows."""

    title: str
    rows: tuple[tuple[str, str], ...]


def cap_of(key: str) -> str:
    """A shortcut as printed on a key cap: ``Ctrl L``, ``Enter``."""
    return " ".join(_CAP_NAMES.get(part, part) for part in key.split("+"))


def help_groups() -> tuple[HelpGroup, ...]:
    """Every action with a key, once, under the first place that offers it."""
    seen: set[str] = set()
    groups = []
    for title, place in _GROUPS:
        rows = []
        for action in ACTIONS.values():
            if action.key and action.name not in seen and place in action.places:
                seen.add(action.name)
                rows.append(_row(action))
        if rows:
            groups.append(HelpGroup(title, tuple(rows)))
    return tuple(groups)


def _row(action: Action) -> tuple[str, str]:
    return action.text, cap_of(action.key)
