"""The device's signature, read back with the library that the server reads it with."""

from __future__ import annotations

import base64
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from desktop.replica.identity import DeviceIdentity
from desktop.secrets import new_key
from desktop.sync.device_key import ASSERTION_LIFETIME_SECONDS, DeviceKey, public_key_text
from shared.clock import MICROSECONDS_PER_SECOND, SystemClock
from shared.ids import TimeOrderedIds

ME = DeviceIdentity(
    device_id=uuid.UUID(int=7),
    store_id=uuid.UUID(int=8),
    kind="till",
    number=1,
    name="Till 1",
    server_url="https://shop.example",
    server_id="the-server",
    incarnation=uuid.UUID(int=9),
    receipt_series=1,
    enrolled_at=0,
)


def public_half(private_key: bytes) -> Ed25519PublicKey:
    text = public_key_text(private_key)
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_given_an_assertion_when_it_is_read_then_it_says_who_asks_whom_and_for_how_long() -> None:
    key, clock = new_key(), SystemClock()
    device = DeviceKey(key, ME, TimeOrderedIds(clock))
    now = clock.now()

    said = jwt.decode(device.assertion(now), public_half(key), algorithms=["EdDSA"], audience="the-server")

    assert said["iss"] == said["sub"] == str(ME.device_id)
    assert said["iat"] == now // MICROSECONDS_PER_SECOND
    assert said["exp"] - said["iat"] == ASSERTION_LIFETIME_SECONDS
    assert jwt.get_unverified_header(device.assertion(now)) == {"alg": "EdDSA", "typ": "JWT"}


def test_given_two_assertions_when_they_are_read_then_each_has_a_name_of_its_own() -> None:
    device = DeviceKey(new_key(), ME, TimeOrderedIds(SystemClock()))

    names = {jwt.decode(device.assertion(0), options={"verify_signature": False})["jti"] for _ in range(2)}

    assert len(names) == 2


def test_given_another_device_s_key_when_an_assertion_is_read_with_it_then_it_is_refused() -> None:
    device = DeviceKey(new_key(), ME, TimeOrderedIds(SystemClock()))

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(device.assertion(0), public_half(new_key()), algorithms=["EdDSA"], audience="the-server")
