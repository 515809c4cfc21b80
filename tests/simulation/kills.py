"""Kill -9 a till at random moments of a scripted day, and prove that nothing is lost, doubled or forgotten.

Two tills begin from copies of one home. The first is killed again and again, at a moment drawn by lot, in the middle
of whatever it is doing (scan, payment, sealing, sync). The second, the witness, is never killed and plays what the first
has answered. After each start the first must show exactly what the witness shows, or what it shows once it has played
the one command that was on its way; and both must have given the same answers, receipt numbers included.

Run it as ``python -m tests.simulation.kills --kills 200 --seed 1``.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop.paths import Home
from desktop.replica.fingerprint import renew_fingerprint
from tests.simulation.journal import Journal, open_replica, read_journal
from tests.simulation.killable_till import Answer, Command, KillableTill
from tests.simulation.killed_shop import Shop, offline_shop, shop_with_server
from tests.simulation.scripted_day import USER, ScriptedDay

LIFE_MAX_SECONDS = 1.0
_NOT_PLAYED_BY_WITNESS = frozenset({"sync", "offline", "online", "login", "state", "dismiss"})
_COMPARED = (
    "lines",
    "totals",
    "taxes",
    "tenders",
    "remaining",
    "customer",
    "parked",
    "sale_number",
    "shift",
    "expected_cash",
)
_ANSWERED_ALIKE = ("ok", "error", "receipt", "total", "change", "basket_total", "quantity", "line")


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    kills: int = 0
    commands: int = 0
    kills_by_command: dict[str, int] = field(default_factory=dict)
    finished_after_kill: int = 0
    """How often the command that was on its way turned out to be done."""
    journal: Journal | None = None
    sent: bool = False
    seconds: float = 0.0


def run(kills: int, seed: int, folder: Path, *, with_server: bool) -> Outcome:
    """Kill a till so many times. Raises ``AssertionError`` at the first thing that is not as it must be."""
    started = time.monotonic()
    make = shop_with_server if with_server else offline_shop
    with make(folder) as shop:
        _copy_unnoticed(shop.till_home, folder / "witness")
        simulation = _Simulation(
            shop=shop,
            day=ScriptedDay(random.Random(seed), shop.goods, shop.has_server),
            moments=random.Random(seed + 1),
            witness=KillableTill(folder / "witness", folder / "witness.log"),
            log=folder / "till.log",
        )
        _begin(simulation.witness)
        while simulation.outcome.kills < kills:
            simulation.live_once()
        simulation.finish(folder / "witness")
    simulation.outcome.seconds = time.monotonic() - started
    return simulation.outcome


def _copy_unnoticed(till_home: Path, witness_home: Path) -> None:
    """Copy a home so that the copy does not see that it is one: the witness must print the very same receipts."""
    shutil.copytree(till_home, witness_home)
    replica = open_replica(witness_home)
    with replica.write() as unit:
        renew_fingerprint(unit.connection, Home(witness_home).replica)
    replica.close()


@dataclass(slots=True)
class _Simulation:
    """A till that dies again and again, and its witness that does not.

    Attributes:
        in_flight: the command on its way when the till died last.
    """

    shop: Shop
    day: ScriptedDay
    moments: random.Random
    witness: KillableTill
    log: Path
    in_flight: Command | None = None
    outcome: Outcome = field(default_factory=Outcome)

    def live_once(self) -> None:
        """Start, look whether everything is where it was, work until killed, let the witness catch up."""
        till = self._start()
        till.answered.clear()
        till.kill_after(self.moments.uniform(0, LIFE_MAX_SECONDS))
        while True:
            command = self.day.next()
            answer = till.play(command)
            if answer is None:
                break
            self.day.noted(command, answer)
        till.leave()
        self.in_flight = till.in_flight
        self.outcome.kills += 1
        self.outcome.commands += len(till.answered)
        for played, answer in till.answered:
            if played["do"] not in _NOT_PLAYED_BY_WITNESS:
                same = self.witness.play(played)
                assert same is not None
                assert _alike(answer) == _alike(same), f"{played} was answered {answer}, by the witness {same}"

    def finish(self, witness_home: Path) -> None:
        """The last look: both journals agree sale by sale, numbers are whole, the server has each sale once."""
        till = self._start()
        if self.shop.has_server:
            till.must({"do": "sync"})
        till.leave()
        self.witness.leave()
        if self.shop.has_server:
            self.shop.verify()
            self.outcome.sent = True
        mine, theirs = read_journal(self.shop.till_home), read_journal(witness_home)
        assert mine.totals == theirs.totals, "the journals differ"
        assert mine.is_chain_intact
        assert mine.sales_in_outbox == mine.sales, "every sealed sale stands in the outbox exactly once"
        assert sorted(mine.numbers) == list(range(1, len(mine.numbers) + 1)), "receipt numbers are not whole"
        self.outcome.journal = mine

    def _start(self) -> KillableTill:
        """A started till, once it shows what it must."""
        till = KillableTill(self.shop.till_home, self.log)
        _begin(till)
        self._settle_in_flight(_shown(till))
        return till

    def _settle_in_flight(self, shown: dict[str, Any]) -> None:
        """The command on its way was done, or it was not; nothing in between is allowed."""
        command, self.in_flight = self.in_flight, None
        if command is not None:
            name = str(command["do"])
            self.outcome.kills_by_command[name] = self.outcome.kills_by_command.get(name, 0) + 1
        before = _shown(self.witness)
        if shown == before:
            return
        assert command is not None, f"between two commands the till forgot itself:\n{shown}\nand not\n{before}"
        assert command["do"] not in _NOT_PLAYED_BY_WITNESS, f"{command} changed the till:\n{shown}\nfrom\n{before}"
        answer = self.witness.play(command)
        assert answer is not None
        self.witness.must({"do": "dismiss"})
        after = _shown(self.witness)
        assert shown == after, f"after {command} the till shows\n{shown}\nand not\n{after}"
        self.day.noted(command, answer)
        self.outcome.finished_after_kill += 1


def _begin(till: KillableTill) -> None:
    till.must(USER)
    till.must({"do": "dismiss"})


def _shown(till: KillableTill) -> dict[str, Any]:
    """What must come back; words about stock and time may differ."""
    state = till.must({"do": "state"})
    lines = [{name: value for name, value in line.items() if name != "notes"} for line in state["lines"]]
    shift = {name: value for name, value in (state["shift"] or {}).items() if name != "opened_at"}
    return {**{name: state[name] for name in _COMPARED}, "lines": lines, "shift": shift}


def _alike(answer: Answer) -> dict[str, Any]:
    return {name: answer.get(name) for name in _ANSWERED_ALIKE}


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-server", action="store_true", help="kill a till that has no server to sync with")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="counterfoil-kills-") as folder:
        outcome = run(options.kills, options.seed, Path(folder), with_server=not options.no_server)
    journal = outcome.journal
    assert journal is not None
    print(f"{outcome.kills} kills in {outcome.seconds:.0f} s, {outcome.commands} commands answered in between.")
    print(f"{journal.sales} sales sealed: 0 lost, 0 doubled, 0 receipt numbers reused; the chain of seals holds.")
    print(
        f"Every start came back to the basket as it was; {outcome.finished_after_kill} steps were done though unanswered."
    )
    print("Killed during: " + ", ".join(f"{name} {n}" for name, n in sorted(outcome.kills_by_command.items())))
    if outcome.sent:
        print("The server holds every sale exactly once (full digest of every scope agrees).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
