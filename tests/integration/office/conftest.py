"""The office's intentions over a real encrypted replica, without a window."""

from __future__ import annotations

from tests.helpers.office_shop import clock, jonas, office, office_file, office_replica, office_shop

__all__ = ["clock", "jonas", "office", "office_file", "office_replica", "office_shop"]
