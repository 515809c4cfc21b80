"""The chain of seals over a till's sales: SHA-256 over the seal before and the sale's content.

The content is canonical JSON: every stored field under its name, keys sorted, no blanks, UTF-8; identifiers as text,
dates as ISO 8601. Anyone can compute it again from the stored rows with nothing but this page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from uuid import UUID

from shared.errors import BugError
from shared.sales.sealed import SealedSale

_PREFIX = b"counterfoil-seal-1\x00"
_FIRST = b"counterfoil-first-seal-1\x00"
_NOT_CONTENT = frozenset({"previous_seal", "seal"})


def first_seal(device_id: UUID, series: int) -> bytes:
    """What stands in for the seal before the first sale of a till's series; 32 bytes."""
    return hashlib.sha256(_FIRST + device_id.bytes + series.to_bytes(8, "big")).digest()


def canonical_bytes(sale: SealedSale) -> bytes:
    """The content of a sale as canonical JSON, without its seals."""
    content = {name: value for name, value in _plain_fields(sale).items() if name not in _NOT_CONTENT}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def seal_of(previous_seal: bytes, content: bytes) -> bytes:
    """The seal over the seal before and a sale's content; 32 bytes.

    Raises:
        BugError: ``seal_invalid`` when the seal before has another length.
    """
    if len(previous_seal) != hashlib.sha256().digest_size:
        raise BugError("seal_invalid", "The seal of the sale before is not a seal.", length=len(previous_seal))
    return hashlib.sha256(_PREFIX + previous_seal + content).digest()


def sealed_with(sale: SealedSale, previous_seal: bytes) -> SealedSale:
    """The sale with its place in the chain."""
    return replace(sale, previous_seal=previous_seal, seal=seal_of(previous_seal, canonical_bytes(sale)))


def is_seal_intact(sale: SealedSale) -> bool:
    """Whether the sale still is what was sealed."""
    return sale.seal == seal_of(sale.previous_seal, canonical_bytes(sale))


def first_altered(sales: Iterable[SealedSale], first: bytes) -> SealedSale | None:
    """The first sale of a series, in order of its numbers, that was altered, or before which one is missing.

    Args:
        sales: the sales of one series from its number 1 on.
        first: ``first_seal`` of the till and series.
    """
    standing = first
    for sale in sales:
        if sale.previous_seal != standing or not is_seal_intact(sale):
            return sale
        standing = sale.seal
    return None


def _plain_fields(value: object) -> dict[str, object]:
    """The fields of a dataclass as values that JSON has."""
    if not is_dataclass(value) or isinstance(value, type):
        raise BugError("seal_content_invalid", "A sale holds a value that cannot be sealed.", type=type(value).__name__)
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> object:
    """One value as JSON has it; anything that could be written in two ways is refused."""
    if isinstance(value, str | UUID):
        # Also members of a StrEnum: the text is what is stored.
        return str(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return _plain_fields(value)
