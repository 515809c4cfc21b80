"""The pieces screens are made of; each draws itself from the theme in force.

Buttons and chips show their key, lists come as ``DataTable`` over a ``PagedTable``, errors stand as ``NoticeLine`` or
``ErrorLine`` until solved, and ``EmptyState`` says what would be here.
"""

from desktop.ui.widgets.buttons import ActionButton, ButtonLayout, Emphasis
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import Chip
from desktop.ui.widgets.data_table import CellDelegate, DataTable
from desktop.ui.widgets.download_bar import DownloadBar
from desktop.ui.widgets.key_cap import KeyCap
from desktop.ui.widgets.money_label import MoneyLabel, amount_text
from desktop.ui.widgets.notice import EmptyState, ErrorLine, NoticeLine
from desktop.ui.widgets.numeric_pad import BACKSPACE, NumericPad
from desktop.ui.widgets.search_field import SearchField
from desktop.ui.widgets.tabs import SegmentedTabs
from desktop.ui.widgets.text import ElidedLabel, TextLabel, fitting_font, rule

__all__ = [
    "BACKSPACE",
    "ActionButton",
    "ButtonLayout",
    "Card",
    "CellDelegate",
    "Chip",
    "DataTable",
    "DownloadBar",
    "ElidedLabel",
    "Emphasis",
    "EmptyState",
    "ErrorLine",
    "KeyCap",
    "MoneyLabel",
    "NoticeLine",
    "NumericPad",
    "SearchField",
    "SegmentedTabs",
    "TextLabel",
    "amount_text",
    "fitting_font",
    "rule",
]
