"""Sharing an amount out without losing or making a cent."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import BugError
from shared.money.amount import Money


def allocate(money: Money, weights: Sequence[int]) -> list[Money]:
    """Share ``money`` out in proportion to ``weights`` by largest remainder; ties go to the earlier share.

    The shares always sum to ``money``, a weight of zero gets nothing, and a negative amount gives exactly the negated
    shares of the positive one, so that a refund mirrors its sale.

    Raises:
        BugError: ``allocation_impossible`` for no weights, negative weights, or none above zero.
    """
    return [Money(share, money.currency) for share in allocate_integer(money.amount, weights)]


def allocate_integer(amount: int, weights: Sequence[int]) -> list[int]:
    """As ``allocate``, on bare integers."""
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise BugError(
            "allocation_impossible", "An amount was to be shared out over no weight at all.", weights=[*weights]
        )
    if amount < 0:
        return [-share for share in allocate_integer(-amount, weights)]
    shares, remainders = [], []
    for weight in weights:
        share, remainder = divmod(amount * weight, whole)
        shares.append(share)
        remainders.append(remainder)
    left = amount - sum(shares)
    # A stable sort keeps earlier shares first among equal remainders; left is below the number of non-zero remainders.
    for position in sorted(range(len(weights)), key=lambda index: -remainders[index])[:left]:
        shares[position] += 1
    return shares


def split(money: Money, parts: int) -> list[Money]:
    """Share ``money`` out into ``parts`` equal shares; the earlier shares get the cents that are left.

    Raises:
        BugError: ``allocation_impossible`` for fewer than one part.
    """
    return allocate(money, [1] * parts)
