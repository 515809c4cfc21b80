"""The device's log: one rotating file in its home. Keys, PINs, tokens and customers' data never go into it."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE_MAX_BYTES = 1024 * 1024
LOG_FILES_KEPT = 5
_ROOT = "counterfoil"


def logger(name: str) -> logging.Logger:
    """The logger of one part of the program (``sync``, ``till``)."""
    return logging.getLogger(f"{_ROOT}.{name}")


def write_log_to(folder: Path) -> None:
    """Send everything to ``folder/counterfoil.log`` from now on; the folder must exist."""
    root = logging.getLogger(_ROOT)
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    file = RotatingFileHandler(
        folder / "counterfoil.log", maxBytes=LOG_FILE_MAX_BYTES, backupCount=LOG_FILES_KEPT, encoding="utf-8"
    )
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s %(message)s"))
    root.addHandler(file)
    root.setLevel(logging.INFO)
    root.propagate = False
