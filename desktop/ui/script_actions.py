"""What each action does when a script plays it: one function per action, all over the same ``Till``."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from desktop.ui import script_connection, script_office
from desktop.ui.actions import ACTIONS
from desktop.ui.script_answers import (
    Answer,
    found_answer,
    line_answer,
    parked_answer,
    receipt_answer,
    shift_answer,
    sold_answer,
    state_answer,
    stock_answer,
    tender_answer,
)
from desktop.ui.script_arguments import Arguments, decimal_of
from desktop.ui.script_stage import Stage
from desktop.usecases.till_state import LineView
from shared.clock import SettableClock, instant_of
from shared.errors import BugError, UserError
from shared.money import Money
from shared.payments import CASH
from shared.sales import Disposition

Handler = Callable[[Stage, Arguments], Answer]


def _help(stage: Stage, given: Arguments) -> Answer:
    del stage, given
    return {"actions": [{"do": action.name, "text": action.text, "key": action.key} for action in ACTIONS.values()]}


def _login(stage: Stage, given: Arguments) -> Answer:
    stage.till.login(given.needed("user"), given.needed("pin"))
    person = stage.till.station.person()
    return {"user": person.display_name, "role": person.role}


def _logout(stage: Stage, given: Arguments) -> Answer:
    del given
    stage.till.logout()
    return {}


def _open_shift(stage: Stage, given: Arguments) -> Answer:
    day = given.text("business_date")
    if day is not None and not stage.is_replay:
        raise UserError("not_in_replay", "A business date of one's own is only for replays.")
    stage.till.open_shift(stage.till.money(given.needed("float")), day)
    shift = stage.till.station.running_shift()
    return {"shift": shift.number, "business_date": shift.business_date.isoformat()}


def _count_shift(stage: Stage, given: Arguments) -> Answer:
    counts = given.mapping("counts")
    if counts is not None and not all(isinstance(number, int) for number in counts.values()):
        raise UserError("count_invalid", "Say how many of each coin and note, as whole numbers.")
    count = stage.till.count_shift(_money(stage, given.text("total")), counts)
    return {
        "counted": str(count.counted),
        "expected": str(count.expected),
        "difference": str(count.difference),
    }


def _shift(stage: Stage, given: Arguments) -> Answer:
    del given
    return shift_answer(stage.till.shift_report())


def _close_shift(stage: Stage, given: Arguments) -> Answer:
    del given
    return shift_answer(stage.till.close_shift())


def _cash_in(stage: Stage, given: Arguments) -> Answer:
    stage.till.cash_movement("paid_in", stage.till.money(given.needed("amount")), given.needed("reason"))
    return {}


def _cash_out(stage: Stage, given: Arguments) -> Answer:
    kind = "drop" if given.flag("to_safe") else "paid_out"
    stage.till.cash_movement(kind, stage.till.money(given.needed("amount")), given.needed("reason"))
    return {}


def _scan(stage: Stage, given: Arguments) -> Answer:
    try:
        return _line(stage, stage.till.scan(given.needed("code")))
    except UserError:
        # Nobody looks at a script's screen: the answer itself is the notice, and nothing after it is held up.
        stage.till.dismiss()
        raise


def _add(stage: Stage, given: Arguments) -> Answer:
    price = given.text("price")
    line = stage.till.add(
        sku=given.needed("sku"),
        quantity=given.text("quantity") or "1",
        price=None if price is None else stage.till.unit_price(price),
    )
    return _line(stage, line)


def _quantity(stage: Stage, given: Arguments) -> Answer:
    return _line(stage, stage.till.set_quantity(given.needed("quantity"), given.whole("line")))


def _price(stage: Stage, given: Arguments) -> Answer:
    return _line(stage, stage.till.set_price(stage.till.unit_price(given.needed("price")), given.whole("line")))


def _discount(stage: Stage, given: Arguments) -> Answer:
    stage.till.discount(
        percent=given.text("percent"),
        amount=_money(stage, given.text("amount")),
        basket=given.flag("basket"),
        line=given.whole("line"),
        reason=given.text("reason") or "",
    )
    return _basket(stage)


def _remove_discounts(stage: Stage, given: Arguments) -> Answer:
    stage.till.remove_discounts(basket=given.flag("basket"), line=given.whole("line"))
    return _basket(stage)


def _remove(stage: Stage, given: Arguments) -> Answer:
    stage.till.remove_line(given.whole("line"))
    return _basket(stage)


def _select(stage: Stage, given: Arguments) -> Answer:
    line = stage.till.station.sale.basket.line_number(given.whole("line") or 0)
    stage.till.select_line(line.id)
    return {"line": line.number}


def _clear(stage: Stage, given: Arguments) -> Answer:
    del given
    stage.till.clear()
    return {}


def _dismiss(stage: Stage, given: Arguments) -> Answer:
    del given
    stage.till.dismiss()
    stage.till.dismiss_receipt()
    return {}


def _find(stage: Stage, given: Arguments) -> Answer:
    found = stage.till.find(given.needed("text"), given.whole("limit") or 12)
    return {"found": [found_answer(each) for each in found], "count": len(found)}


def _customer(stage: Stage, given: Arguments) -> Answer:
    stage.till.set_customer(given.text("number"))
    return _customer_of(stage)


def _customer_of(stage: Stage) -> Answer:
    customer = stage.till.state().customer
    if customer is None:
        return {"customer": None}
    return {"customer": {"number": customer.number, "name": customer.name, "known": customer.is_known}}


def _look_up_customer(stage: Stage, given: Arguments) -> Answer:
    """Whoever is found in the chain is the basket's customer at once."""
    stage.till.set_customer(stage.till.look_up_customer(given.needed("card")).id)
    return _customer_of(stage)


def _park(stage: Stage, given: Arguments) -> Answer:
    return {"id": str(stage.till.park(given.text("label") or ""))}


def _recall(stage: Stage, given: Arguments) -> Answer:
    wanted = given.text("id")
    stage.till.recall(None if wanted is None else _id(wanted))
    return _basket(stage)


def _parked(stage: Stage, given: Arguments) -> Answer:
    del given
    return {"parked": [parked_answer(each) for each in stage.till.parked()]}


def _tender(stage: Stage, given: Arguments) -> Answer:
    reference = {str(key): str(value) for key, value in (given.mapping("reference") or {}).items()}
    method = given.text("method") or CASH.code
    taken = stage.till.tender(method, _money(stage, given.text("amount")), reference)
    state = stage.till.state()
    return {"tender": tender_answer(taken), "remaining": str(state.remaining), "change": str(state.change)}


def _remove_tender(stage: Stage, given: Arguments) -> Answer:
    stage.till.remove_tender(given.whole("number"))
    return {}


def _complete(stage: Stage, given: Arguments) -> Answer:
    del given
    return receipt_answer(stage.till.complete())


def _exact_cash(stage: Stage, given: Arguments) -> Answer:
    return receipt_answer(stage.till.exact_cash(_money(stage, given.text("given"))))


def _return(stage: Stage, given: Arguments) -> Answer:
    lines = given.objects("lines")
    wanted = None if lines is None else [_returned_line(line) for line in lines]
    receipt = stage.till.return_items(
        given.needed("receipt"),
        wanted,
        given.text("method") or CASH.code,
        given.text("disposition") or Disposition.RESTOCK,
    )
    return receipt_answer(receipt)


def _blind_return(stage: Stage, given: Arguments) -> Answer:
    price = given.text("price")
    receipt = stage.till.blind_return(
        given.needed("sku"),
        given.text("quantity") or "1",
        None if price is None else stage.till.unit_price(price),
        given.text("method") or CASH.code,
    )
    return receipt_answer(receipt)


def _receipt(stage: Stage, given: Arguments) -> Answer:
    return sold_answer(stage.till.find_receipt(given.needed("receipt")))


def _print_copy(stage: Stage, given: Arguments) -> Answer:
    return receipt_answer(stage.till.print_copy(given.needed("receipt")))


def _state(stage: Stage, given: Arguments) -> Answer:
    del given
    state = stage.till.state()
    expected = None if state.shift is None else stage.till.shift_report().expected
    return state_answer(state, expected)


def _stock(stage: Stage, given: Arguments) -> Answer:
    return stock_answer(stage.till.stock(given.needed("sku")))


def _clock(stage: Stage, given: Arguments) -> Answer:
    if not isinstance(stage.clock, SettableClock):
        raise BugError("clock_not_settable", "A replay runs on a clock that cannot be set.")
    text = given.needed("at")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError("date_invalid", f"“{text[:40]}” is no time such as 2026-11-21T09:30:00+00:00.") from error
    if moment.tzinfo is None:
        raise UserError("date_invalid", "A time needs its offset, such as 2026-11-21T09:30:00+00:00.")
    stage.clock.set(instant_of(moment))
    return {"at": moment.isoformat()}


def _quit(stage: Stage, given: Arguments) -> Answer:
    del given
    stage.is_over = True
    return {}


HANDLERS: Mapping[str, Handler] = {
    "help": _help,
    "login": _login,
    "logout": _logout,
    "open_shift": _open_shift,
    "count_shift": _count_shift,
    "shift": _shift,
    "close_shift": _close_shift,
    "cash_in": _cash_in,
    "cash_out": _cash_out,
    "scan": _scan,
    "add": _add,
    "quantity": _quantity,
    "price": _price,
    "discount": _discount,
    "remove_discounts": _remove_discounts,
    "remove": _remove,
    "select": _select,
    "clear": _clear,
    "dismiss": _dismiss,
    "find": _find,
    "customer": _customer,
    "look_up_customer": _look_up_customer,
    "park": _park,
    "recall": _recall,
    "parked": _parked,
    "tender": _tender,
    "remove_tender": _remove_tender,
    "complete": _complete,
    "exact_cash": _exact_cash,
    "return": _return,
    "blind_return": _blind_return,
    "receipt": _receipt,
    "print_copy": _print_copy,
    "state": _state,
    "stock": _stock,
    "clock": _clock,
    "quit": _quit,
    **script_connection.HANDLERS,
    **script_office.HANDLERS,
}
"""Every action of the table by its name; a test says that none is missing."""


def _line(stage: Stage, line: LineView) -> Answer:
    """The answer of a step on one line: the line, and what the basket comes to."""
    answer = line_answer(line)
    return {"line": answer.pop("number"), **answer, **_basket(stage)}


def _basket(stage: Stage) -> Answer:
    priced = stage.till.station.priced()
    return {"basket_total": str(priced.totals.total), "basket_lines": len(priced.basket.active_lines)}


def _returned_line(line: Mapping[str, Any]) -> tuple[int, str | None]:
    number, quantity = line.get("line"), line.get("quantity")
    if not isinstance(number, int) or isinstance(number, bool) or line.keys() - {"line", "quantity"}:
        raise UserError(
            "script_line_invalid",
            "This line cannot be played: each of “lines” needs “line” (whole number) and may have “quantity”.",
        )
    return number, None if quantity is None else decimal_of(quantity, "“quantity” of return")


def _money(stage: Stage, text: str | None) -> Money | None:
    return None if text is None else stage.till.money(text)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise UserError("parked_unknown", "No basket is parked here under that name.", parked=text[:60]) from error
