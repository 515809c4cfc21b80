"""The settings an operator may make for the whole chain, each with what it means and what it may be."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.errors import UserError
from shared.ids import derived_id
from shared.stock import WEB_SHARE_PERCENT
from shared.sync.recovery_key import RECOVERY_SETTING
from sync_server.chain import repository
from sync_server.db.sessions import Connection

SALES_WEEKS_DEFAULT = 13
SALES_WEEKS_MAX = 520
CUSTOMER_MONTHS_DEFAULT = 13
CUSTOMER_MONTHS_MAX = 120


@dataclass(frozen=True, slots=True)
class ChainSetting:
    """One setting.

    Attributes:
        meaning: one sentence for the operator.
        standard: what holds where nothing was set.
        read: turns what the operator typed into the value; raises ValueError.
    """

    meaning: str
    standard: object
    read: Callable[[str], object]


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("write true or false")
    return text.lower() == "true"


def _weeks(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= SALES_WEEKS_MAX:
        raise ValueError(f"write a whole number from 1 to {SALES_WEEKS_MAX}")
    return int(text)


def _months(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= CUSTOMER_MONTHS_MAX:
        raise ValueError(f"write a whole number from 1 to {CUSTOMER_MONTHS_MAX}")
    return int(text)


def _from_to(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return read


SETTINGS: Mapping[str, ChainSetting] = {
    "share_across_stores": ChainSetting(
        "Tills see the stock and the receipts of every store, so that goods may come back anywhere.", False, _yes_or_no
    ),
    "sales_weeks_kept": ChainSetting(
        "For how many weeks with sales a device keeps each store's receipts.", SALES_WEEKS_DEFAULT, _weeks
    ),
    "web_share_percent": ChainSetting(
        "How much of a store's stock the web may promise while nothing is heard of the store, in per cent.",
        WEB_SHARE_PERCENT,
        _from_to(0, 100),
    ),
    "web_lease_minutes": ChainSetting(
        "For how long after the last word of its tills a store counts as heard.", 15, _from_to(1, 24 * 60)
    ),
    "web_rest_hours": ChainSetting(
        "For how long a till counts as heard after its shift was closed and everything was sent.", 12, _from_to(0, 72)
    ),
    "web_till_days": ChainSetting(
        "After how many silent days a till no longer counts for whether its store is heard.", 3, _from_to(1, 90)
    ),
    "customer_months_known": ChainSetting(
        "For how many months a store's devices know a customer who bought there and has another home store.",
        CUSTOMER_MONTHS_DEFAULT,
        _months,
    ),
}


def set_setting(connection: Connection, key: str, text: str) -> object:
    """Set a setting of the chain from what the operator typed; gives the value.

    Raises:
        UserError: ``setting_unknown``, ``setting_invalid``.
    """
    if key not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise UserError("setting_unknown", f"There is no setting “{key}”. There are: {known}.", key=key)
    try:
        value = SETTINGS[key].read(text.strip())
    except ValueError as error:
        raise UserError("setting_invalid", f"“{text}” does not fit {key}: {error}.", key=key) from error
    repository.put(connection, repository.id_of(connection, key) or derived_id("setting", key), key, value)
    return value


def settings(connection: Connection) -> dict[str, object]:
    """Every setting with the value that holds."""
    found = repository.values(connection)
    return {key: found.get(key, setting.standard) for key, setting in SETTINGS.items()}


def settings_of_stores(connection: Connection, key: str) -> dict[uuid.UUID, object]:
    """What single stores have set otherwise than the chain, by store: a till goes by its store's row first."""
    return repository.values_of_stores(connection, key)


def does_share(connection: Connection) -> bool:
    """Whether tills see every store."""
    return settings(connection)["share_across_stores"] is True


def sales_weeks_kept(connection: Connection) -> int:
    """For how many weeks with sales a device keeps each store's receipts."""
    weeks = settings(connection)["sales_weeks_kept"]
    return weeks if isinstance(weeks, int) else SALES_WEEKS_DEFAULT


def customer_months_known(connection: Connection) -> int:
    """For how many months a store's devices know a customer of another store who bought there."""
    months = settings(connection)["customer_months_known"]
    return months if isinstance(months, int) else CUSTOMER_MONTHS_DEFAULT


def recovery_key(connection: Connection) -> str:
    """The public half of the shop's recovery key, base64url; empty where there is none yet."""
    found = repository.values(connection).get(RECOVERY_SETTING)
    return found if isinstance(found, str) else ""


def set_recovery_key(connection: Connection, public_key: str) -> None:
    """Set the public half of the shop's recovery key; devices wrap their replica's key to it at their next opening."""
    setting_id = repository.id_of(connection, RECOVERY_SETTING) or derived_id("setting", RECOVERY_SETTING)
    repository.put(connection, setting_id, RECOVERY_SETTING, public_key)
