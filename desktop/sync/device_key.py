"""The device's key pair: made on the device, its private half never leaves it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.replica.identity import DeviceIdentity
from shared.clock import MICROSECONDS_PER_SECOND
from shared.ids import IdMaker

ASSERTION_LIFETIME_SECONDS = 55
PRIVATE_KEY_BYTES = 32
_HEADER = {"alg": "EdDSA", "typ": "JWT"}


def public_key_text(private_key: bytes) -> str:
    """The raw public key as unpadded base64url, as enrolment sends it."""
    public = Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
    return _base64url(public)


class DeviceKey:
    """Signs this device's requests for a token.

    Args:
        private_key: 32 raw bytes.
        identity: names the device and the server.
        ids: makes the assertions' own identifiers, so that none is good twice.
    """

    def __init__(self, private_key: bytes, identity: DeviceIdentity, ids: IdMaker) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self._identity = identity
        self._ids = ids

    def assertion(self, now: int) -> str:
        """A signed statement of who asks, good for less than a minute: a JSON Web Token (RFC 7519) under EdDSA.

        Put together here: the library that reads it on the server would be a tenth of this program's start.

        Args:
            now: the server's clock as far as this device knows it, UTC microseconds.
        """
        issued_at = now // MICROSECONDS_PER_SECOND
        claims = {
            "iss": str(self._identity.device_id),
            "sub": str(self._identity.device_id),
            "aud": self._identity.server_id,
            "jti": str(self._ids.new()),
            "iat": issued_at,
            "exp": issued_at + ASSERTION_LIFETIME_SECONDS,
        }
        signed = f"{_part(_HEADER)}.{_part(claims)}"
        return f"{signed}.{_base64url(self._key.sign(signed.encode()))}"


def _part(value: Mapping[str, object]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    """Base64 for addresses, without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
