"""Two short tones, so that ears know what eyes need not check: accepted (high) and refused (low, twice).

They are made on the spot and played by whatever player the machine has; where there is none, refused falls back to the
platform's own beep and accepted stays silent.
"""

from __future__ import annotations

import struct
import tempfile
import wave
from pathlib import Path
from shutil import which

from PySide6.QtCore import QProcess
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

_RATE_HZ = 22_050
_LOUDNESS = 9_000
_ACCEPTED = ((1_760, 45),)
_REFUSED = ((330, 110), (0, 50), (330, 160))
_PLAYERS = ("pw-play", "paplay", "aplay", "afplay")


class Sounds:
    """Plays the two tones; does nothing where there is no screen to sell at."""

    def __init__(self) -> None:
        has_ears = QGuiApplication.platformName() not in ("offscreen", "minimal")
        self._player = next((path for name in _PLAYERS if (path := which(name))), "") if has_ears else ""
        self._has_ears = has_ears
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def accepted(self) -> None:
        """What was scanned is in the basket."""
        if self._player:
            self._play("accepted.wav", _ACCEPTED)

    def refused(self) -> None:
        """It is not."""
        if self._player:
            self._play("refused.wav", _REFUSED)
        elif self._has_ears:
            QApplication.beep()

    def close(self) -> None:
        """Take the tone files away."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _play(self, name: str, tones: tuple[tuple[int, int], ...]) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="counterfoil-tones-")
        path = Path(self._folder.name) / name
        if not path.exists():
            _write_tones(path, tones)
        QProcess.startDetached(self._player, [str(path)])


def _write_tones(path: Path, tones: tuple[tuple[int, int], ...]) -> None:
    """Write square waves of (hertz, milliseconds) one after the other; 0 hertz is silence."""
    samples: list[int] = []
    for hertz, milliseconds in tones:
        for step in range(_RATE_HZ * milliseconds // 1_000):
            is_high = bool(hertz) and (2 * step * hertz // _RATE_HZ) % 2 == 0
            samples.append(_LOUDNESS if is_high else (-_LOUDNESS if hertz else 0))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE_HZ)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
