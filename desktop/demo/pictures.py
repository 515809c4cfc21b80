"""Pictures of the till and the office as the day left them, in light and dark, drawn by the program itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from desktop.demo.shop import DESKS, Chain
from shared.errors import EnvironmentFailure

SIZE = "1280x800"
SHOTS = {
    "hs1": (("till", "light", "sell"), ("till", "dark", "sell")),
    "ml1": (("till", "light", "payment"), ("till", "dark", "payment")),
    "office": (("office", "light", "products"), ("office", "dark", "conflicts"), ("office", "light", "sync")),
}
"""Desk → (face, theme, page)."""


def take_pictures(chain: Chain, folder: Path, desk: str) -> list[Path]:
    """Draw a desk's shots off-screen; nothing else may have its home open.

    Raises:
        EnvironmentFailure: ``picture_failed`` with what the program said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    person = next(each for each in DESKS if each.key == desk)
    taken = []
    for face, theme, page in SHOTS.get(desk, ()):
        path = folder / f"{face}-{desk}-{page}-{theme}.png"
        arguments = ["--home", str(chain.home(desk)), "--theme", theme, "--screen", page]
        done = subprocess.run(
            [sys.executable, "-m", "desktop", face, *arguments, "--screenshot", str(path), "--size", SIZE],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "QT_QPA_PLATFORM": "offscreen",
                "COUNTERFOIL_PICTURE_LOGIN": f"{person.user}:{person.pin}",
            },
        )
        if done.returncode or not path.is_file():
            raise EnvironmentFailure("picture_failed", f"Drawing {path.name} failed: {done.stderr.strip()[-800:]}")
        taken.append(path)
    return taken
