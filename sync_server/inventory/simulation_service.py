"""What ways of promising stock cost while a store cannot be heard: played through with dice, many times over.

One product in one store over a few hours: buyers come to the counter and to the web in any order; in some of the plays
the line is cut for a while. Three ways of promising are compared: **naive** (the web sells what it last heard of),
**safety** (the same less a few pieces kept back) and **rights** (the product's own rule: leases and rights). The rules
are those of ``shared.stock``, not copies. The comparison is that of SYNC_FIELD.md §2.4, where a clerk who was told that
a piece is held for the web kept it back nine times in ten; nobody is ever refused by the program.

Chance comes in as a seed: the same scenario and seed give the same table, on every machine and version of Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.quantity import THOUSAND
from shared.stock import WEB_SHARE_PERCENT, Level, counter_stock, may_promise, rights_of


class Dice:
    """SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014)."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, sides: int) -> int:
        """A number from 0 to ``sides`` - 1; the bias of the remainder is below one in 10^15 here."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % sides


_MASK = 2**64 - 1


class Policy(StrEnum):
    """A way of promising."""

    NAIVE = "naive"
    SAFETY = "safety"
    RIGHTS = "rights"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played.

    Attributes:
        quantity: pieces in the store at the beginning.
        offline_percent: in how many of a hundred plays the line is cut.
        web_share_percent: of what is available, under ``rights``.
        safety_pieces: kept back from the web under ``safety``.
        heed_percent: how many of a hundred clerks who are told keep the piece for the web.
        demand_percent: how many buyers come, counter and web together, in per cent of ``quantity``.
        lease_percent: for how much of an outage the store still counts as heard.
    """

    quantity: int = 10
    offline_percent: int = 100
    web_share_percent: int = WEB_SHARE_PERCENT
    safety_pieces: int = 2
    heed_percent: int = 90
    demand_percent: int = 120
    lease_percent: int = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all plays, in pieces.

    Attributes:
        web_wanted: asked for by web buyers; of these ``web_refused`` were not promised and ``oversold`` were promised
            but gone when the order was to be handed out.
        counter_wanted: asked for at the counter; of these ``told`` were of what is held for the web (sold or kept
            back), and ``gone_without`` buyers left without, told or with nothing on the shelf.
    """

    web_wanted: int = 0
    web_refused: int = 0
    oversold: int = 0
    counter_wanted: int = 0
    told: int = 0
    gone_without: int = 0

    def plus(self, other: Outcome) -> Outcome:
        """Both together."""
        return Outcome(
            self.web_wanted + other.web_wanted,
            self.web_refused + other.web_refused,
            self.oversold + other.oversold,
            self.counter_wanted + other.counter_wanted,
            self.told + other.told,
            self.gone_without + other.gone_without,
        )

    def per_mille(self, part: int, whole: int) -> int:
        """A share in tenths of a per cent, rounded to the nearest."""
        return 0 if whole == 0 else (2 * 1000 * part + whole) // (2 * whole)

    @property
    def oversold_per_mille(self) -> int:
        """Of what the web wanted, promised and not there."""
        return self.per_mille(self.oversold, self.web_wanted)

    @property
    def refused_per_mille(self) -> int:
        """Of what the web wanted, not promised; true stock-outs included."""
        return self.per_mille(self.web_refused, self.web_wanted)

    @property
    def told_per_mille(self) -> int:
        """Of what the counter wanted, told to be held for the web."""
        return self.per_mille(self.told, self.counter_wanted)

    @property
    def without_per_mille(self) -> int:
        """Of what the counter wanted, not sold."""
        return self.per_mille(self.gone_without, self.counter_wanted)


@dataclass(slots=True)
class _Shop:
    """One play: what is really there, what the server knows, and what the till knows."""

    policy: Policy
    scenario: Scenario
    on_shelf: int
    promised: int = 0
    heard: Level = field(default_factory=Level)
    """The level as the server last heard of it, before its own later promises."""
    pulled: Level = field(default_factory=Level)
    """The level as the till last pulled it."""
    promised_since: int = 0
    own_movements: int = 0
    is_line_up: bool = True
    rights_left: int | None = None

    def exchange(self) -> None:
        """Server and till tell each other everything."""
        self.heard = self.pulled = Level(self.on_shelf, self.promised)
        self.promised_since = self.own_movements = 0

    def web_buyer(self) -> bool:
        """Whether the web promises a piece."""
        available = self.heard.available - self.promised_since
        if self.policy is Policy.SAFETY:
            available -= self.scenario.safety_pieces * THOUSAND
        if not may_promise(THOUSAND, available, self.rights_left):
            return False
        self.promised += THOUSAND
        self.promised_since += THOUSAND
        if self.rights_left is not None:
            self.rights_left -= THOUSAND
        if self.is_line_up:
            self.exchange()
        return True

    def lapse(self) -> None:
        """The lease is over: from now on only rights, measured on what is available as far as the server knows."""
        if self.policy is Policy.RIGHTS:
            self.rights_left = rights_of(self.heard.available - self.promised_since, self.scenario.web_share_percent)

    def is_held_for_web(self) -> bool:
        """Whether the till tells its clerk that the next piece is held for the web."""
        keeps_rights = self.policy is Policy.RIGHTS and not self.is_line_up
        share = self.scenario.web_share_percent if keeps_rights else 0
        known = counter_stock(self.pulled, self.own_movements, is_heard=self.is_line_up, web_share_percent=share)
        return known.taken_from_web(THOUSAND) > 0

    def sell(self) -> None:
        """A piece leaves over the counter: a fact."""
        self.on_shelf -= THOUSAND
        self.own_movements -= THOUSAND
        if self.is_line_up:
            self.exchange()


def simulate(scenario: Scenario, policy: Policy, *, runs: int, seed: int) -> Outcome:
    """Play a scenario ``runs`` times. Every policy meets the same buyers and the same cuts for the same seed."""
    total = Outcome()
    for run in range(runs):
        total = total.plus(_play(scenario, policy, Dice(seed * 1_000_003 + run)))
    return total


def compare(scenarios: Sequence[Scenario], *, runs: int, seed: int) -> Iterator[tuple[Scenario, Policy, Outcome]]:
    """Every policy in every scenario."""
    for scenario in scenarios:
        for policy in Policy:
            yield scenario, policy, simulate(scenario, policy, runs=runs, seed=seed)


def usual_scenarios(scenario: Scenario) -> list[Scenario]:
    """The grid of SYNC_FIELD.md §2.4 around a scenario."""
    grid = ((100, 3), (100, 10), (30, 10))
    return [replace(scenario, offline_percent=offline, quantity=quantity) for offline, quantity in grid]


def _play(scenario: Scenario, policy: Policy, dice: Dice) -> Outcome:
    buyers = _buyers(scenario, dice)
    cut_at = dice.below(len(buyers)) if dice.below(100) < scenario.offline_percent else None
    heeds = [dice.below(100) < scenario.heed_percent for _ in buyers]
    shop = _Shop(policy, scenario, scenario.quantity * THOUSAND)
    shop.exchange()
    lapse_at = None
    if cut_at is not None:
        lapse_at = cut_at + (len(buyers) - cut_at) * scenario.lease_percent // 100
    count = {"web": 0, "refused": 0, "counter": 0, "told": 0, "without": 0}
    for turn, is_web in enumerate(buyers):
        if turn == cut_at:
            shop.is_line_up = False
        if turn == lapse_at:
            shop.lapse()
        if is_web:
            count["web"] += 1
            count["refused"] += not shop.web_buyer()
            continue
        count["counter"] += 1
        is_told = shop.on_shelf > 0 and shop.is_held_for_web()
        count["told"] += is_told
        if shop.on_shelf <= 0 or (is_told and heeds[turn]):
            count["without"] += 1
        else:
            shop.sell()
    oversold = max(0, shop.promised - max(shop.on_shelf, 0)) // THOUSAND
    return Outcome(
        web_wanted=count["web"],
        web_refused=count["refused"],
        oversold=oversold,
        counter_wanted=count["counter"],
        told=count["told"],
        gone_without=count["without"],
    )


def _buyers(scenario: Scenario, dice: Dice) -> list[bool]:
    """Who comes, in order: true for the web; half to one and a half times as many as usual."""
    usual = max(1, scenario.quantity * scenario.demand_percent // 100)
    return [dice.below(2) == 1 for _ in range(max(1, usual // 2) + dice.below(usual + 1))]
