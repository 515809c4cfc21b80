"""Letting in: a device exchanges a signed assertion for a short token; a channel shows its API key."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.ids import IdMaker
from shared.limits import TOKEN_LIFETIME_SECONDS
from sync_server.auth import repository
from sync_server.auth.channel_cache import Channel, ChannelCache
from sync_server.auth.repository import KnownDevice
from sync_server.db.identity import ServerIdentity
from sync_server.db.sessions import Connection, Database
from sync_server.errors import Forbidden, Unauthorised

__all__ = ["Channel", "KnownDevice", "Token"]

ASSERTION_LIFETIME_MAX_SECONDS = 60
CLOCK_LEEWAY_SECONDS = 30
_KEY_PREFIX = "cfk_"


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of a device; ``expires_at`` in UTC microseconds."""

    token: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class GoodToken:
    """What a token of this server says: the device it speaks for, until an instant (UTC microseconds)."""

    device_id: uuid.UUID
    expires_at: int


def exchange_assertion(connection: Connection, identity: ServerIdentity, clock: Clock, assertion: str) -> Token:
    """A token for the device that signed ``assertion`` (JWT, EdDSA, iss = sub = device id, aud = server id).

    Raises:
        Unauthorised: ``assertion_invalid``, ``assertion_expired`` (with the server's time, for a device whose clock
            is wrong), ``assertion_used``, ``device_unknown`` or ``device_revoked``.
    """
    now = clock.now()
    device = require_device(connection, _claimed_device(assertion))
    require_proof(connection, identity, device, assertion, now)
    return issue_token(identity, device.id, now)


def require_proof(
    connection: Connection, identity: ServerIdentity, device: KnownDevice, assertion: str, now: int
) -> None:
    """Pass if the holder of the device's key signed ``assertion`` just now; it works once.

    Raises:
        Unauthorised: ``assertion_invalid``, ``assertion_expired`` or ``assertion_used``.
    """
    claims = _verified_claims(assertion, device.public_key, identity, now)
    if claims["sub"] != str(device.id):
        raise _invalid_assertion()
    expires_at = int(claims["exp"]) * MICROSECONDS_PER_SECOND
    keep_until = expires_at + CLOCK_LEEWAY_SECONDS * MICROSECONDS_PER_SECOND
    if not repository.use_assertion(connection, f"{device.id}/{claims['jti']}", keep_until, now):
        raise Unauthorised("assertion_used", "This assertion was used before. Sign a new one.")


def revoked_device(connection: Connection, identity: ServerIdentity, clock: Clock, assertion: str) -> KnownDevice:
    """The revoked device that signed ``assertion``: it gets no token, but may hand in what it never sent.

    Raises:
        Unauthorised: as ``exchange_assertion``, and ``device_active`` for a device that may push as ever.
    """
    device = repository.device(connection, _claimed_device(assertion))
    if device is None:
        raise Unauthorised("device_unknown", "This server does not know the device. Enrol it again.")
    require_proof(connection, identity, device, assertion, clock.now())
    if device.revoked_at is None:
        raise Unauthorised("device_active", "This device may sync as ever. Send it as a push.")
    return device


def issue_token(identity: ServerIdentity, device_id: uuid.UUID, now: int) -> Token:
    """A token of 15 minutes (HS256 with the server's secret)."""
    expires_at = now + TOKEN_LIFETIME_SECONDS * MICROSECONDS_PER_SECOND
    claims = {
        "sub": str(device_id),
        "aud": str(identity.server_id),
        "exp": expires_at // MICROSECONDS_PER_SECOND,
    }
    return Token(jwt.encode(claims, identity.secret, algorithm="HS256"), expires_at)


def verified_token(identity: ServerIdentity, clock: Clock, token: str) -> GoodToken:
    """Whom a token speaks for; whether that device is still let in, ``require_device`` says.

    Raises:
        Unauthorised: ``token_invalid`` or ``token_expired``.
    """
    try:
        claims = jwt.decode(
            token,
            identity.secret,
            algorithms=["HS256"],
            audience=str(identity.server_id),
            options={"require": ["sub", "exp", "aud"], "verify_exp": False},
        )
        device_id, expires_at = uuid.UUID(claims["sub"]), int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise Unauthorised("token_invalid", "The token is not one of this server. Ask for a new one.") from error
    good = GoodToken(device_id, expires_at * MICROSECONDS_PER_SECOND)
    if good.expires_at <= clock.now():
        raise Unauthorised("token_expired", "The token has expired. Ask for a new one.")
    return good


def find_device(connection: Connection, device_id: uuid.UUID) -> KnownDevice | None:
    """The device, revoked or not; None where this server does not know it."""
    return repository.device(connection, device_id)


def require_office(connection: Connection, device_id: uuid.UUID) -> KnownDevice:
    """The device, if it may still sync and is an office: it looks after the chain's devices.

    Raises:
        Unauthorised: ``device_unknown`` or ``device_revoked``.
        Forbidden: ``office_only``.
    """
    device = require_device(connection, device_id)
    if device.kind != "office":
        raise Forbidden("office_only", "Only an office may do this. Do it there.")
    return device


def require_device(connection: Connection, device_id: uuid.UUID) -> KnownDevice:
    """The device, if it may still sync.

    Raises:
        Unauthorised: ``device_unknown`` or ``device_revoked``.
    """
    device = repository.device(connection, device_id)
    if device is None:
        raise Unauthorised("device_unknown", "This server does not know the device. Enrol it again.")
    if device.revoked_at is not None:
        raise Unauthorised("device_revoked", "This device may no longer sync. Ask your manager.")
    return device


def create_api_key(connection: Connection, name: str, *, ids: IdMaker, clock: Clock) -> str:
    """A new key for a channel; only its hash is kept, so it is shown once."""
    key = _KEY_PREFIX + secrets.token_urlsafe(32)
    repository.add_key(connection, ids.new(), name, _hash_of(key), clock.now())
    return key


def channel_of_key(database: Database, cache: ChannelCache, key: str) -> Channel:
    """The channel with this API key; one that was good within the last seconds is not looked up again.

    Raises:
        Unauthorised: ``api_key_invalid``.
    """
    known = known_channel(cache, key)
    if known is not None:
        return known
    key_hash = _hash_of(key)
    with database.reading() as connection:
        found = repository.channel(connection, key_hash)
    if found is None:
        raise Unauthorised(
            "api_key_invalid", "The API key is not known. Make one with: counterfoil-server api-key NAME"
        )
    channel = Channel(*found)
    cache.remember(key_hash, channel)
    return channel


def known_channel(cache: ChannelCache, key: str) -> Channel | None:
    """The channel with this API key, if it was found good within the last seconds; nothing is asked of the database."""
    return cache.find(_hash_of(key))


def _hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _claimed_device(assertion: str) -> uuid.UUID:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        return uuid.UUID(claims["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise _invalid_assertion() from error


def _verified_claims(assertion: str, public_key: bytes, identity: ServerIdentity, now: int) -> dict[str, int | str]:
    try:
        claims: dict[str, int | str] = jwt.decode(
            assertion,
            Ed25519PublicKey.from_public_bytes(public_key),
            algorithms=["EdDSA"],
            audience=str(identity.server_id),
            options={
                "require": ["iss", "sub", "aud", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        issued_at, expires_at = int(claims["iat"]), int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise _invalid_assertion() from error
    if claims["iss"] != claims["sub"] or not 0 < expires_at - issued_at <= ASSERTION_LIFETIME_MAX_SECONDS:
        raise _invalid_assertion()
    seconds = now // MICROSECONDS_PER_SECOND
    if not issued_at - CLOCK_LEEWAY_SECONDS <= seconds <= expires_at + CLOCK_LEEWAY_SECONDS:
        raise Unauthorised("assertion_expired", "The assertion is not of this minute. Set the clock.", server_time=now)
    return claims


def _invalid_assertion() -> Unauthorised:
    return Unauthorised("assertion_invalid", "The device could not prove who it is. Enrol it again.")
