"""The replica's key, wrapped for whoever holds the shop's recovery key: a small file beside the replica.

Sealed box: a fresh X25519 key agrees with the shop's public key; HKDF-SHA256 over what they share, with both public
keys as salt, makes the key of one AES-256-GCM. Nobody else can read the file, so it may lie in the open and be copied
with the home. A lost keychain then costs a phone call, not the day's unsent sales.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.errors import EnvironmentFailure, UserError
from shared.sync.recovery_key import key_name

_FORMAT = 1
_CONTEXT = b"counterfoil-replica-key-1"
_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What the file holds; bytes as base64.

    Attributes:
        recovery_key: the short name of the shop's recovery key it is wrapped to.
        check: tells whether it holds the key that is in use, without giving anything of it away.
        sender: the fresh public key.
        nonce: of the cipher.
        wrapped: the replica's key, encrypted, with its tag.
    """

    format: int
    recovery_key: str
    check: str
    sender: str
    nonce: str
    wrapped: str


def wrap(replica_key: bytes, public_key: bytes) -> KeyFile:
    """Wrap the replica's key to a raw X25519 public key."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    own = X25519PrivateKey.generate()
    sender = own.public_key().public_bytes_raw()
    shared_secret = own.exchange(X25519PublicKey.from_public_bytes(public_key))
    nonce = os.urandom(_NONCE_BYTES)
    wrapped = AESGCM(_wrapping_key(shared_secret, sender, public_key)).encrypt(nonce, replica_key, _CONTEXT)
    return KeyFile(_FORMAT, key_name(public_key), _check(replica_key), _text(sender), _text(nonce), _text(wrapped))


def unwrap(kept: KeyFile, private_key: bytes) -> bytes:
    """The replica's key.

    Raises:
        UserError: ``recovery_key_wrong`` when it was wrapped to another recovery key.
        EnvironmentFailure: ``recovery_file_damaged``.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    own = X25519PrivateKey.from_private_bytes(private_key)
    public_key = own.public_key().public_bytes_raw()
    if key_name(public_key) != kept.recovery_key:
        raise UserError(
            "recovery_key_wrong",
            f"This home was wrapped to the recovery key {kept.recovery_key}, and this is {key_name(public_key)}. "
            "Look for the other one.",
            wanted=kept.recovery_key,
            given=key_name(public_key),
        )
    try:
        sender = base64.b64decode(kept.sender)
        shared_secret = own.exchange(X25519PublicKey.from_public_bytes(sender))
        cipher = AESGCM(_wrapping_key(shared_secret, sender, public_key))
        found = cipher.decrypt(base64.b64decode(kept.nonce), base64.b64decode(kept.wrapped), _CONTEXT)
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise _damaged() from error
    if len(found) != _KEY_BYTES:
        raise _damaged()
    return found


def keep_wrapped(path: Path, replica_key: bytes, public_key: bytes) -> bool:
    """See to it that the file holds this key, wrapped to this recovery key; whether it had to be written.

    Raises:
        EnvironmentFailure: ``recovery_file_unusable``.
    """
    if is_wrapped(path, replica_key, public_key):
        return False
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("w", encoding="ascii") as file:
            json.dump(asdict(wrap(replica_key, public_key)), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise EnvironmentFailure(
            "recovery_file_unusable",
            f"The file {path.name} cannot be written. Check the rights of the home folder.",
            file=path.name,
        ) from error
    return True


def is_wrapped(path: Path, replica_key: bytes, public_key: bytes) -> bool:
    """Whether the file holds this key, wrapped to this recovery key."""
    try:
        kept = read_key_file(path)
    except EnvironmentFailure:
        return False
    return kept is not None and (kept.recovery_key, kept.check) == (key_name(public_key), _check(replica_key))


def read_key_file(path: Path) -> KeyFile | None:
    """What the file holds; None where there is none.

    Raises:
        EnvironmentFailure: ``recovery_file_damaged``.
    """
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        kept = KeyFile(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise _damaged() from error
    if kept.format != _FORMAT or not all(isinstance(value, str) for value in list(found.values())[1:]):
        raise _damaged()
    return kept


def _wrapping_key(shared_secret: bytes, sender: bytes, receiver: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=sender + receiver, info=_CONTEXT).derive(shared_secret)


def _check(replica_key: bytes) -> str:
    return hashlib.sha256(b"counterfoil-key-check-1\x00" + replica_key).hexdigest()[:16]


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _damaged() -> EnvironmentFailure:
    return EnvironmentFailure(
        "recovery_file_damaged",
        "The file with the wrapped key is damaged; the replica is untouched. Restore the file from a copy of the "
        "home folder.",
    )
