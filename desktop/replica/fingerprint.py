"""Which file on which machine a replica lies in, so that a copied or restored one is known for what it is.

A copy has another inode, or the same number on another machine, or the same number given again to a file that was born
later. What is kept is a hash; a replica that is moved within its file system, or written in place, keeps it.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import struct
import sys
from functools import cache
from pathlib import Path

from sqlalchemy import Connection

from desktop.replica.identity import change_identity
from shared.clock import MICROSECONDS_PER_SECOND

_MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_NANOSECONDS_PER_SECOND = 1_000 * MICROSECONDS_PER_SECOND

# statx(2), linux/stat.h: the mask at 0x00, the time of birth (seconds, nanoseconds) at 0x50 of 256 bytes.
_STATX_BYTES, _STATX_MASK_AT, _STATX_BORN_AT = 256, 0x00, 0x50
_STATX_BTIME = 0x800
_AT_FDCWD = -100


def fingerprint_of(path: Path) -> str:
    """A hash over the machine, the inode of the file and the instant at which the file came to be.

    Raises:
        OSError: the file is not there.
    """
    parts = (machine_id(), str(path.stat().st_ino), str(_born_at(path)))
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def renew_fingerprint(connection: Connection, path: Path) -> None:
    """Note that the replica lies in the file at ``path`` from now on.

    A replica that is about to be swapped in notes it while it still has its other name: renaming changes nothing.
    """
    change_identity(connection, fingerprint=fingerprint_of(path))


@cache
def machine_id() -> str:
    """What tells this machine from others as long as its system is installed; empty where nothing does."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        except OSError:
            return ""
    if sys.platform == "darwin":
        return _mac_machine_id()
    for file in _MACHINE_ID_FILES:
        try:
            return file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return ""


def _mac_machine_id() -> str:
    """gethostuuid(2): the hardware's own identifier."""
    found = ctypes.create_string_buffer(16)
    wait = (ctypes.c_long * 2)(1, 0)
    if ctypes.CDLL(None).gethostuuid(found, wait) != 0:
        return ""
    return found.raw.hex()


def _born_at(path: Path) -> int:
    """When the file came to be, in nanoseconds; 0 where the file system does not say."""
    facts = path.stat()
    if sys.platform == "win32":
        return facts.st_ctime_ns
    if sys.platform == "darwin":
        return round(facts.st_birthtime * _NANOSECONDS_PER_SECOND)
    return _born_at_by_statx(path)


def _born_at_by_statx(path: Path) -> int:
    library = ctypes.CDLL(None)
    if not hasattr(library, "statx"):
        return 0
    facts = ctypes.create_string_buffer(_STATX_BYTES)
    if library.statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, facts) != 0:
        return 0
    (mask,) = struct.unpack_from("=I", facts, _STATX_MASK_AT)
    seconds, nanoseconds = struct.unpack_from("=qI", facts, _STATX_BORN_AT)
    return int(seconds) * _NANOSECONDS_PER_SECOND + int(nanoseconds) if mask & _STATX_BTIME else 0
