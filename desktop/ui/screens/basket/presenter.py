"""What the paper at the side says: the sale's header and the foot with its totals. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.ui.theme.tokens import Tone
from desktop.ui.widgets.money_text import amount_text
from desktop.usecases.till_state import TillState, TotalsView
from shared.money import Money, currency


@dataclass(frozen=True, slots=True)
class FootRow:
    """One small row of the foot: ``You save … −1.44``."""

    label: str
    amount: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class PaperView:
    """Everything on the paper but its lines."""

    title: str
    pieces: str
    customer: str
    rows: tuple[FootRow, ...]
    due_label: str
    due: str


def paper_view(state: TillState) -> PaperView:
    """The paper for a state."""
    totals = state.totals
    noun = "Return" if state.is_return else "Sale"
    return PaperView(
        title=f"{noun} {state.sale_number}".strip(),
        pieces=_pieces(totals.pieces) if totals and state.lines else "",
        customer=_customer(state),
        rows=_rows(state, totals) if totals and state.lines else (),
        due_label="To pay out" if state.is_return else "To pay",
        due=_due(state, totals),
    )


def _pieces(count: int) -> str:
    return "1 piece" if count == 1 else f"{count:,} pieces"


def _customer(state: TillState) -> str:
    customer = state.customer
    if customer is None:
        return ""
    if not customer.is_known:
        return f"Card {customer.number} · new here"
    points = f" · {customer.points:,} points" if customer.points else ""
    return f"{customer.name}{points}"


def _due(state: TillState, totals: TotalsView | None) -> str:
    if totals is None:
        return amount_text(Money.zero(currency(state.currency)), has_symbol=True) if state.currency else ""
    to_pay = abs(totals.to_pay) if state.is_return else totals.to_pay
    return amount_text(to_pay, has_symbol=True)


def _rows(state: TillState, totals: TotalsView) -> tuple[FootRow, ...]:
    rows = [FootRow("Goods", amount_text(totals.goods))]
    if totals.discount:
        rows.append(FootRow("You save", amount_text(-abs(totals.discount)), Tone.GOOD))
    rows.extend(
        FootRow(f"of which {tax.name} on {amount_text(tax.base)}", amount_text(tax.tax))
        for tax in totals.taxes
        if tax.tax
    )
    if totals.rounding:
        rows.append(FootRow("Cash rounding", amount_text(totals.rounding)))
    rows.extend(FootRow(f"{tender.label} taken", amount_text(-tender.amount)) for tender in state.tenders)
    if state.tenders and state.remaining is not None and state.remaining:
        rows.append(FootRow("Still to pay", amount_text(state.remaining), Tone.LOOK))
    return tuple(rows)
