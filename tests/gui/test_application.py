"""The whole program from its command line: a picture of an enrolled home, and clear words for what keeps it shut."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, secret_store
from desktop.settings import SecretsPlace
from desktop.ui.display import PICTURE_LOGIN_VARIABLE
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from tests.helpers.replica import KEY, NOON, fill

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of an enrolled till."""
    place = Home(tmp_path / "home")
    place.make()
    secrets = secret_store(place, SecretsPlace.FILE)
    secrets.set(REPLICA_KEY, KEY)
    secrets.set(DEVICE_KEY, bytes(32))
    clock = SettableClock(NOON)
    replica = Replica.open(place.replica, KEY, clock=clock, ids=TimeOrderedIds(clock))
    with replica.write() as unit:
        fill(unit.connection)
    replica.close()
    return place.folder


def run(*arguments: str, login: str = "mara:2580") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "COUNTERFOIL_SECRETS": "file", PICTURE_LOGIN_VARIABLE: login},
    )


def test_given_an_enrolled_home_when_a_picture_is_asked_for_then_it_is_drawn_at_its_size(
    home: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "pictures" / "till.png"
    done = run("till", "--home", str(home), "--theme", "dark", "--screenshot", str(picture), "--size", "1280x800")
    assert done.returncode == 0, done.stderr
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 800)


def test_given_a_wrong_page_when_a_picture_is_asked_for_then_the_pages_are_named(home: Path, tmp_path: Path) -> None:
    picture = str(tmp_path / "till.png")
    done = run("till", "--home", str(home), "--screenshot", picture, "--screen", "moon")
    assert done.returncode == 1
    assert "payment" in done.stderr


def test_given_a_wrong_size_when_a_picture_is_asked_for_then_it_says_how_to_write_one(
    home: Path, tmp_path: Path
) -> None:
    done = run("till", "--home", str(home), "--screenshot", str(tmp_path / "till.png"), "--size", "huge")
    assert done.returncode == 1
    assert "1280x800" in done.stderr


def test_given_an_empty_home_when_a_picture_is_asked_for_then_it_says_to_enrol(tmp_path: Path) -> None:
    done = run("till", "--home", str(tmp_path / "empty"), "--screenshot", str(tmp_path / "till.png"))
    assert done.returncode == 1
    assert "not_enrolled" in done.stderr
