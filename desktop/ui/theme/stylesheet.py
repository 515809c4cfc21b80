"""The one stylesheet, built from tokens; it sets colours, lines and padding, never fonts (those come from the scale).

Widgets choose a rule by dynamic properties: ``ground`` (bench, surface, raised, paper), ``ink`` (ink, ink_2, ink_3),
``tone`` (good, here, look, wrong, plain) and ``card`` (true).
"""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from desktop.ui.theme.tokens import Tokens, mix

_RULES = Template("""
QWidget { color: $ink; }
QMainWindow, QDialog { background: $bench; }
QWidget[ground="bench"] { background: $bench; }
QWidget[ground="surface"] { background: $surface; }
QWidget[ground="raised"] { background: $raised; }
QWidget[ground="paper"] { background: $paper; }
QLabel { background: transparent; }
QLabel[ink="ink"] { color: $ink; }
QLabel[ink="ink_2"] { color: $ink_2; }
QLabel[ink="ink_3"] { color: $ink_3; }
QLabel[tone="good"] { color: $accent; }
QLabel[tone="here"] { color: $blue; }
QLabel[tone="look"] { color: $amber; }
QLabel[tone="wrong"] { color: $red; }
QFrame[card="true"] { background: $raised; border: 1px solid $line; border-radius: ${radius_large}px; }
QFrame[rule="horizontal"] { background: $line; border: none; min-height: 1px; max-height: 1px; }
QFrame[rule="vertical"] { background: $line; border: none; min-width: 1px; max-width: 1px; }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDateEdit, QComboBox {
    background: $field; border: 1px solid $line; border-radius: ${radius_small}px; padding: ${pad_y}px ${pad_x}px;
    selection-background-color: $blue_soft; selection-color: $ink; color: $ink; min-height: ${field_height}px;
    placeholder-text-color: $ink_3;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDateEdit:focus, QComboBox:focus {
    background: $raised; border: 2px solid $blue; padding: ${pad_y_focus}px ${pad_x_focus}px;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QDateEdit:disabled, QComboBox:disabled {
    color: $ink_3; background: $surface;
}
QLineEdit[bare="true"] { background: transparent; border: none; padding: 0; min-height: 0; }
QComboBox::drop-down { border: none; width: ${arrow}px; }
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $line; selection-background-color: $blue_soft; selection-color: $ink;
    outline: none;
}
QTableView, QListView, QTreeView {
    background: $raised; alternate-background-color: $raised; border: none; outline: none; color: $ink;
    selection-background-color: $blue_soft; selection-color: $ink; gridline-color: $line;
}
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
    background: $surface; color: $ink_2; border: none; border-bottom: 1px solid $line;
    padding: ${pad_y}px ${pad_header}px;
}
QTableCornerButton::section { background: $surface; border: none; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[ground="clear"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: ${bar}px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: ${bar}px; margin: 2px; }
QScrollBar::handle { background: $handle; border-radius: ${bar_radius}px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $ink_3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QToolTip { background: $raised; color: $ink; border: 1px solid $line; padding: 4px 8px; }
QCheckBox, QRadioButton { color: $ink; spacing: 8px; }
QCheckBox:disabled, QRadioButton:disabled { color: $ink_3; }
QCheckBox::indicator:unchecked { background: $field; border: 1px solid $ink_3; border-radius: 3px; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 16px; border-radius: 6px; }
QMenu::item:selected { background: $blue_soft; color: $ink; }
QProgressBar { background: $surface; border: 1px solid $line; border-radius: ${radius_small}px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: ${radius_small}px; }
QSplitter::handle { background: transparent; }
""")


def stylesheet(tokens: Tokens, px: Callable[[float], int]) -> str:
    """The stylesheet of a theme; ``px`` turns pixels at 100 % into pixels at the user's size setting."""
    return _RULES.substitute(
        bench=tokens.bench,
        surface=tokens.surface,
        raised=tokens.raised,
        paper=tokens.paper,
        ink=tokens.ink,
        ink_2=tokens.ink_2,
        ink_3=tokens.ink_3,
        line=tokens.line,
        accent=tokens.accent,
        blue=tokens.blue,
        blue_soft=tokens.blue_soft,
        amber=tokens.amber,
        red=tokens.red,
        field=tokens.surface,
        handle=mix(tokens.line, tokens.ink_3, 45),
        radius_small=px(8),
        radius_large=px(12),
        pad_x=px(10),
        pad_y=px(4),
        pad_header=px(12),
        pad_x_focus=px(10) - 1,
        pad_y_focus=px(4) - 1,
        field_height=px(22),
        arrow=px(24),
        bar=px(12),
        bar_radius=px(4),
    )
