"""Play one seed again and show every step: ``python -m tests.simulation.replay SEED``."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.run_seed import run_seed
from tests.simulation.stage import open_stage


def main(arguments: list[str] | None = None) -> int:
    """The command line; ends non-zero when a check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    options = parser.parse_args(arguments)
    with open_stage() as stage:
        outcome = run_seed(stage, options.seed, is_loud=True)
    if outcome.problem:
        print(outcome.trace[-1])
        print(f"FAILED {outcome.problem}")
        return 1
    print(f"Seed {outcome.seed} holds: {outcome.steps} steps, {outcome.rounds} rounds, {outcome.seconds:.2f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
