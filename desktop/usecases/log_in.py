"""Logging in by name and PIN. Wrong PINs are counted on this device; after five in a row each costs a growing pause."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desktop.replica.queries.shop import Person, person_by_username
from desktop.replica.repositories.pin_attempts import Attempts, attempts_of, forget_failures, save_failure
from desktop.usecases.station import Station
from shared.clock import MICROSECONDS_PER_SECOND
from shared.errors import UserError
from shared.limits import PIN_ATTEMPTS_BEFORE_DELAY, PIN_DELAY_MAX_SECONDS, PIN_MAX_DIGITS

_FIRST_DELAY_SECONDS = 5
_HASHER = PasswordHasher()


def log_in(station: Station, username: str, pin: str) -> None:
    """Log a person in.

    Raises:
        UserError: ``pin_wrong`` with ``attempts_left`` before the pauses begin, ``pin_delayed`` with ``seconds``,
            ``not_enrolled``.
    """
    station.refresh()
    store = station.store
    with station.replica.read() as connection:
        person = person_by_username(connection, username.strip(), store.id)
        attempts = Attempts() if person is None else attempts_of(connection, person.id)
    if person is None:
        raise UserError("pin_wrong", "The name or the PIN is wrong. Try again.", user=username[:40])
    _refuse_during_pause(attempts, station.clock.now())
    if not _is_right(person, pin):
        _count_failure(station, person, attempts)
    if attempts.failed:
        with station.replica.write() as work:
            forget_failures(work.connection, person.id)
    station.user = person


def log_out(station: Station) -> None:
    """Lock the till; the basket stays where it is."""
    station.user = None


def _refuse_during_pause(attempts: Attempts, now: int) -> None:
    """No PIN is looked at during a pause, not even the right one; a clock set back cannot stretch it."""
    left_us = min(attempts.delayed_until - now, PIN_DELAY_MAX_SECONDS * MICROSECONDS_PER_SECOND)
    if left_us > 0:
        seconds = -(-left_us // MICROSECONDS_PER_SECOND)
        raise UserError("pin_delayed", f"Too many wrong PINs. Wait {seconds} seconds, then try again.", seconds=seconds)


def _is_right(person: Person, pin: str) -> bool:
    if not pin or len(pin) > PIN_MAX_DIGITS:
        return False
    try:
        return _HASHER.verify(person.pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


def _count_failure(station: Station, person: Person, attempts: Attempts) -> None:
    """Remember the wrong PIN on disk, then say so."""
    failed = attempts.failed + 1
    beyond = failed - PIN_ATTEMPTS_BEFORE_DELAY
    seconds = 0 if beyond < 0 else min(_FIRST_DELAY_SECONDS * 2 ** min(beyond, 10), PIN_DELAY_MAX_SECONDS)
    now = station.clock.now()
    with station.replica.write() as work:
        save_failure(work.connection, person.id, failed, now, now + seconds * MICROSECONDS_PER_SECOND)
    if seconds:
        raise UserError(
            "pin_wrong",
            f"The PIN is wrong. Wait {seconds} seconds before the next try.",
            attempts_left=0,
            seconds=seconds,
        )
    left = PIN_ATTEMPTS_BEFORE_DELAY - failed
    raise UserError(
        "pin_wrong",
        f"The PIN is wrong. {left} more {'try' if left == 1 else 'tries'} before a pause.",
        attempts_left=left,
    )
