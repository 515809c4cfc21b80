"""Where the files of the sample shop are: beside the packages in a checkout, inside this one when installed."""

from __future__ import annotations

from pathlib import Path

from shared.errors import EnvironmentFailure

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE.parent / "assets" / "sample_shop", _PACKAGE / "_assets" / "sample_shop")


def sample_file(name: str) -> Path:
    """The path of one file of the sample shop.

    Raises:
        EnvironmentFailure: ``sample_shop_missing`` where the installation is incomplete.
    """
    for folder in _PLACES:
        if (folder / name).is_file():
            return folder / name
    raise EnvironmentFailure(
        "sample_shop_missing", f"The file {name} of the sample shop is missing. Install Counterfoil again.", name=name
    )
