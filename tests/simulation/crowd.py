"""Everybody at once: ``python -m tests.simulation.crowd --rounds 20 [--seed 1]``.

The seeds of ``soak`` have one order of events; here devices, web shops and the server's own housekeeping work in threads of
their own against one application with its pool of threads and connections. In each round everybody works at the same time;
some requests are sent twice in the same moment; then the world comes to rest and every invariant is checked. Nothing is
left out: what may be answered while others are at work is an outcome or a wish to be asked later, never 500.

A round of another kind is a **rush**: nobody sells over the counter, a few pieces have come in, all web shops want the
same one in the same moment, and not one may be promised that is not there.

What the threads do is drawn from the seed; who comes first is not, so that a run is never the same twice.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import text

from desktop.usecases.move_stock import NewMovement, move_stock
from shared.errors import CounterfoilError, EnvironmentFailure, UserError
from shared.stock import MovementReason
from sync_server.inventory.keeper import keep
from tests.simulation import disasters, invariants
from tests.simulation.acts import OFFICE_ACTS, TILL_ACTS, Act, change_customer, rename_product
from tests.simulation.bridge import RawAnswer, RawRequest
from tests.simulation.device_process import DeviceProcess
from tests.simulation.network import Network
from tests.simulation.resting import come_to_rest
from tests.simulation.small_shop import GOODS, STORES, shop_id
from tests.simulation.stage import Stage, open_stage
from tests.simulation.web_shop import WANTED, WebShop
from tests.simulation.world import Broken, World

TILLS_JOINING = 1
WEB_SHOPS = 6
STEPS_IN_A_ROUND = 6
PATIENCE_SECONDS = 120.0
"""Who waits for the others so long waits for somebody who has failed."""
RUSH_EVERY = 2
RUSH_STORE, RUSH_PIECES = STORES[0], 4
"""Where a rush is, and how many pieces of each thing are there to be promised when it begins."""
SENT_TWICE = 0.3
SENT_TWICE_PATHS = ("/sync/push", "/orders")
_MAY_BE_ASKED_LATER = frozenset({429, 503})
_CREATED, _SERVER_FAILED = 201, 500


@dataclass(slots=True)
class Tally:
    """What a run did.

    Attributes:
        answers: by path and status.
        side_by_side: the largest number of requests that were on their way together.
        twins: requests sent twice in the same moment.
        problems: what may not happen while others are at work.
    """

    rounds: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    side_by_side: int = 0
    twins: int = 0
    granted: int = 0
    out_of_stock: int = 0
    problems: list[str] = field(default_factory=list)
    check: str = ""
    problem: str = ""
    """The first thing that does not hold, and which check says so; empty when everything does."""


class Street(Network):
    """The lines of a crowd: everybody's requests pass at once, and nothing goes wrong but that some are sent twice."""

    def __init__(self, world: World, tally: Tally) -> None:
        super().__init__(world.server, world.weather, random.Random(), world.tell)
        self._world = world
        self._tally = tally
        self._lock = threading.Lock()
        self._twins = random.Random(f"street {world.seed}")
        self._on_the_way = 0
        self._second = ThreadPoolExecutor(8, thread_name_prefix="twin")

    def carry(self, device: str, request: RawRequest) -> RawAnswer:
        """Carry a request, and some of them twice in the same moment."""
        del device
        with self._lock:
            has_twin = self._twins.random() < SENT_TWICE and request.path in SENT_TWICE_PATHS
            self._tally.twins += has_twin
        twin = self._second.submit(self._answer, request) if has_twin else None
        answer = self._answer(request)
        if twin is not None:
            self._compare(request, answer, twin.result())
        return answer

    def close(self) -> None:
        """Nobody is on the way any more."""
        self._second.shutdown()

    def _answer(self, request: RawRequest) -> RawAnswer:
        with self._lock:
            self._on_the_way += 1
            self._tally.side_by_side = max(self._tally.side_by_side, self._on_the_way)
        try:
            answer = self._world.server.call(request)
        finally:
            with self._lock:
                self._on_the_way -= 1
        with self._lock:
            self._tally.answers[f"{_kind(request.path)} {answer.status}"] += 1
            if answer.status >= _SERVER_FAILED and answer.status not in _MAY_BE_ASKED_LATER:
                self._tally.problems.append(f"{request.path} was answered {answer.status}: {answer.body[:300]!r}")
        return answer

    def _compare(self, request: RawRequest, first: RawAnswer, second: RawAnswer) -> None:
        """The same request twice has one effect, so both are told the same."""
        statuses = {first.status, second.status} - _MAY_BE_ASKED_LATER
        ids = {json.loads(each.body)["id"] for each in (first, second) if each.status == _CREATED}
        if len(statuses) > 1 or len(ids) > 1:
            with self._lock:
                self._tally.problems.append(
                    f"{request.path}, sent twice at once, was answered {first.status} and {second.status}: "
                    f"{first.body[:200]!r} {second.body[:200]!r}"
                )


def _kind(path: str) -> str:
    return "/".join("…" if len(part) > 30 else part for part in path.split("/"))


_AVAILABLE = "b.on_hand - b.reserved - b.damaged - b.in_quality_control AS left_over"
_LEFT_OVER = text(f"SELECT b.variant_id, {_AVAILABLE} FROM stock_balance b WHERE b.store_id = :store")
_HELD = text(
    f"SELECT r.order_id, r.variant_id, {_AVAILABLE} "
    "FROM reservation r JOIN stock_balance b USING (store_id, variant_id) WHERE r.state = 'held'"
)


class Crowd:
    """One world in which everybody works at once."""

    def __init__(self, world: World, tally: Tally) -> None:
        self._world = world
        self._tally = tally
        self._street = Street(world, tally)
        world.network = self._street
        self._lock = threading.Lock()
        self._doors = threading.Barrier(WEB_SHOPS, timeout=PATIENCE_SECONDS)
        self._shops = [
            WebShop(world.stage.channel.api_key, world.carry_web, random.Random(f"{world.seed} {n}"), f"shop{n}")
            for n in range(WEB_SHOPS)
        ]

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """More tills, and a copy of one, so that two programs work in one device's name."""
        for _ in range(TILLS_JOINING):
            disasters.join_a_device(self._world)
        disasters.copy_a_folder(self._world)
        for device in self._world.devices:
            self._world.cycle(device)
        try:
            yield
        finally:
            self._street.close()

    def round(self, number: int) -> None:
        """Everybody works; then rest, and every check.

        Raises:
            Broken: something does not hold.
        """
        is_rush = number % RUSH_EVERY == 0
        self._world.tell(f"=== round {number}{', a rush' if is_rush else ''}")
        if is_rush:
            self._restock()
        before = set(self._held())
        self._all_at_once(is_rush=is_rush)
        for device in self._world.devices:
            self._world.look_at(device, f"crowd {number}")
        self._world.web.orders = [order for shop in self._shops for order in shop.orders]
        if self._tally.problems:
            raise Broken("crowd", self._tally.problems[0])
        if is_rush:
            self._check_promises(before)
        come_to_rest(self._world)
        invariants.check_all(self._world)
        self._tally.rounds += 1

    def _all_at_once(self, *, is_rush: bool) -> None:
        barrier = threading.Barrier(len(self._world.devices) + len(self._shops) + 1, timeout=PATIENCE_SECONDS)
        works: list[Callable[[], None]] = [
            *(partial(self._work_at, device, is_rush=is_rush) for device in self._world.devices),
            *(partial(self._rush_to if is_rush else self._sell_on_the_web, shop) for shop in self._shops),
            self._keep_house,
        ]
        with ThreadPoolExecutor(len(works), thread_name_prefix="crowd") as pool:

            def begin(work: Callable[[], None]) -> None:
                barrier.wait()
                work()

            done = [pool.submit(begin, work) for work in works]
        for each in done:
            self._note_failure(each)

    def _note_failure(self, done: Future[None]) -> None:
        error = done.exception()
        if error is not None:
            self._tally.problems.append(f"{type(error).__name__}: {error}")

    def _work_at(self, device: DeviceProcess, *, is_rush: bool) -> None:
        for _ in range(STEPS_IN_A_ROUND):
            act = None if device.dice.random() < 0.5 else _act_of(device, is_rush=is_rush)
            name = "cycle" if act is None else act.__name__
            try:
                if act is None:
                    device.engine.cycle()
                else:
                    act(device, device.dice)
            except (UserError, EnvironmentFailure) as error:
                name = f"{name}: {error.code}"
            self._count(name)

    def _sell_on_the_web(self, shop: WebShop) -> None:
        for _ in range(STEPS_IN_A_ROUND):
            self._note_order(shop.move() if shop.dice.random() < 0.3 else shop.place())

    def _rush_to(self, shop: WebShop) -> None:
        for step in range(STEPS_IN_A_ROUND):
            lines = [{"sku": GOODS[step % WANTED][0], "quantity": "1"}]
            self._doors.wait()
            self._note_order(shop.order({"store": RUSH_STORE, "lines": lines}))

    def _note_order(self, outcome: str) -> None:
        with self._lock:
            self._tally.granted += " placed at " in outcome
            self._tally.out_of_stock += ": 409" in outcome

    def _restock(self) -> None:
        """So many pieces come in at the office that a few may be promised."""
        office = next(device for device in self._world.devices if device.kind == "office")
        with self._world.server.reading() as connection:
            left_over = connection.execute(_LEFT_OVER, {"store": shop_id("store", RUSH_STORE)}).all()
        short = {row.variant_id: RUSH_PIECES * 1_000 - row.left_over for row in left_over}
        wanted = {shop_id("variant", sku) for sku, *_ in GOODS[:WANTED]}

        def take_in() -> None:
            for variant in sorted(wanted & short.keys()):
                if short[variant] > 0:
                    move_stock(office.office.desk(), NewMovement(variant, short[variant], MovementReason.RECEIPT))

        self._world.live(office, take_in)
        self._world.look_at(office, "restocked")
        self._world.cycle(office)

    def _keep_house(self) -> None:
        server, database = self._world.server, self._world.stage.database
        for _ in range(STEPS_IN_A_ROUND):
            server.bring_levels_up()
            server.sweep()
            server.tidy(2)
            keep(database)

    def _held(self) -> dict[tuple[object, object], int]:
        with self._world.server.reading() as connection:
            rows = connection.execute(_HELD)
            return {(row.order_id, row.variant_id): row.left_over for row in rows}

    def _check_promises(self, before: set[tuple[object, object]]) -> None:
        for place, left_over in self._held().items():
            if place not in before and left_over < 0:
                raise Broken("I4", f"{place[1]} was promised to {place[0]}, and {-left_over} of it is not there")

    def _count(self, name: str) -> None:
        with self._lock:
            self._tally.acts[name] += 1


def _act_of(device: DeviceProcess, *, is_rush: bool) -> Act:
    if is_rush:
        return device.dice.choice((rename_product, change_customer))
    acts = TILL_ACTS if device.kind == "till" else OFFICE_ACTS
    return device.dice.choices([each for each, _ in acts], [weight for _, weight in acts])[0]


def run(stage: Stage, rounds: int, seed: int, *, is_loud: bool = False) -> Tally:
    """Play rounds until something does not hold; gives what was done."""
    tally = Tally()
    world = World(stage, seed, is_loud=is_loud, is_parallel=True)
    world.weather.is_calm = True
    world.has_older = False
    with world.running():
        crowd = Crowd(world, tally)
        with crowd.gathered():
            try:
                for number in range(1, rounds + 1):
                    crowd.round(number)
            except (AssertionError, CounterfoilError) as broken:
                tally.check = getattr(broken, "check", "error")
                tally.problem = f"round {tally.rounds + 1}: {broken}"
    return tally


def main(arguments: list[str] | None = None) -> int:
    """The command line; ends non-zero when something does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="what the threads do; not who comes first")
    parser.add_argument("--loud", action="store_true", help="show what is done between the rounds")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with open_stage() as stage:
        tally = run(stage, options.rounds, options.seed, is_loud=options.loud)
    print(
        f"{tally.rounds} rounds in {time.monotonic() - started:.0f} s: {sum(tally.answers.values()):,} requests, up to "
        f"{tally.side_by_side} at once, {tally.twins:,} sent twice in one moment; {tally.granted:,} web orders granted, "
        f"{tally.out_of_stock:,} refused."
    )
    print("Answers: " + _counted(tally.answers))
    print("Acts: " + _counted(tally.acts))
    print(f"FAILED {tally.problem}" if tally.check else "Every invariant held.")
    return 1 if tally.check else 0


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


if __name__ == "__main__":
    sys.exit(main())
