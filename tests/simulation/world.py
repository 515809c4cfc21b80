"""One seed's world: a server, its devices, the lines between them, the weather, and the journal of what was done."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self
from unittest import mock

import httpx

import desktop.sync.apply
import desktop.sync.bootstrap
import desktop.sync.pull_lane
import desktop.sync.push_lane
import sync_server.sync.pull_service
from desktop.replica.identity import identity_of
from desktop.sync.cycle import CycleReport
from shared.clock import SettableClock
from shared.errors import BugError, CounterfoilError, EnvironmentFailure, UserError
from shared.schema.registry import SCHEMA_VERSION
from tests.helpers.older_schema import OLDER
from tests.simulation.bridge import RawAnswer, RawRequest, ServerDied
from tests.simulation.deeds import Journal
from tests.simulation.device_process import DeviceProcess
from tests.simulation.devices_disk import DeviceDied
from tests.simulation.network import Network
from tests.simulation.server_process import ServerProcess
from tests.simulation.stage import ROSTER, Stage
from tests.simulation.watching import Watcher
from tests.simulation.weather import Weather
from tests.simulation.web_shop import WebShop

MOMENTS_MAX = 60

Series = tuple[uuid.UUID, int]
"""A series of receipt numbers: the device and which one of its series."""


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(f"{check}: {text}")
        self.check = check


class World:
    """Everything of one seed.

    Attributes:
        trace: what happened, one line each.
        acts: how often each kind of step was made.
        deaths: how often devices died.
        joined: how many tills came after the first ones.
        releases: which programs are older ones, and when they stop being so; dice of their own.
        has_older: some devices begin as older programs.
        shared_series: series of receipts in which two copies count that nothing on the machine could tell apart.
        is_parallel: threads stay threads, so that no two runs are the same.
    """

    def __init__(self, stage: Stage, seed: int, *, is_loud: bool = False, is_parallel: bool = False) -> None:
        self.stage = stage
        self.seed = seed
        self.dice = random.Random(seed)
        self.weather = Weather.drawn(self.dice)
        self.server = ServerProcess(stage)
        self.network = Network(self.server, self.weather, random.Random(f"network {seed}"), self.tell)
        self.network.meanwhile = self._meanwhile
        self.network.slow_down = self.pass_time
        self.journal = Journal()
        self.watcher = Watcher()
        self.web = WebShop(stage.channel.api_key, self.carry_web, random.Random(f"web {seed}"))
        self.trace: list[str] = []
        self.acts: Counter[str] = Counter()
        self.deaths = 0
        self.joined = 0
        self.releases = random.Random(f"releases {seed}")
        self.has_older = self.releases.random() < 0.5
        self.shared_series: set[Series] = set()
        self.is_parallel = is_parallel
        self._is_loud = is_loud
        self._step = 0
        self._inside: Callable[[], None] = lambda: None
        self.devices: list[DeviceProcess] = []

    @contextmanager
    def running(self) -> Iterator[World]:
        """The world for as long as the block lasts."""
        with ExitStack() as stack:
            if not self.is_parallel:
                stack.enter_context(deterministic(self.seed))
            older = {name for name, *_ in ROSTER if self.is_drawn_older()}
            self.stage.begin(self.seed, older)
            stack.callback(self.server.forget)
            self.server.start()
            stack.callback(self._close_devices)
            for name, store, kind in ROSTER:
                device = self.new_device(name, store, kind, self.stage.clock.now())
                device.schema = OLDER if name in older else SCHEMA_VERSION
                self.start(device)
            if self.has_older and self.releases.random() < 0.25:
                self.server.be_older()
                self.tell("    the server is one release back")
            if older:
                self.tell(f"    older programs: {', '.join(sorted(older))}")
            yield self

    def is_drawn_older(self) -> bool:
        """Whether the next device's program is an older one."""
        return self.has_older and self.releases.random() < 0.5

    def new_device(self, name: str, store: str, kind: str, now: int) -> DeviceProcess:
        """A device with a folder of its own; ``start`` starts it and makes it one of the devices."""
        folder = self.stage.home_of(name).folder
        folder.mkdir(parents=True, exist_ok=True)
        return DeviceProcess(name, store, kind, folder, clock=SettableClock(now), seed=str(self.seed))

    def start(self, device: DeviceProcess) -> None:
        """Start a device's program."""
        if device not in self.devices:
            self.devices.append(device)
        self.live(device, lambda: None)
        self.look_at(device, "start")

    def note_perfect_copy(self, device: DeviceProcess) -> None:
        """A device was copied or rolled back so that nothing on the machine can tell: it may give numbers again."""
        device.may_repeat_numbers = True
        with device.looking() as replica:
            me = identity_of(replica)
        self.shared_series.add((me.device_id, me.receipt_series))

    def tell(self, text: str) -> None:
        """Note what happens."""
        self.trace.append(text)
        if self._is_loud:
            print(text, flush=True)

    def inside(self, work: Callable[[], None]) -> None:
        """What ``MEANWHILE`` does."""
        self._inside = work

    def live(self, device: DeviceProcess, work: Callable[[], object], *, dies_after: int | None = None) -> bool:
        """Let a device's program do something; gives whether it is still alive. A dead one is started again."""
        is_power_cut = self.dice.random() < 0.4
        device.last_failure = ""
        try:
            with (
                self.stage.lines.speaking(device.name, lambda raw: self.network.carry(device.name, raw)),
                device.alive(dies_after=dies_after),
            ):
                if not device.is_open:
                    device.open()
                work()
        except DeviceDied as death:
            self.deaths += 1
            self.tell(f"    {device.name} died {'of a power cut ' if is_power_cut else ''}at: {death}")
            device.bury(is_power_cut=is_power_cut)
            if is_power_cut:
                self.watcher.forget(device)
            self._reopen(device)
            return False
        except EnvironmentFailure as failure:
            device.last_failure = failure.code
            self.tell(f"    {device.name}: {failure.code}")
        except UserError as refusal:
            self.tell(f"    {device.name}: refused, {refusal.code}")
        except BugError as bug:
            raise Broken("bug", f"{device.name}: {bug}") from bug
        return True

    def _reopen(self, device: DeviceProcess) -> None:
        with self.stage.lines.speaking(device.name, lambda raw: self.network.carry(device.name, raw)):
            try:
                device.open()
            except CounterfoilError as error:
                raise Broken("reopen", f"{device.name} does not start again: {error}") from error

    def act(self, device: DeviceProcess, act: Callable[[DeviceProcess, random.Random], str], *, may_die: bool) -> None:
        """Let somebody do something at a device, and note what it really did."""
        name = f"{self._step}:{act.__name__}"
        dies_after = self._death(may_die=may_die)

        def work() -> None:
            self.tell(f"{self._step:3} {device.name}: {act(device, device.dice)}")

        self.acts[act.__name__] += 1
        self.live(device, work, dies_after=dies_after)
        self.look_at(device, name)

    def cycle(self, device: DeviceProcess, *, may_die: bool = False) -> CycleReport | None:
        """One sync cycle of a device."""
        found: list[CycleReport] = []
        self.tell(f"{self._step:3} {device.name}: cycle")
        self.live(device, lambda: found.append(device.engine.cycle()), dies_after=self._death(may_die=may_die))
        self.look_at(device, f"{self._step}:cycle")
        return found[0] if found else None

    def look_at(self, device: DeviceProcess, act: str) -> None:
        """After a device's step: note its deeds, check what can be checked at any time."""
        with device.looking() as connection:
            for deed in self.journal.note(connection, device.name, act):
                self.tell(f"      + {deed}")
            problem = self.watcher.look(device, connection)
        if problem:
            raise Broken(*problem)

    def carry_web(self, raw: RawRequest) -> RawAnswer | None:
        """Carry a web shop's request; None where no answer came."""
        try:
            return self.network.carry("web", raw)
        except httpx.TransportError:
            return None

    def ensure_server(self) -> None:
        """Start the server where it is down."""
        if not self.server.is_up:
            self.tell("    the server starts again")
            self.server.start()

    def pass_time(self, seconds: float) -> None:
        """Time goes by for everybody."""
        self.stage.clock.advance(seconds)
        for device in self.devices:
            device.clock.advance(seconds)

    def next_step(self) -> None:
        """Count."""
        self._step += 1

    def _death(self, *, may_die: bool) -> int | None:
        if not may_die or self.weather.is_calm or self.dice.random() >= self.weather.deaths:
            return None
        return self.dice.randrange(MOMENTS_MAX)

    def _meanwhile(self) -> None:
        self._inside()

    def _close_devices(self) -> None:
        for device in self.devices:
            with suppress(CounterfoilError):
                device.close()


class _AtOnce:
    """Stands in for a pool of threads: work is done when it is handed in, so that a seed has one order of events."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def shutdown(self, **_: object) -> None: ...

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except CounterfoilError as error:
            done.set_exception(error)
        return done


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Take the two sources of chance out of a device: the thread that fetches ahead, and the clock that cuts slices."""
    dice, now = random.Random(f"slices {seed}"), [0]

    def ticks() -> int:
        now[0] += dice.choice((100, 2_000, 9_000))
        return now[0]

    with (
        mock.patch.object(desktop.sync.pull_lane, "ThreadPoolExecutor", _AtOnce),
        mock.patch.object(desktop.sync.bootstrap, "ThreadPoolExecutor", _AtOnce),
        mock.patch.object(desktop.sync.apply, "monotonic_us", ticks),
        mock.patch.object(desktop.sync.push_lane, "PUSH_MAX_MUTATIONS", dice.choice((1, 3, 500))),
        mock.patch.object(sync_server.sync.pull_service, "PULL_PAGE_MAX_ROWS", dice.choice((2, 7, 5_000))),
    ):
        yield


__all__ = ["Broken", "ServerDied", "World", "deterministic"]
