"""The shop's recovery key as people keep it: 32 bytes in letters and digits that can be printed, read and typed.

Its public half travels as base64url. Devices wrap their replica's key to it; the private half is shown once by the
server and kept by the shop on paper or in a safe, never by the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from shared.errors import UserError

KEY_BYTES = 32
RECOVERY_SETTING = "recovery_public_key"
"""The chain's setting that carries the public half to the devices."""
_CHECK_BYTES = 3
_GROUP = 5
_LOOK_ALIKES = str.maketrans({"0": "O", "1": "I", "8": "B"})


def private_key_text(private_key: bytes) -> str:
    """32 bytes and a check of 3 in base 32 (RFC 4648), in groups of five: ``MZXW6-YTBOI-…``."""
    assert len(private_key) == KEY_BYTES
    text = base64.b32encode(private_key + _check(private_key)).decode()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def private_key_from(text: str) -> bytes:
    """Read a recovery key as it was printed; case, blanks and dashes do not matter, nor 0, 1 and 8 for O, I and B.

    Raises:
        UserError: ``recovery_key_invalid``.
    """
    letters = "".join(text.split()).replace("-", "").upper().translate(_LOOK_ALIKES)
    try:
        raw = base64.b32decode(letters)
    except binascii.Error as error:
        raise _invalid() from error
    if len(raw) != KEY_BYTES + _CHECK_BYTES or _check(raw[:KEY_BYTES]) != raw[KEY_BYTES:]:
        raise _invalid()
    return raw[:KEY_BYTES]


def public_key_text(public_key: bytes) -> str:
    """32 bytes as unpadded base64url."""
    assert len(public_key) == KEY_BYTES
    return base64.urlsafe_b64encode(public_key).rstrip(b"=").decode()


def public_key_from(text: str) -> bytes | None:
    """The public half that ``text`` stands for; None where it stands for nothing."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == KEY_BYTES else None


def key_name(public_key: bytes) -> str:
    """A short name for people: which of the shop's recovery keys it is."""
    return hashlib.sha256(public_key).hexdigest()[:8]


def _check(private_key: bytes) -> bytes:
    return hashlib.sha256(b"counterfoil-recovery-1\x00" + private_key).digest()[:_CHECK_BYTES]


def _invalid() -> UserError:
    return UserError(
        "recovery_key_invalid",
        "This is not a recovery key, or a character of it is wrong. Compare it with what counterfoil-server "
        "recovery-key printed.",
    )
