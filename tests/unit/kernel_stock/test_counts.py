"""Counts and everything else that moves stock, in any order of arrival: the ledger ends at what was counted last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.stock.count import Count, SettledCount, effect_of_count


@dataclass
class Ledger:
    """The ledger of one variant: every entry is one position."""

    entries: list[int] = field(default_factory=list)
    settled: list[SettledCount] = field(default_factory=list)

    @property
    def on_hand(self) -> int:
        return sum(self.entries)

    def sum_at(self, position: int) -> int:
        return sum(self.entries[:position])

    def move(self, quantity: int) -> None:
        self.entries.append(quantity)

    def count(self, count: Count) -> None:
        """As the server does: the movement, then its correction where there is one."""
        effect = effect_of_count(count, self.settled)
        self.move(count.difference)
        if effect != count.difference:
            self.move(effect - count.difference)
        self.settled.append(SettledCount(count, len(self.entries), effect))


def made(ledger: Ledger, number: int, *, device: int, at: int, counted: int, base: int, own: int = 0) -> Count:
    """A count held against the ledger at ``base`` and the device's own movements that are not in it."""
    return Count(UUID(int=number), UUID(int=device), at, base, counted - ledger.sum_at(base) - own)


def test_given_sales_of_others_that_arrive_later_then_they_count_as_after_the_count() -> None:
    ledger = Ledger([12_000])
    count = made(ledger, 1, device=1, at=10, counted=10_000, base=1)
    ledger.move(-3_000)
    ledger.count(count)
    ledger.move(-1_000)
    assert ledger.on_hand == 10_000 - 3_000 - 1_000


def test_given_two_counts_that_did_not_know_of_each_other_then_the_later_one_stands_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        ledger = Ledger([12_000])
        counts = (
            made(ledger, 1, device=1, at=10, counted=10_000, base=1),
            made(ledger, 2, device=2, at=11, counted=9_000, base=1),
        )
        for place in order:
            ledger.count(counts[place])
        assert ledger.on_hand == 9_000


def test_given_two_counts_of_one_device_whose_first_was_overtaken_then_the_second_stands() -> None:
    ledger = Ledger([12_000])
    first = made(ledger, 1, device=1, at=10, counted=10_000, base=1)
    second = made(ledger, 3, device=1, at=30, counted=8_000, base=1, own=first.difference)
    ledger.count(made(ledger, 2, device=2, at=20, counted=11_000, base=1))
    ledger.count(first)
    assert ledger.on_hand == 11_000, "counted before, told later"
    ledger.count(second)
    assert ledger.on_hand == 8_000


def test_given_a_count_that_knew_of_the_one_before_then_nothing_is_taken_back() -> None:
    ledger = Ledger([12_000])
    ledger.count(made(ledger, 1, device=1, at=10, counted=10_000, base=1))
    ledger.count(made(ledger, 2, device=2, at=20, counted=10_000, base=len(ledger.entries)))
    assert ledger.on_hand == 10_000
    assert ledger.settled[-1].effect == 0


@st.composite
def histories(draw: st.DrawFn) -> tuple[Ledger, int, int, Sequence[int]]:
    """A ledger after some movements and counts, what was counted last, at which base, and what is no count."""
    ledger, plain = Ledger(), list[tuple[int, int]]()
    best: tuple[int, int, int, int] | None = None
    seen = [0]
    for number in range(1, draw(st.integers(2, 13))):
        seen.append(len(ledger.entries))
        if draw(st.booleans()):
            quantity = draw(st.integers(-9, 9))
            ledger.move(quantity)
            plain.append((len(ledger.entries), quantity))
            continue
        # A level shows a count with its correction, never one without the other.
        base = draw(st.sampled_from(seen))
        # A count is made after whatever is in its base, and may arrive after counts that were made later.
        known = max((each.count.at for each in ledger.settled if each.position <= base), default=0)
        at = draw(st.integers(known + 1, known + 20))
        counted = draw(st.integers(0, 30))
        ledger.count(made(ledger, number, device=number, at=at, counted=counted, base=base))
        if best is None or (at, number) > best[:2]:
            best = (at, number, counted, base)
    if best is None:
        return ledger, 0, 0, [quantity for _, quantity in plain]
    return ledger, best[2], best[3], [quantity for position, quantity in plain if position > best[3]]


@given(histories())
def test_given_any_history_then_the_ledger_is_the_last_count_and_what_was_not_in_its_base(
    history: tuple[Ledger, int, int, Sequence[int]],
) -> None:
    ledger, counted, _, after = history
    assert ledger.on_hand == counted + sum(after)
