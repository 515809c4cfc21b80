"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


LONGEST = REPOSITORY / "tests" / "end2end"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: two workers that share the files then end together."""
    items.sort(key=lambda item: not item.path.is_relative_to(LONGEST))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of given real data and independent vectors; skips where it is absent."""
    folder = Path(os.environ.get("COUNTERFOIL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip("the given data folder is absent: set COUNTERFOIL_DATA to it")
    return folder
