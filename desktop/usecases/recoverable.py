"""Seeing to it that a home can be opened when its keychain is gone: its key is wrapped to the shop's recovery key."""

from __future__ import annotations

from typing import Any

from desktop.paths import Home
from desktop.replica import sync_events
from desktop.replica.engine import Replica
from desktop.replica.identity import find_identity
from desktop.replica.key_file import keep_wrapped
from desktop.replica.queries.shop import setting_value
from shared.errors import EnvironmentFailure
from shared.sync.recovery_key import RECOVERY_SETTING, key_name, public_key_from


def keep_recoverable(home: Home, replica: Replica, replica_key: bytes) -> bool:
    """Wrap the replica's key where it is not wrapped to the shop's present recovery key; whether that was done.

    The shop's key comes with the settings, so a device that joined before there was one is wrapped when it is opened
    after it was in step. A folder that cannot be written is noted and keeps nobody from selling.
    """
    with replica.read() as connection:
        public_key = shop_recovery_key(connection)
    if public_key is None:
        return False
    try:
        is_new = keep_wrapped(home.key_file, replica_key, public_key)
    except EnvironmentFailure as failure:
        text = failure.message
    else:
        text = f"This home can be opened with the shop's recovery key {key_name(public_key)} from now on."
        if not is_new:
            return False
    with replica.write(is_background=True) as unit:
        sync_events.add(unit.connection, unit.clock.now(), "note", text)
    return True


def shop_recovery_key(connection: Any) -> bytes | None:
    """The raw public half of the shop's recovery key; None where there is none, or it has not come down yet."""
    me = find_identity(connection)
    found = None if me is None else setting_value(connection, RECOVERY_SETTING, me.store_id)
    return public_key_from(found) if isinstance(found, str) else None
