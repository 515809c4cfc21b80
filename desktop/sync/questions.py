"""Asking the server what it knows of this device, without fetching anything."""

from __future__ import annotations

from desktop.replica.identity import DeviceIdentity
from shared.schema.registry import CATALOGUE_SCOPE, SCHEMA_VERSION
from shared.sync.wire import PullRequest


def question(me: DeviceIdentity, witness: bytes = b"") -> PullRequest:
    """A pull that brings next to nothing but how far the server knows this life of the device."""
    return PullRequest(
        schema=SCHEMA_VERSION,
        epoch=0,
        incarnation=me.incarnation.bytes,
        cursors=[],
        maximum_bytes=1,
        scopes=[CATALOGUE_SCOPE],
        witness=witness,
    )
