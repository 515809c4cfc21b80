"""Where the device's keys are kept: the machine's keychain, or a file only its owner may read.

A keychain counts only if it gives back what was put into it: headless machines often have one that answers and keeps
nothing. Keys are passed as bytes, never logged, never shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets as randomness
from pathlib import Path
from typing import Protocol

from desktop.paths import Home
from desktop.settings import SecretsPlace
from shared.errors import EnvironmentFailure

REPLICA_KEY = "replica-key"
DEVICE_KEY = "device-key"
NEXT_DEVICE_KEY = "device-key-next"
"""Sent to the server, not answered yet: the same key is sent again with the same code."""
OPENINGS = "openings"
"""How often the home was opened and closed, as ``usecases.lives`` counts it."""
KEY_BYTES = 32
_SERVICE = "counterfoil"


class SecretStore(Protocol):
    """Keeps named secrets of one home."""

    @property
    def is_keychain(self) -> bool:
        """Whether the machine's keychain holds them."""
        ...

    @property
    def description(self) -> str:
        """Where they are, in words for people."""
        ...

    def get(self, name: str) -> bytes | None:
        """A secret, or None where there is none of this name."""
        ...

    def set(self, name: str, value: bytes) -> None:
        """Keep a secret; it is there for good when this returns."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no fault."""
        ...


class KeyringStore:
    """The machine's keychain; entries are told apart by the home's path."""

    is_keychain = True

    def __init__(self, home: Home) -> None:
        self._account = hashlib.sha256(str(home.folder).encode()).hexdigest()[:16]

    @property
    def description(self) -> str:
        """Where they are, in words for people."""
        import keyring

        return f"the keychain ({keyring.get_keyring().name})"

    def get(self, name: str) -> bytes | None:
        """A secret, or None."""
        import keyring
        from keyring.errors import KeyringError

        try:
            found = keyring.get_password(_SERVICE, self._entry(name))
        except KeyringError as error:
            raise _keychain_failed() from error
        return None if found is None else base64.b64decode(found)

    def set(self, name: str, value: bytes) -> None:
        """Keep a secret."""
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, self._entry(name), base64.b64encode(value).decode())
        except KeyringError as error:
            raise _keychain_failed() from error

    def delete(self, name: str) -> None:
        """Forget a secret."""
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(_SERVICE, self._entry(name))
        except PasswordDeleteError:
            return  # There was none.
        except KeyringError as error:
            raise _keychain_failed() from error

    def works(self) -> bool:
        """Whether it gives back what is put into it."""
        probe = randomness.token_bytes(KEY_BYTES)
        try:
            self.set("probe", probe)
            is_kept = self.get("probe") == probe
            self.delete("probe")
        except EnvironmentFailure:
            return False
        return is_kept

    def _entry(self, name: str) -> str:
        return f"{self._account}/{name}"


class FileStore:
    """A file in the home that only its owner may read; for machines without a keychain."""

    is_keychain = False

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def description(self) -> str:
        """Where they are, in words for people."""
        return f"a file readable by its owner only ({self._path})"

    def get(self, name: str) -> bytes | None:
        """A secret, or None."""
        found = self._read().get(name)
        return None if found is None else base64.b64decode(found)

    def set(self, name: str, value: bytes) -> None:
        """Keep a secret; the file is replaced whole, so that a crash leaves the old one or the new one."""
        self._write({**self._read(), name: base64.b64encode(value).decode()})

    def delete(self, name: str) -> None:
        """Forget a secret."""
        kept = self._read()
        if kept.pop(name, None) is not None:
            self._write(kept)

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unusable() from error
        return {str(name): str(value) for name, value in found.items()}

    def _write(self, kept: dict[str, str]) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise self._unusable() from error

    def _unusable(self) -> EnvironmentFailure:
        return EnvironmentFailure(
            "secrets_unusable",
            "The file with this device's keys cannot be used. Check the rights of the home folder.",
            file=self._path.name,
        )


def secret_store(home: Home, place: SecretsPlace, *, is_lost: bool = False) -> SecretStore:
    """The store of a home.

    A home in use keeps the place it began with; for a new one, or one whose keys are lost, the keychain is tried for
    real.

    Raises:
        EnvironmentFailure: ``keychain_failed`` where the keychain was asked for and does not work.
    """
    if place is SecretsPlace.FILE or (place is SecretsPlace.AUTO and home.secrets.exists()):
        return FileStore(home.secrets)
    keychain = KeyringStore(home)
    if (home.replica.exists() and not is_lost) or keychain.works():
        return keychain
    if place is SecretsPlace.KEYCHAIN:
        raise _keychain_failed()
    return FileStore(home.secrets)


def new_key() -> bytes:
    """32 random bytes."""
    return randomness.token_bytes(KEY_BYTES)


def _keychain_failed() -> EnvironmentFailure:
    return EnvironmentFailure(
        "keychain_failed",
        "The machine's keychain does not answer. Unlock it, or set COUNTERFOIL_SECRETS=file to keep keys in a file.",
    )
