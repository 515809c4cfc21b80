"""Proof that the simulator can fail: the product is broken on purpose, once for each thing that must never happen.

``python -m tests.simulation.mutants`` plays seeds under each mutant until one is caught, and shows by which check and
after how many seeds. A mutant is a context manager that patches the product in this process; to add one: a function
below with ``@_mutant`` and the invariant it breaks. A mutant that no seed catches is a hole in the simulator.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from sqlalchemy import text

import desktop.sync.apply as applying
from desktop.replica import cursors, driver, offers, outbox, overlay, pulled, resending, schema_fill
from desktop.replica.migrations import steps_0002
from desktop.sync.pull_lane import PullLane
from desktop.sync.push_lane import Pushed, PushLane
from desktop.usecases import complete_sale, lives
from shared.errors import EnvironmentFailure
from shared.ids import derived_id
from sync_server.epochs import service as epochs
from sync_server.epochs import witness_service
from sync_server.inventory import promise_repository
from sync_server.inventory import service as inventory
from sync_server.sync import apply_service, document_repository, edit_service, effects
from tests.simulation import crowd
from tests.simulation.run_seed import run_seed
from tests.simulation.stage import Stage, open_stage

SEEDS_MAX = 60
CHECKED_BY = frozenset(f"I{number}" for number in range(1, 15))
"""The invariants; what is caught by anything else (an error) is shown, for it may have nothing to do with the mutant."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deliberate break.

    Attributes:
        breaks: the invariant that must notice; others may be faster.
        text: what is wrong.
        is_of_crowd: only those who come at once can notice (``tests.simulation.crowd``).
    """

    name: str
    breaks: str
    text: str
    broken: Callable[[], AbstractContextManager[None]]
    is_of_crowd: bool = False


MUTANTS: list[Mutant] = []


def _mutant(
    breaks: str, *, is_of_crowd: bool = False
) -> Callable[[Callable[[], Iterator[None]]], Callable[[], Iterator[None]]]:
    def note(work: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
        words = (work.__doc__ or "").splitlines()[0]
        MUTANTS.append(Mutant(work.__name__, breaks, words, contextmanager(work), is_of_crowd))
        return work

    return note


@_mutant("I1")
def cursor_before_rows() -> Iterator[None]:
    """The cursor moves before the rows of its page are written."""
    real = applying.Applier._page_steps

    def wrong(self: Any, *arguments: Any) -> Iterator[Any]:
        steps = real(self, *arguments)
        yield next(steps)
        *rows, settle = list(steps)
        yield settle
        yield from rows

    with mock.patch.object(applying.Applier, "_page_steps", wrong):
        yield


@_mutant("I1")
def row_skipped() -> Iterator[None]:
    """The last row of a page is passed over."""
    real = pulled.write_rows

    def wrong(connection: Any, entity: str, rows: Sequence[Any], context: Any) -> Any:
        return real(connection, entity, rows[:-1] if len(rows) > 1 else rows, context)

    with mock.patch.object(pulled, "write_rows", wrong):
        yield


@_mutant("I1")
def upgrade_passes_over_an_entity() -> Iterator[None]:
    """After an upgrade of the program one of the entities that it has learnt of is not fetched."""
    real = schema_fill.changed_since

    def wrong(schema: int) -> tuple[str, ...]:
        return tuple(entity for entity in real(schema) if entity != "quick_key")

    with mock.patch.object(schema_fill, "changed_since", wrong):
        yield


@_mutant("I2")
def failure_taken_for_success() -> Iterator[None]:
    """A push whose answer never came leaves the queue.

    Noted as accepted it would be sent again: the next pull tells that the server does not know it.
    """
    real = PushLane._send

    def wrong(self: Any, batch: Any) -> Any:
        try:
            return real(self, batch)
        except EnvironmentFailure as failure:
            if failure.code != "server_unreachable":
                raise
            with self._replica.write(is_background=True) as unit:
                sql = "DELETE FROM outbox WHERE number BETWEEN ? AND ?"
                unit.connection.exec_driver_sql(sql, (batch.mutations[0].number, batch.mutations[-1].number))
            return Pushed(len(batch.mutations))

    with mock.patch.object(PushLane, "_send", wrong):
        yield


@_mutant("I2")
def clerk_not_durable() -> Iterator[None]:
    """A clerk's transaction is not on the disk when it returns, and a power cut takes it."""
    real = driver._prepare

    def wrong(connection: Any, access: Any) -> None:
        real(connection, access)
        connection.execute("PRAGMA synchronous = NORMAL")

    with mock.patch.object(driver, "_prepare", wrong):
        yield


@_mutant("I3")
def retried_sale_moves_stock_again() -> Iterator[None]:
    """Each sale moves its stock, and moves it once more under another id."""
    real = inventory.apply_sales

    def wrong(connection: Any, sale_ids: Sequence[Any], *, now: int) -> None:
        real(connection, sale_ids, now=now)
        rows = connection.execute(
            text("SELECT * FROM stock_movement WHERE source_id = ANY(:ids) LIMIT 1"), {"ids": list(sale_ids)}
        ).all()
        again = [inventory.LedgerRow(**{**row._mapping, "id": derived_id("again", row.id)}) for row in rows]
        inventory.move(connection, again, now=now)

    with mock.patch.object(effects.inventory, "apply_sales", wrong):
        yield


@_mutant("I3")
def own_movements_added_for_ever() -> Iterator[None]:
    """A device goes on adding its own movements to levels that include them."""
    with (
        mock.patch.object(pulled, "drop_projected", return_value=None),
        mock.patch.object(pulled, "_drop_expected", return_value=None),
    ):
        yield


@_mutant("I4")
def promise_without_looking() -> Iterator[None]:
    """A promise is granted without looking at what is there."""
    always = {"available_known": "wanted.quantity", "available_b": "EXCLUDED.reserved"}
    parts = {"lease": "", "number": "0", "from_lease": "", "may": "true", "columns": "", "values": "", "sets": ""}
    statement = text(promise_repository._PROMISE.format(**always, **parts, condition=""))
    with mock.patch.object(promise_repository, "_PROMISE_HEARD", statement):
        yield


@_mutant("I2", is_of_crowd=True)
def edit_without_holding_the_row() -> Iterator[None]:
    """An edit is merged with a row that somebody else may be changing in the same moment."""
    real = document_repository.fetch_binary

    def wrong(connection: Any, statement: str, values: Any) -> Any:
        return real(connection, statement.removesuffix(" FOR UPDATE"), values)

    with mock.patch.object(document_repository, "fetch_binary", wrong):
        yield


@_mutant("I4", is_of_crowd=True)
def promise_as_seen_before() -> Iterator[None]:
    """A promise is judged by what its snapshot shows, not by what the buyers before it have left."""
    available = {
        "available_known": promise_repository._AVAILABLE_OF.format("known"),
        "available_b": "EXCLUDED.reserved",
    }
    parts = {"lease": "", "number": "0", "from_lease": "", "may": "true", "columns": "", "values": "", "sets": ""}
    wrong = text(promise_repository._PROMISE.format(**available, **parts, condition=""))
    with mock.patch.object(promise_repository, "_PROMISE_HEARD", wrong):
        yield


@_mutant("I5")
def overlay_not_laid() -> Iterator[None]:
    """What comes down is shown without the edits of this device that are on their way."""

    def wrong(connection: Any, entity: str, entity_id: bytes, settled_number: int) -> None:
        real(connection, entity, entity_id, 2**62)

    real = overlay.lay_over
    with mock.patch.object(overlay, "lay_over", wrong):
        yield


@_mutant("I6")
def half_a_sale() -> Iterator[None]:
    """A sale that comes down is written without the last of its payments."""
    real = pulled.write_rows

    def wrong(connection: Any, entity: str, rows: Sequence[Any], context: Any) -> Any:
        for row in rows if entity == "sale" else ():
            del row.payload[1]["sale_tender"][-1:]
        return real(connection, entity, rows, context)

    with mock.patch.object(pulled, "write_rows", wrong):
        yield


@_mutant("I7")
def cursor_goes_back() -> Iterator[None]:
    """A page moves the cursor to three positions before its end."""
    real = cursors.move_cursor

    def wrong(connection: Any, cursor: Any, to_position: int, mark: bytes) -> None:
        real(connection, cursor, max(to_position - 3, 0), mark)

    with mock.patch.object(cursors, "move_cursor", wrong):
        yield


@_mutant("I8")
def scope_not_wiped() -> Iterator[None]:
    """A scope that is not granted any more is forgotten, and its rows stay."""

    def wrong(connection: Any, cursor: Any, settled_number: int) -> dict[str, list[bytes]]:
        del settled_number
        cursors.drop_cursor(connection, cursor)
        return {}

    with mock.patch.object(pulled, "erase_scope", wrong):
        yield


@_mutant("I9")
def outbox_dropped_at_restart() -> Iterator[None]:
    """A scope that starts anew takes the outbox with it."""
    real = pulled.restart_scope

    def wrong(connection: Any, cursor: Any) -> Any:
        connection.exec_driver_sql("DELETE FROM outbox")
        return real(connection, cursor)

    with mock.patch.object(pulled, "restart_scope", wrong):
        yield


@_mutant("I9")
def outbox_dropped_at_upgrade() -> Iterator[None]:
    """A replica file that is brought up to a newer revision loses what waits to be sent."""
    real = steps_0002.upgrade

    def wrong(connection: Any) -> None:
        real(connection)
        connection.exec_driver_sql("DELETE FROM outbox WHERE state = 'waiting'")

    with mock.patch.object(steps_0002, "upgrade", wrong):
        yield


@_mutant("I10")
def inbox_entry_not_written() -> Iterator[None]:
    """A refused mutation leaves nothing in the inbox."""
    with mock.patch.object(apply_service, "report_refused", return_value=None):
        yield


@_mutant("I11")
def removal_not_done() -> Iterator[None]:
    """The server says that it removed a barcode, and keeps it."""
    with mock.patch.object(edit_service, "_remove", return_value="applied"):
        yield


@_mutant("I12")
def receipt_number_given_twice() -> Iterator[None]:
    """The counter of receipts is not raised with the sale: every fifth number is given again."""
    real = complete_sale.take_number

    def wrong(connection: Any, series: int) -> int:
        number = real(connection, series)
        return number - 1 if number % 5 == 0 else number

    with mock.patch.object(complete_sale, "take_number", wrong):
        yield


@_mutant("I12")
def copy_not_noticed() -> Iterator[None]:
    """A copied folder takes itself for the first one and goes on in its receipt series."""
    with mock.patch.object(lives, "fingerprint_of", return_value="the same"), _same_count():
        yield


@_mutant("I13")
def nothing_offered() -> Iterator[None]:
    """After a restore of the server devices sweep what did not come again instead of offering it."""

    def wrong(unit: Any, cursor: Any, members: Any, *, epoch: int, settled: int) -> dict[str, list[bytes]]:
        with mock.patch.object(offers, "offer", return_value=None):
            return real(unit, cursor, members, epoch=epoch, settled=settled)

    real = offers.give_back
    with mock.patch.object(offers, "give_back", wrong):
        yield


@_mutant("I13")
def nothing_sent_again() -> Iterator[None]:
    """After a restore of the server acknowledged mutations are not sent again."""
    real = resending.take_up

    def wrong(connection: Any, epoch: int, *, last: int, projected: int) -> int:
        del last
        return real(connection, epoch, last=2**62, projected=projected)

    with (
        mock.patch.object(resending, "take_up", wrong),
        mock.patch.object(outbox, "send_again_from", return_value=0),  # The gap it leaves would heal it otherwise.
    ):
        yield


@_mutant("I13")
def restore_not_noticed() -> Iterator[None]:
    """A restored server goes on as if nothing had been lost, and no device takes notice either."""
    with (
        mock.patch.object(epochs, "reason_for_new_epoch", return_value=""),
        mock.patch.object(epochs, "_is_other", return_value=False),
        mock.patch.object(witness_service, "_refuse", return_value=None),
        mock.patch.object(PullLane, "_take_back_forgotten", return_value=None),
    ):
        yield


@_mutant("I14")
def gap_never_mended() -> Iterator[None]:
    """A device that the server tells about a gap or a fork sends the same again for ever."""
    with mock.patch.object(PushLane, "_mend", return_value=False):
        yield


@contextmanager
def _same_count() -> Iterator[None]:
    with mock.patch.object(lives, "counted_openings", return_value=0):
        yield


@dataclass(slots=True)
class Hunt:
    """How a mutant was caught: the seed, the check, and how many seeds it took; 0 if it was not."""

    mutant: Mutant
    seed: int = 0
    check: str = ""
    seeds: int = 0
    problem: str = ""


def hunt(stage: Stage, mutant: Mutant, *, first: int = 1, seeds_max: int = SEEDS_MAX) -> Hunt:
    """Play seeds under a mutant, or rounds of a crowd, until a check catches it."""
    found = Hunt(mutant)
    if mutant.is_of_crowd:
        with mutant.broken():
            tally = crowd.run(stage, seeds_max, first)
        return Hunt(mutant, first, tally.check, tally.rounds + 1, tally.problem)
    for seed in range(first, first + seeds_max):
        with mutant.broken():
            outcome = run_seed(stage, seed)
        found.seeds += 1
        if outcome.check:
            found.seed, found.check, found.problem = seed, outcome.check, outcome.problem
            return found
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line; ends non-zero when a mutant lives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=SEEDS_MAX, help="give up after so many")
    options = parser.parse_args(arguments)
    chosen = [each for each in MUTANTS if not options.names or each.name in options.names]
    alive = Counter[str]()
    with open_stage() as stage:
        print("| breaks | mutant | caught by | seed | seeds played |\n|---|---|---|---|---|", flush=True)
        for mutant in chosen:
            found = hunt(stage, mutant, seeds_max=options.seeds)
            caught = found.check or "NOT CAUGHT"
            alive[mutant.name] += not found.check
            if found.check not in CHECKED_BY:
                print(f"{mutant.name}: {found.problem[:300]}", file=sys.stderr, flush=True)
            print(f"| {mutant.breaks} | {mutant.text} | {caught} | {found.seed or '-'} | {found.seeds} |", flush=True)
    return 1 if any(alive.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
