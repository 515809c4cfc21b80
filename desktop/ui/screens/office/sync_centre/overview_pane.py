"""The pane at the right of the sync centre: how far each part of the shop is, what came and went, the small print."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.side_panel import section_head
from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import DataTable, TextLabel, rule
from desktop.usecases.review_sync import ScopeLine, SyncView

SCOPES: tuple[Column[ScopeLine], ...] = (
    Column("Part of the shop", lambda scope: scope.title),
    Column(
        "Here",
        lambda scope: scope.progress,
        is_figure=True,
        is_quiet=True,
        width=68,
        tone=lambda scope: Tone.LOOK if scope.percent is not None and scope.percent < 100 else None,
    ),
    Column("Position", lambda scope: f"{scope.position:,}", is_figure=True, is_quiet=True, width=76),
)
_KINDS_NAMED = 6


class OverviewPane(FramedPane):
    """The pane."""

    def __init__(self, *, width: int) -> None:
        super().__init__()
        theme = current_theme()
        self.setFixedWidth(theme.px(width))
        self.scopes: PagedTable[ScopeLine, ScopeLine] = PagedTable(SCOPES, lambda rows: rows, self)
        table = DataTable("How far each part is")
        table.show_table(self.scopes)
        self.body.addWidget(table, 1)
        self.body.addWidget(rule())
        foot = QVBoxLayout()
        side = theme.px(Space.L)
        foot.setContentsMargins(side, theme.px(Space.XS), side, theme.px(Space.M))
        foot.setSpacing(theme.px(Space.XS))
        self._came = TextLabel("", TypeRole.OFFICE, wraps=True)
        self._sent = TextLabel("", TypeRole.OFFICE, wraps=True)
        self._verified = TextLabel("", TypeRole.OFFICE, wraps=True)
        self._small_print = TextLabel("", TypeRole.LABEL, Ink.THIRD, wraps=True)
        for head, label in (
            ("Came in the last 24 hours", self._came),
            ("Sent in the last 24 hours", self._sent),
            ("Compared with the server", self._verified),
        ):
            foot.addWidget(section_head(head))
            foot.addWidget(label)
        foot.addSpacing(theme.px(Space.M))
        foot.addWidget(self._small_print)
        self.body.addLayout(foot)
        self._shown: Sequence[ScopeLine] = ()

    def show_view(self, view: SyncView) -> None:
        """Show what is true now."""
        if view.scopes != self._shown:
            self._shown = view.scopes
            self.scopes.set_ids(view.scopes)
        self._came.setText(_listed(view.came))
        self._sent.setText(_listed(view.sent))
        self._verified.setText(view.verified)
        self._small_print.setText(view.small_print)


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    """``Product 1,204 · Price 310``; the rest added up."""
    if not counts:
        return "Nothing"
    named = [f"{kind} {count:,}" for kind, count in counts[:_KINDS_NAMED]]
    rest = sum(count for _, count in counts[_KINDS_NAMED:])
    return " · ".join([*named, f"other {rest:,}"] if rest else named)
