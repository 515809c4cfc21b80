"""Pictures of the till and the office as the day left them, in light and dark, drawn by the program itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from desktop.demo.shop import Chain, Tell
from shared.errors import EnvironmentFailure

SIZE = "1280x800"
SHOTS = (
    ("till", "hs1", "light", "sell"),
    ("till", "ml1", "dark", "sell"),
    ("office", "office", "light", "products"),
    ("office", "office", "dark", "conflicts"),
    ("office", "office", "light", "sync"),
)
"""(face, desk, theme, page)."""


def take_pictures(chain: Chain, folder: Path, tell: Tell) -> list[Path]:
    """Draw every shot off-screen.

    Raises:
        EnvironmentFailure: ``picture_failed`` with what the program said.
    """
    tell("Drawing the screens")
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for face, desk, theme, page in SHOTS:
        path = folder / f"{face}-{desk}-{page}-{theme}.png"
        arguments = ["--home", str(chain.home(desk)), "--theme", theme, "--screen", page]
        done = subprocess.run(
            [sys.executable, "-m", "desktop", face, *arguments, "--screenshot", str(path), "--size", SIZE],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        if done.returncode or not path.is_file():
            raise EnvironmentFailure("picture_failed", f"Drawing {path.name} failed: {done.stderr.strip()[-800:]}")
        taken.append(path)
    return taken
