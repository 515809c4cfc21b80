"""Paying: tenders, cash rounding, change; and the same mirrored when money is paid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.errors import UserError
from shared.limits import TENDERS_MAX_PER_SALE
from shared.money import Money, Rounding, round_to_cash
from shared.payments import PaymentMethod, checked_reference, payment_method


@dataclass(frozen=True, slots=True)
class Tender:
    """What was put on the counter, or paid out for a refund.

    Attributes:
        method: code of a ``shared.payments`` method.
        amount: always positive; which way it goes follows from the sale's total.
        reference: what may be kept about it; never a card number.
    """

    method: str
    amount: Money
    reference: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettledTender:
    """A tender after change; all amounts negative when paid out, and ``amount == given - change``."""

    method: str
    given: Money
    change: Money
    amount: Money
    reference: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far a sale is paid; all amounts negative when money is paid out.

    When complete: ``paid - change == due + rounding``. Before: ``remaining == due - paid``.

    Attributes:
        due: the sale's total.
        rounding: what cash rounding adds; zero until complete, and unless the rest was settled in cash.
        paid: what was given.
        remaining: what is still to be paid by card and the like.
        cash_remaining: what is still to be paid if the rest is settled in cash.
        change: what goes back in coins.
        is_complete: whether nothing more is to be paid.
        tenders: each tender, the change taken off the cash given last.
    """

    due: Money
    rounding: Money
    paid: Money
    remaining: Money
    cash_remaining: Money
    change: Money
    is_complete: bool
    tenders: tuple[SettledTender, ...]

    @property
    def opens_drawer(self) -> bool:
        """Whether anything of it belongs into the drawer."""
        return any(payment_method(tender.method).opens_drawer for tender in self.tenders)


def settle(
    total: Money, tenders: Sequence[Tender] = (), cash_step: int = 1, cash_rounding: Rounding = Rounding.HALF_UP
) -> Settlement:
    """Settle a total with tenders, in the order they were given.

    Cash rounding touches only what is left for cash after all other tenders, only once cash settles it, and never
    forbids paying to the cent: whoever gives the exact amount, or anything between it and the rounded one, is done.

    Args:
        total: the sale's total; negative when money is paid out.
        tenders: what was given (or paid out), positive.
        cash_step: the smallest coin in minor units.
        cash_rounding: how a value between two coins is rounded.

    Raises:
        UserError: ``tender_not_positive``, ``tender_exceeds_remaining``, ``too_many_tenders``,
            ``payment_method_unknown``, ``method_not_refundable``, ``card_number_refused``, ``reference_too_long``.
    """
    if len(tenders) > TENDERS_MAX_PER_SALE:
        raise UserError(
            "too_many_tenders", f"A sale takes at most {TENDERS_MAX_PER_SALE} payments.", at_most=TENDERS_MAX_PER_SALE
        )
    is_refund = total.is_negative
    due = abs(total)
    given = _check_each(due, tenders, cash_step, cash_rounding, is_refund=is_refund)
    state = _state(due, given, cash_step, cash_rounding)
    return _as_settlement(state, given, -1 if is_refund else 1)


@dataclass(frozen=True, slots=True)
class _State:
    """Where a payment stands; amounts without their direction."""

    due: Money
    cash: Money
    paid: Money
    rounding: Money
    change: Money
    cash_remaining: Money
    is_complete: bool


_Given = tuple[PaymentMethod, Tender]


def _check_each(
    due: Money, tenders: Sequence[Tender], cash_step: int, cash_rounding: Rounding, *, is_refund: bool
) -> list[_Given]:
    """The tenders with their methods, each checked against what was left when it was given."""
    given: list[_Given] = []
    for tender in tenders:
        method = payment_method(tender.method)
        checked_reference(tender.reference)
        if not tender.amount.is_positive:
            raise UserError(
                "tender_not_positive",
                "A payment must be more than nothing. Type the amount given.",
                amount=str(tender.amount),
            )
        if is_refund and not method.refundable:
            raise UserError(
                "method_not_refundable",
                f"Money cannot be paid out by {method.name}. Choose another way.",
                method=method.code,
            )
        before = _state(due, given, cash_step, cash_rounding)
        left = before.due - before.paid
        if method.rounds_cash:
            left = max(left, before.cash_remaining)
        may_exceed = method.gives_change and not is_refund
        if before.is_complete or (tender.amount > left and not may_exceed):
            raise _exceeds(tender.amount, Money.zero(due.currency) if before.is_complete else left)
        given.append((method, tender))
    return given


def _state(due: Money, given: Sequence[_Given], cash_step: int, cash_rounding: Rounding) -> _State:
    """Where the payment stands after these tenders."""
    nothing = Money.zero(due.currency)
    cash = Money(sum(tender.amount.amount for method, tender in given if method.rounds_cash), due.currency)
    paid = Money(sum(tender.amount.amount for _, tender in given), due.currency)
    for_cash = due - (paid - cash)
    rounded, difference = round_to_cash(for_cash, cash_step, cash_rounding)
    if cash.is_zero:
        complete = paid == due
        return _State(due, cash, paid, nothing, nothing, nothing if complete else rounded or for_cash, complete)
    if cash < min(for_cash, rounded):
        return _State(due, cash, paid, nothing, nothing, rounded - cash, is_complete=False)
    if cash <= max(for_cash, rounded):
        return _State(due, cash, paid, cash - for_cash, nothing, nothing, is_complete=True)
    return _State(due, cash, paid, difference, cash - rounded, nothing, is_complete=True)


def _as_settlement(state: _State, given: Sequence[_Given], sign: int) -> Settlement:
    """The state with its direction, and the change taken off the cash given last."""
    change_left = state.change
    settled: list[SettledTender] = []
    for method, tender in reversed(given):
        change = min(change_left, tender.amount) if method.gives_change else Money.zero(state.due.currency)
        change_left = change_left - change
        settled.append(
            SettledTender(
                method.code,
                tender.amount * sign,
                change * sign,
                (tender.amount - change) * sign,
                checked_reference(tender.reference),
            )
        )
    remaining = Money.zero(state.due.currency) if state.is_complete else state.due - state.paid
    return Settlement(
        due=state.due * sign,
        rounding=state.rounding * sign,
        paid=state.paid * sign,
        remaining=remaining * sign,
        cash_remaining=state.cash_remaining * sign,
        change=state.change * sign,
        is_complete=state.is_complete,
        tenders=tuple(reversed(settled)),
    )


def _exceeds(amount: Money, left: Money) -> UserError:
    """The error for a payment of more than is left."""
    return UserError(
        "tender_exceeds_remaining",
        f"{amount} is more than the {left} still to be paid. Take at most {left}.",
        amount=str(amount),
        remaining=str(left),
    )
