"""A till's window over a real encrypted replica, off-screen; Qt warnings and leaked widgets fail the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from desktop.replica.engine import Replica  # noqa: E402
from desktop.ui.equipment import equipment_at  # noqa: E402
from desktop.ui.executor import Executor  # noqa: E402
from desktop.ui.scanner import ScannerSettings  # noqa: E402
from desktop.ui.screens.login.presenter import PersonView  # noqa: E402
from desktop.ui.screens.till.parts import TillParts  # noqa: E402
from desktop.ui.screens.till.session import TillSession  # noqa: E402
from desktop.ui.screens.till.window import TillWindow  # noqa: E402
from desktop.ui.sounds import Sounds  # noqa: E402
from desktop.ui.theme import Theme, apply_theme  # noqa: E402
from desktop.usecases.till import Till  # noqa: E402
from shared.clock import SettableClock  # noqa: E402
from shared.ids import TimeOrderedIds  # noqa: E402
from tests.helpers.replica import clock, replica, tiny_shop  # noqa: E402, F401

OAT, SOURDOUGH, CANDLE = "5012345678900", "5012345678917", "5012345678924"
