"""Column types that hold the same value in PostgreSQL and in SQLite, and travel the same on the wire.

======== ===================== =============== =====================
type     Python                PostgreSQL      SQLite
======== ===================== =============== =====================
Id       uuid.UUID             uuid            BLOB, 16 bytes
Whole    int                   bigint          INTEGER
Flag     bool                  boolean         INTEGER 0 or 1
Day      dt.date         date            TEXT, ISO 8601
Words    str                   text            TEXT
Json     JSON-able value       text, canonical TEXT, canonical
Digest   bytes                 bytea           BLOB
======== ===================== =============== =====================

On the wire an Id is 16 bytes, a Flag 0 or 1, a Day its ISO text, Json its canonical text: exactly what SQLite holds,
so that a device writes what it receives without converting a value.
"""

from __future__ import annotations

import json
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Dialect, Integer, LargeBinary, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine


class WireKind(StrEnum):
    """How a column's value travels."""

    ID = "id"
    WHOLE = "whole"
    FLAG = "flag"
    DAY = "day"
    WORDS = "words"
    JSON = "json"
    DIGEST = "digest"


def canonical_json(value: object) -> str:
    """One text per value: sorted keys, no spaces, no escapes; hashes of it are stable."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Id(TypeDecorator[uuid.UUID]):
    """A 16-byte identifier."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A native uuid on PostgreSQL, 16 bytes elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid())
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> object:
        """To the driver's value."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: object, dialect: Dialect) -> uuid.UUID | None:
        """From the driver's value."""
        del dialect
        if value is None or isinstance(value, uuid.UUID):
            return value
        if not isinstance(value, bytes):
            raise TypeError(f"an identifier came back as {type(value).__name__}")
        return uuid.UUID(bytes=value)


class Json(TypeDecorator[object]):
    """A JSON value kept as canonical text on both homes, so that its hash is the same everywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """To canonical text."""
        del dialect
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """From text."""
        del dialect
        return None if value is None else json.loads(value)


Whole = BigInteger().with_variant(Integer(), "sqlite")
Flag = Boolean(create_constraint=False)
Day = Date()
Words = Text()
Digest = LargeBinary()


def wire_kind(column_type: TypeEngine[object]) -> WireKind:
    """The wire kind of a replicated column's type."""
    for known, kind in (
        (Id, WireKind.ID),
        (Json, WireKind.JSON),
        (Boolean, WireKind.FLAG),
        (Date, WireKind.DAY),
        (Text, WireKind.WORDS),
        (LargeBinary, WireKind.DIGEST),
        (Integer, WireKind.WHOLE),
    ):
        if isinstance(column_type, known):
            return kind
    raise TypeError(f"{column_type!r} is not a replicated column type")
