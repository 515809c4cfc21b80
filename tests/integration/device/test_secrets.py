"""Keys: in a keychain that works, else in a file only its owner reads; a home keeps the place it began with."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from desktop.paths import Home, home_at
from desktop.secrets import REPLICA_KEY, FileStore, KeyringStore, SecretStore, new_key, secret_store
from desktop.settings import SECRETS_VARIABLE, SecretsPlace, settings_from
from shared.errors import EnvironmentFailure, UserError


class MemoryKeychain(KeyringBackend):
    """A keychain as machines have it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


class ForgetfulKeychain(MemoryKeychain):
    """It answers, and keeps nothing: what headless machines often have."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class LockedKeychain(MemoryKeychain):
    """Nobody unlocks it."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringError(f"locked: {service} {username} {len(password)}")

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringError(f"locked: {service} {username}")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def keychain() -> Iterator[MemoryKeychain]:
    before = keyring.get_keyring()
    made = MemoryKeychain()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture(params=["file", "keychain"])
def store(request: pytest.FixtureRequest, home: Home, keychain: MemoryKeychain) -> SecretStore:
    return FileStore(home.secrets) if request.param == "file" else KeyringStore(home)


def test_given_any_store_when_a_secret_is_kept_then_it_comes_back_until_it_is_deleted(store: SecretStore) -> None:
    key = new_key()
    assert store.get(REPLICA_KEY) is None
    store.set(REPLICA_KEY, key)
    store.set("other", b"\x00")
    assert store.get(REPLICA_KEY) == key
    store.delete(REPLICA_KEY)
    store.delete(REPLICA_KEY)
    assert store.get(REPLICA_KEY) is None
    assert store.get("other") == b"\x00"


def test_given_the_file_then_only_its_owner_may_read_it(home: Home) -> None:
    FileStore(home.secrets).set(REPLICA_KEY, new_key())
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_given_a_damaged_file_when_read_then_it_says_so(home: Home) -> None:
    home.secrets.write_text("{", encoding="utf-8")
    with pytest.raises(EnvironmentFailure) as refusal:
        FileStore(home.secrets).get(REPLICA_KEY)
    assert refusal.value.code == "secrets_unusable"


def test_given_a_keychain_that_works_when_a_home_begins_then_it_is_used(home: Home, keychain: MemoryKeychain) -> None:
    assert secret_store(home, SecretsPlace.AUTO).is_keychain
    assert keychain.kept == {}


@pytest.mark.parametrize("broken", [ForgetfulKeychain, LockedKeychain])
def test_given_a_keychain_that_does_not_when_a_home_begins_then_a_file_is_used_and_a_wish_for_it_is_refused(
    home: Home, keychain: MemoryKeychain, broken: type[MemoryKeychain]
) -> None:
    keyring.set_keyring(broken())
    assert not secret_store(home, SecretsPlace.AUTO).is_keychain
    with pytest.raises(EnvironmentFailure) as refusal:
        secret_store(home, SecretsPlace.KEYCHAIN)
    assert refusal.value.code == "keychain_failed"


def test_given_a_home_with_its_keys_in_a_file_when_a_keychain_appears_then_the_file_stays_in_use(
    home: Home, keychain: MemoryKeychain
) -> None:
    FileStore(home.secrets).set(REPLICA_KEY, new_key())
    assert not secret_store(home, SecretsPlace.AUTO).is_keychain


def test_given_two_homes_then_their_keys_in_one_keychain_do_not_mix(tmp_path: Path, keychain: MemoryKeychain) -> None:
    one, two = KeyringStore(Home(tmp_path / "1")), KeyringStore(Home(tmp_path / "2"))
    one.set(REPLICA_KEY, b"1")
    two.set(REPLICA_KEY, b"2")
    assert one.get(REPLICA_KEY) == b"1"


def test_given_the_environment_then_home_and_secrets_follow_it(tmp_path: Path) -> None:
    environment = {"COUNTERFOIL_HOME": str(tmp_path), SECRETS_VARIABLE: "file"}
    assert home_at(None, environment).folder == tmp_path
    assert home_at(tmp_path / "named", environment).folder == tmp_path / "named"
    assert settings_from(environment).secrets is SecretsPlace.FILE
    with pytest.raises(UserError) as refusal:
        settings_from({SECRETS_VARIABLE: "drawer"})
    assert refusal.value.code == "setting_invalid"


def test_given_a_home_that_cannot_be_made_then_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFailure) as refusal:
        Home(tmp_path / "taken").make()
    assert refusal.value.code == "home_unusable"


def test_given_a_home_whose_keychain_is_gone_when_its_keys_come_back_then_they_go_where_they_are_kept_for_good(
    home: Home, keychain: MemoryKeychain
) -> None:
    home.replica.touch()
    keyring.set_keyring(ForgetfulKeychain())
    assert secret_store(home, SecretsPlace.AUTO).is_keychain, "a home in use keeps the place it began with"
    assert not secret_store(home, SecretsPlace.AUTO, is_lost=True).is_keychain
    keyring.set_keyring(keychain)
    assert secret_store(home, SecretsPlace.AUTO, is_lost=True).is_keychain
