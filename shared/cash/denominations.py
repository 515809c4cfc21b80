"""The notes and coins a drawer is counted by, and which notes a customer is likely to hand over."""

from __future__ import annotations

from types import MappingProxyType

from shared.money import Currency, Money

_NOTES_AND_COINS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    # Minor units of what circulates, by the central banks' own lists of 2026; notes first, then coins.
    "GBP": ((5000, 2000, 1000, 500), (200, 100, 50, 20, 10, 5, 2, 1)),
    "EUR": ((20000, 10000, 5000, 2000, 1000, 500), (200, 100, 50, 20, 10, 5, 2, 1)),
    "USD": ((10000, 5000, 2000, 1000, 500, 100), (25, 10, 5, 1)),
    "CHF": ((20000, 10000, 5000, 2000, 1000), (500, 200, 100, 50, 20, 10, 5)),
    "JPY": ((10000, 5000, 2000, 1000), (500, 100, 50, 10, 5, 1)),
}
NOTES_AND_COINS = MappingProxyType(_NOTES_AND_COINS)
_USUAL_NOTES = (5000, 2000, 1000, 500)
_USUAL_COINS = (200, 100, 50, 20, 10, 5, 2, 1)


def notes_of(currency: Currency) -> tuple[Money, ...]:
    """The notes of a currency, largest first; the 1-2-5 row of ten major units where the currency is not listed."""
    notes, _ = _rows_of(currency)
    return tuple(Money(amount, currency) for amount in notes)


def denominations_of(currency: Currency) -> tuple[Money, ...]:
    """Notes and coins of a currency, largest first."""
    notes, coins = _rows_of(currency)
    return tuple(Money(amount, currency) for amount in (*notes, *coins))


def likely_payments(due: Money, most: int = 3) -> tuple[tuple[tuple[Money, ...], Money], ...]:
    """What a customer may hand over for ``due``: (the notes, their sum), smallest sum first, never ``due`` itself.

    Each sum is the next multiple of one of the currency's notes above ``due``, put together from the largest notes.
    """
    notes = notes_of(due.currency)
    if not due.is_positive:
        return ()
    sums = sorted({-(-due.amount // note.amount) * note.amount for note in notes} - {due.amount})
    return tuple((_put_together(amount, notes), Money(amount, due.currency)) for amount in sums[:most])


def _put_together(amount: int, notes: tuple[Money, ...]) -> tuple[Money, ...]:
    taken: list[Money] = []
    for note in notes:
        while amount >= note.amount:
            taken.append(note)
            amount -= note.amount
    return tuple(taken)


def _rows_of(currency: Currency) -> tuple[tuple[int, ...], tuple[int, ...]]:
    known = NOTES_AND_COINS.get(currency.code)
    if known is not None:
        return known
    scale = currency.minor_per_major
    notes = tuple(amount * scale // 100 for amount in _USUAL_NOTES)
    coins = tuple(amount * scale // 100 for amount in _USUAL_COINS if amount * scale % 100 == 0)
    return notes, coins
