"""Many seeds: ``python -m tests.simulation.soak --seeds 200 --first 1 [--jobs 2]``.

A line for each seed that fails, with the command that replays it; at the end what was played. Ends non-zero when any
seed failed. Jobs are processes of their own, each with its own cluster, taking every n-th seed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.queues import Queue

from tests.simulation.run_seed import Outcome, run_seed
from tests.simulation.stage import open_stage

PROGRESS_EVERY = 50


def run(seeds: Sequence[int], jobs: int) -> Iterator[Outcome]:
    """Play seeds; gives outcomes as they come."""
    if jobs <= 1:
        with open_stage() as stage:
            for seed in seeds:
                yield run_seed(stage, seed)
        return
    context = multiprocessing.get_context("spawn")
    done: Queue[Outcome] = context.Queue()
    workers = [context.Process(target=_work, args=(seeds[n::jobs], done), daemon=True) for n in range(jobs)]
    for worker in workers:
        worker.start()
    for _ in seeds:
        yield _next(done, workers)
    for worker in workers:
        worker.join()


def _next(done: Queue[Outcome], workers: Sequence[multiprocessing.process.BaseProcess]) -> Outcome:
    while True:
        try:
            return done.get(timeout=5)
        except queue.Empty:
            if not all(worker.is_alive() or worker.exitcode == 0 for worker in workers) and done.empty():
                raise SystemExit("a job of the soak died; see above") from None


def _work(seeds: Sequence[int], done: Queue[Outcome]) -> None:
    with open_stage() as stage:
        for seed in seeds:
            outcome = run_seed(stage, seed)
            outcome.trace = []  # The replay shows it.
            done.put(outcome)


def replay_command(seed: int) -> str:
    """How to see a seed again."""
    return f"{sys.executable.rpartition('/')[2]} -m tests.simulation.replay {seed}"


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    started, failed, total = time.monotonic(), list[Outcome](), Outcome(0)
    for count, outcome in enumerate(run(seeds, min(options.jobs, options.seeds)), 1):
        _add(total, outcome)
        if outcome.check:
            failed.append(outcome)
            print(f"FAILED seed {outcome.seed}: {outcome.problem[:300]}", flush=True)
            print(f"       replay: {replay_command(outcome.seed)}", flush=True)
        if count % PROGRESS_EVERY == 0:
            print(
                f"{count} of {len(seeds)} seeds, {len(failed)} failed, {time.monotonic() - started:.0f} s", flush=True
            )
    _summarise(total, len(seeds), failed, time.monotonic() - started)
    return 1 if failed else 0


def _add(total: Outcome, outcome: Outcome) -> None:
    total.steps += outcome.steps
    total.deaths += outcome.deaths
    total.deeds += outcome.deeds
    total.requests += outcome.requests
    total.faults.update(outcome.faults)
    total.acts.update(outcome.acts)
    total.rounds = max(total.rounds, outcome.rounds)
    total.seconds += outcome.seconds


def _summarise(total: Outcome, seeds: int, failed: Sequence[Outcome], seconds: float) -> None:
    print(
        f"{seeds} seeds in {seconds:.0f} s ({total.seconds / seeds:.2f} s each): {total.steps:,} steps, "
        f"{total.deeds:,} mutations, {total.requests:,} requests, {total.deaths:,} deaths of devices; "
        f"at rest after at most {total.rounds} rounds."
    )
    print("Faults: " + _counted(total.faults))
    print("Acts: " + _counted(total.acts))
    by_check = Counter(outcome.check for outcome in failed)
    print("Every invariant held." if not failed else f"{len(failed)} seeds FAILED: " + _counted(by_check))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


if __name__ == "__main__":
    sys.exit(main())
