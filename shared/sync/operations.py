"""Mutations: what a device did, named and versioned, as it waits in the outbox and travels in a push.

The name is ``<entity>.<verb>``:

* ``record`` (facts): ``{"row": <aggregate payload>}``; append-only, the same id twice is the same fact.
* ``create`` (documents): ``{"row": <aggregate payload>}``.
* ``edit`` (documents): ``{"id", "base_version", "changes": {field: [base, mine]}, "edited_at", "edited_by"}``;
  values in wire form. Owned rows are edited with ``{"child", "child_id", ...}`` inside ``"children"``.
* ``remove`` (documents that may vanish, such as a barcode): ``{"id", "base_version", "edited_at", "edited_by"}``.
* ``offer`` (facts, documents): ``{"row": <aggregate payload>, "version"}``; after a new epoch, what this device holds
  and the server lost.
* ``close`` (a shift): ``{"id", "changes": {field: [None, value]}, …}``, fields of policy ONCE only.

``edited_by`` is who and where in words (``Mara K., Till 2``); ``edited_at`` UTC microseconds.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from shared.schema.base import Kind
from shared.schema.registry import AGGREGATES


class Verb(StrEnum):
    """What a mutation does to an aggregate."""

    RECORD = "record"
    CREATE = "create"
    EDIT = "edit"
    REMOVE = "remove"
    CLOSE = "close"
    OFFER = "offer"


REMOVABLE = frozenset({"barcode", "quick_key"})
CLOSABLE = frozenset({"shift"})
RECOVERABLE = frozenset({"customer_order"})
"""Control data that a device may offer all the same: an order is a promise to somebody outside."""


def _names() -> frozenset[str]:
    verbs = {Kind.FACT: (Verb.RECORD, Verb.OFFER), Kind.DOCUMENT: (Verb.CREATE, Verb.EDIT, Verb.OFFER)}
    names = {f"{entity}.{verb}" for entity, aggregate in AGGREGATES.items() for verb in verbs.get(aggregate.kind, ())}
    names |= {f"{entity}.{Verb.REMOVE}" for entity in REMOVABLE}
    names |= {f"{entity}.{Verb.CLOSE}" for entity in CLOSABLE}
    names |= {f"{entity}.{Verb.OFFER}" for entity in RECOVERABLE}
    return frozenset(names)


MUTATION_NAMES = _names()
"""Every mutation a device may send."""

MUTATION_VERSION = 1


def mutation_name(entity: str, verb: Verb) -> str:
    """``entity.verb``, checked against the registry."""
    name = f"{entity}.{verb}"
    if name not in MUTATION_NAMES:
        raise ValueError(f"{name} is not a mutation")
    return name


def encode_arguments(arguments: dict[str, object]) -> bytes:
    """Arguments as msgpack; what is hashed, stored in the outbox and sent is this very text of bytes."""
    return msgspec.msgpack.encode(arguments)


def decode_arguments(encoded: bytes) -> dict[str, object]:
    """The inverse of ``encode_arguments``."""
    return msgspec.msgpack.decode(encoded, type=dict[str, object])


def arguments_hash(name: str, version: int, encoded: bytes) -> bytes:
    """SHA-256 over name, version and encoded arguments: tells a retry from a fork."""
    return hashlib.sha256(f"{name}@{version}\n".encode() + encoded).digest()
