"""The shop's recovery key: made here, its private half shown once and forgotten."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.errors import UserError
from shared.sync.recovery_key import key_name, private_key_text, public_key_from, public_key_text
from sync_server.chain import service as chain
from sync_server.db.sessions import Connection


def make_recovery_key(connection: Connection, *, is_replacement: bool = False) -> str:
    """A new recovery key; gives the private half as people keep it, which is nowhere else from then on.

    Devices wrap their replica's key to it when they join, and those that have joined when they are opened next.

    Raises:
        UserError: ``recovery_key_exists`` unless it is to be replaced.
    """
    standing = recovery_key_name(connection)
    if standing and not is_replacement:
        raise UserError(
            "recovery_key_exists",
            f"There is a recovery key already ({standing}). If it is lost, make another with --replace; a home opens "
            "with the new one once its device has been in step and opened again.",
            key=standing,
        )
    private = X25519PrivateKey.generate()
    chain.set_recovery_key(connection, public_key_text(private.public_key().public_bytes_raw()))
    return private_key_text(private.private_bytes_raw())


def recovery_key_name(connection: Connection) -> str:
    """The short name of the shop's recovery key; empty where there is none."""
    public = public_key_from(chain.recovery_key(connection))
    return "" if public is None else key_name(public)
