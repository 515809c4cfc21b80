"""Joining, opening and examining a home when things go wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop import main
from desktop.paths import Home
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, FileStore
from desktop.settings import SecretsPlace, Settings
from desktop.sync.device_key import public_key_text
from desktop.sync.progress import LoadProgress
from desktop.usecases.doctor import Finding, Health, examine
from desktop.usecases.enrol import Enrolled, Enrolment, FormerDevice, Standing, enrol
from desktop.usecases.start import opened_device
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import TimeOrderedIds, derived_id
from shared.sync.wire import PullAnswer, Row, ScopePage

SETTINGS = Settings(secrets=SecretsPlace.FILE)


class Desk:
    """A server that enrols, or does not; a doctor may ask it for the time."""

    url = "http://shop.example"
    standing = Standing.WELCOME

    def __init__(self, failure: Exception | None = None, time: int = 0) -> None:
        self.failure = failure
        self.time = time
        self.codes: list[str] = []

    def standing_of(self, former: FormerDevice) -> Standing:
        assert len(former.private_key) == 32
        return self.standing

    def enrol(self, code: str, public_key: str, name: str, former: FormerDevice | None = None) -> Enrolment:
        assert former is None, "a home that may sync is not enrolled again"
        self.codes.append(code)
        assert len(public_key) == 43
        if self.failure is not None:
            raise self.failure
        return Enrolment(derived_id("d"), derived_id("s"), "till", 3, name or "Till 3", str(derived_id("server")), 1)

    def server_time(self) -> int:
        if self.failure is not None:
            raise self.failure
        return self.time

    def close(self) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def join(home: Home, clock: SettableClock) -> Callable[..., Enrolled]:
    def run(desk: Desk) -> Enrolled:
        ids = TimeOrderedIds(clock)
        return enrol(home, SETTINGS, desk, " k7qf2 ", public_key_text=public_key_text, clock=clock, ids=ids)

    return run


@pytest.fixture
def findings(home: Home, clock: SettableClock) -> Callable[..., dict[str, Finding]]:
    def run(desk: Desk) -> dict[str, Finding]:
        found = examine(home, SETTINGS, lambda _: desk, clock=clock, ids=TimeOrderedIds(clock))
        return {finding.subject: finding for finding in found}

    return run


def test_given_a_code_that_is_refused_when_enrolled_then_the_home_keeps_nothing(
    home: Home, join: Callable[..., Enrolled]
) -> None:
    with pytest.raises(UserError):
        join(Desk(UserError("enrol_code_invalid", "No.")))
    assert not home.replica.exists()
    assert not home.secrets.exists()
    assert join(Desk()).identity.number == 3


def test_given_a_home_that_has_joined_when_enrolled_again_then_the_code_is_not_spent(
    join: Callable[..., Enrolled],
) -> None:
    join(Desk())
    second = Desk()
    with pytest.raises(UserError) as refusal:
        join(second)
    assert refusal.value.code == "already_enrolled"
    assert second.codes == []


def test_given_a_joined_home_when_its_key_is_gone_then_it_says_where_it_looked(
    home: Home, clock: SettableClock, join: Callable[..., Enrolled]
) -> None:
    join(Desk())
    FileStore(home.secrets).delete(REPLICA_KEY)
    with (
        pytest.raises(EnvironmentFailure) as refusal,
        opened_device(home, SETTINGS, clock=clock, ids=TimeOrderedIds(clock)),
    ):
        pass
    assert refusal.value.code == "replica_key_missing"
    assert "secrets.json" in refusal.value.message


def test_given_a_healthy_home_when_examined_then_all_is_well_and_the_file_with_the_keys_is_said_aloud(
    clock: SettableClock, join: Callable[..., Enrolled], findings: Callable[..., dict[str, Finding]]
) -> None:
    join(Desk())
    found = findings(Desk(time=clock.now()))
    assert {finding.health for finding in found.values()} == {Health.GOOD, Health.LOOK}
    assert found["keys"].health is Health.LOOK
    assert "no keychain" in found["keys"].text
    assert found["clock"].health is Health.GOOD


def test_given_troubles_when_examined_then_each_is_a_finding(
    home: Home, clock: SettableClock, join: Callable[..., Enrolled], findings: Callable[..., dict[str, Finding]]
) -> None:
    assert findings(Desk())["replica"].health is Health.LOOK
    join(Desk())
    assert findings(Desk(EnvironmentFailure("server_unreachable", "No answer.")))["server"].health is Health.BAD
    ahead = findings(Desk(time=clock.now() - 400 * 1_000_000))["clock"]
    assert (ahead.health, "400 s ahead" in ahead.text) == (Health.BAD, True)
    FileStore(home.secrets).set(REPLICA_KEY, bytes(32))
    assert findings(Desk())["replica"].health is Health.BAD


def test_given_the_private_key_then_it_is_the_one_whose_public_half_was_sent(
    home: Home, join: Callable[..., Enrolled]
) -> None:
    join(Desk())
    private = FileStore(home.secrets).get(DEVICE_KEY)
    assert private is not None
    assert len(public_key_text(private)) == 43


def test_given_pages_of_a_load_then_its_lines_tell_each_part_and_each_tenth_of_the_way() -> None:
    progress = LoadProgress({"catalogue": 1_000})
    lines = []
    for position in range(50, 1_001, 50):
        entity = "product" if position <= 500 else "price"
        rows = [Row(entity, uuid.UUID(int=position).bytes, 1, ([], {}))] * 50
        page = ScopePage("catalogue", position - 50, position, b"", position < 1_000, rows)
        lines += progress.lines(PullAnswer(1, 0, 0, 0, ["catalogue"], [page]))
    assert lines[:3] == ["Products 5 %", "Products 15 %", "Products 25 %"]
    assert lines[-1] == "Prices 100 %"
    assert len(lines) == 11


def test_given_a_bug_of_ours_when_a_command_runs_then_it_leaves_with_70_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("desktop.usecases.doctor.examine", broken)
    with pytest.raises(SystemExit) as leaving:
        main.run(["doctor", "--home", str(tmp_path)])
    assert leaving.value.code == main.EXIT_BUG
    assert "our fault" in capsys.readouterr().err
