"""What the surroundings tell the device: read once at the edge, a frozen value from then on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import UserError

SECRETS_VARIABLE = "COUNTERFOIL_SECRETS"


class SecretsPlace(StrEnum):
    """Where keys are kept."""

    AUTO = "auto"
    """The keychain where one answers, else a file."""
    KEYCHAIN = "keychain"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Settings:
    """The device's settings from its surroundings."""

    secrets: SecretsPlace = SecretsPlace.AUTO


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read them.

    Raises:
        UserError: ``setting_invalid``.
    """
    place = environment.get(SECRETS_VARIABLE, SecretsPlace.AUTO)
    if place not in set(SecretsPlace):
        raise UserError(
            "setting_invalid",
            f"{SECRETS_VARIABLE} is “{place}”. Use one of: {', '.join(SecretsPlace)}.",
            setting=SECRETS_VARIABLE,
        )
    return Settings(secrets=SecretsPlace(place))
