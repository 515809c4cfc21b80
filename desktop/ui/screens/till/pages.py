"""Which page of the till is open: partly the till's phase, partly what the clerk asked for. No Qt here."""

from __future__ import annotations

from enum import StrEnum

from desktop.usecases.till_state import Phase, TillState


class Page(StrEnum):
    """The pages; the first five follow from the phase alone."""

    FIRST_RUN = "first_run"
    LOGIN = "login"
    OPEN_SHIFT = "open_shift"
    RECEIPT = "receipt"
    SELL = "sell"
    PAYMENT = "payment"
    RETURNS = "returns"
    BLIND_RETURN = "blind_return"
    CUSTOMER = "customer"
    PARKED = "parked"
    SHIFT = "shift"
    SYNC = "sync"
    HELP = "help"


_WITHOUT_PAPER = frozenset((Page.FIRST_RUN, Page.LOGIN, Page.OPEN_SHIFT))
_ALWAYS = frozenset((Page.HELP, Page.SYNC))
_SALE_PAGES = frozenset((Page.SELL, Page.PAYMENT))


def page_for(state: TillState, wanted: Page) -> Page:
    """The page to show when the till is in this state and the clerk last asked for ``wanted``."""
    if wanted in _ALWAYS:
        return wanted
    forced = {
        # The window opens only on a device that belongs to a shop: this one was revoked meanwhile, and is told so.
        Phase.NOT_ENROLLED: Page.SYNC,
        Phase.LOGGED_OUT: Page.LOGIN,
        Phase.NO_SHIFT: Page.SHIFT if wanted is Page.SHIFT else Page.OPEN_SHIFT,
    }.get(state.phase)
    if forced is not None:
        return forced
    if state.phase is Phase.DONE and wanted in _SALE_PAGES:
        return Page.RECEIPT
    return wanted


def shows_paper(state: TillState, page: Page) -> bool:
    """Whether the basket stands at the side."""
    if page in _ALWAYS:
        return state.phase in (Phase.SELLING, Phase.PAYING, Phase.DONE)
    return page not in _WITHOUT_PAPER and state.phase is not Phase.NO_SHIFT
