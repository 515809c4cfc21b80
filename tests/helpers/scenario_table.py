"""Writes docs/scenarios.md: runs every test with the marker ``scenario`` and lists what it re-expresses.

``python -m tests.helpers.scenario_table`` runs them all; a scenario with a failing test is listed as failing and the
command ends with 1.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/scenarios.md"
_INTRODUCTION = """# Scenarios other engines taught

What the test suites and the bug reports of other sync engines and shop systems show can go wrong, in our own words and
as our own tests. Written by `python -m tests.helpers.scenario_table`, which runs every test it names; a test with
several cases counts each.

| source | scenario | test | result |
|---|---|---|---|
"""


@dataclass(slots=True)
class Scenario:
    """One scenario and what its test showed."""

    source: str
    what: str
    test: str
    outcomes: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """``passed``, or how many of its cases failed or were left out."""
        passed = self.outcomes.count("passed")
        if self.outcomes and passed == len(self.outcomes):
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
    rows = [f"| {each.source} | {each.what} | `{_short(each.test)}` | {each.result} |\n" for each in listed]
    PAGE.write_text(_INTRODUCTION + "".join(rows), encoding="utf-8")
    sys.stdout.write(f"{len(listed)} scenarios written to {PAGE.relative_to(ROOT)}\n")
    return int(status)


def _short(test: str) -> str:
    """The test's file within tests/ and its name."""
    file, _, name = test.partition("::")
    return f"{file.removeprefix('tests/')}::{name.split('::')[-1]}"


if __name__ == "__main__":
    sys.exit(main())
