"""Writes docs/scenarios.md: runs every test with the marker ``scenario`` and lists what it re-expresses.

``python -m tests.helpers.scenario_table`` runs them all; a scenario with a failing test is listed as failing and the
command ends with 1.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/scenarios.md"
_INTRODUCTION = """# Scenarios other engines taught

What the test suites and the bug reports of other sync engines and shop systems show can go wrong, in our own words and
as our own tests. Written by `python -m tests.helpers.scenario_table`, which runs every test it names; a test with
several cases counts each. Random walks through all of it at once are in [simulation.md](simulation.md).

"""
NOT_APPLICABLE = {
    "WatermelonDB": (
        "A device from before migrations were noted: every replica notes from its first day which schema filled it. "
        "A conflict handler given by the application: policies stand beside each column in the schema."
    ),
    "RxDB": (
        "Forks that replicate to each other: devices speak to the server only, the chain goes through it. Several "
        "instances on one storage: one program holds a home, a second one is told so."
    ),
    "PouchDB": (
        "Attachments, and filters a client chooses (by function, by name): what a device gets is the server's decision, "
        "made anew at each call. Checkpoint documents on both sides: here one side keeps the cursor, the other the marks."
    ),
    "PowerSync": (
        "MOVE, CLEAR and REMOVE operations and defragmenting: there is no log of operations to compact, each aggregate "
        "stands once per scope. New sync rules on a running service: scopes are part of the program. Decoding of "
        "logical replication: there is none."
    ),
    "SymmetricDS gap detector": (
        "Gaps kept as rows, their table rewritten, rows that could not be deleted, database-specific transaction views, "
        "timers of the expiry: positions are given inside COMMIT, so that there is never a gap to keep. What those "
        "tests protect is in the feed's traps."
    ),
    "SymmetricDS SimpleIntegration": (
        "Tables without a primary key, generated keys, floating point: every row has an identifier made where the row "
        "was made, and amounts are whole numbers. SQL and scripts sent to a node: nothing the server says is run by a "
        "device. Transformations, triggers per condition, file synchronisation, other databases: not part of this."
    ),
    "Couchbase": (
        "Topologies of several servers and of peers: there is one central database. Revision trees: versions are one "
        "number, and the loser of a conflict is kept in the inbox."
    ),
    "Logical replication slots": (
        "A slot that fills the disk, is lost at a failover or stands still while unpublished tables change: the feed is "
        "written by triggers in the transaction itself."
    ),
    "Odoo, Shopify": (
        "A second tab of one till: a home is locked by the program that has it open; what two copies of a home do is "
        "listed. One row per unit of stock: quantities are counted, not kept as rows."
    ),
    "Medusa and others, bundles": (
        "Bundles whose parts are sold alone as well: there are none yet; lines of one product in one order are added up "
        "before anything is promised."
    ),
}
"""What these sources test and our design has no place for, and why."""
NAMED_FROM = 4
"""Sources of at least so many scenarios are counted in the text."""


@dataclass(slots=True)
class Scenario:
    """One scenario and what its test showed."""

    source: str
    what: str
    test: str
    outcomes: list[str] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        """Whether every case ran and passed."""
        return bool(self.outcomes) and self.outcomes.count("passed") == len(self.outcomes)

    @property
    def result(self) -> str:
        """``passed``, or how many of its cases failed or were left out."""
        passed = self.outcomes.count("passed")
        if self.is_passed:
            return "passed" if passed == 1 else f"passed ({passed} cases)"
        return f"{len(self.outcomes) - passed} of {len(self.outcomes)} not passed"


class Collector:
    """A pytest plug-in that notes the scenarios of the tests and what became of them."""

    def __init__(self) -> None:
        self.scenarios: dict[tuple[str, str, str], Scenario] = {}
        self._of_node: dict[str, list[Scenario]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the scenarios of every test that was found."""
        for item in items:
            where = item.nodeid.partition("[")[0]
            for marker in item.iter_markers("scenario"):
                source, what = (str(each) for each in marker.args)
                found = self.scenarios.setdefault((source, what, where), Scenario(source, what, where))
                self._of_node.setdefault(item.nodeid, []).append(found)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test showed; a failing set-up counts as a failure."""
        if report.when == "call" or report.outcome != "passed":
            for scenario in self._of_node.get(report.nodeid, ()):
                scenario.outcomes.append(report.outcome)


def main() -> int:
    """Run and write."""
    collector = Collector()
    status = pytest.main(["-q", "-m", "scenario", "-p", "no:randomly", str(ROOT / "tests")], plugins=[collector])
    listed = sorted(collector.scenarios.values(), key=lambda each: (each.source.lower(), each.test, each.what))
    PAGE.write_text(_INTRODUCTION + _page(listed), encoding="utf-8")
    sys.stdout.write(f"{len(listed)} scenarios written to {PAGE.relative_to(ROOT)}\n")
    return int(status)


def _page(listed: Sequence[Scenario]) -> str:
    """What follows the introduction."""
    passed = sum(each.is_passed for each in listed)
    tests, cases = len({each.test for each in listed}), sum(len(each.outcomes) for each in listed)
    count = f"{len(listed)} scenarios, {passed} passed, by {tests} tests"
    families = Counter(_family(each.source) for each in listed)
    most = ", ".join(f"{name} {number}" for name, number in families.most_common() if number >= NAMED_FROM)
    parts = [f"{count}; each scenario's cases counted: {cases}. Most are from: {most}.\n\n"]
    parts += ["| source | scenario | test | result |\n|---|---|---|---|\n"]
    parts += [f"| {each.source} | {each.what} | `{_short(each.test)}` | {each.result} |\n" for each in listed]
    parts += ["\n## Not applicable\n\n", "What these sources test as well, and why there is no such test here.\n\n"]
    parts += [f"- **{source}**: {why}\n" for source, why in NOT_APPLICABLE.items()]
    return "".join(parts)


def _family(source: str) -> str:
    """Whose scenario it is, whichever part or issue of it: ``PouchDB #3999`` is PouchDB's."""
    name = re.split(r"[ .,-]", source)[0]
    return next((known for known in NOT_APPLICABLE if known.lower() == name.lower()), name)


def _short(test: str) -> str:
    """The test's file within tests/ and its name."""
    file, _, name = test.partition("::")
    return f"{file.removeprefix('tests/')}::{name.split('::')[-1]}"


if __name__ == "__main__":
    sys.exit(main())
