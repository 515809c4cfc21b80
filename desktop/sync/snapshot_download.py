"""Fetching a snapshot file: resumed where it broke off, checked by its sum, unpacked as it comes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import zstandard

from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.sync.wire import SnapshotOffer

_CHUNK_BYTES = 1024 * 1024
_PART, _PLAIN = ".part", ".plain"


def folder_beside(replica: Path) -> Path:
    """Where snapshot files lie while they are fetched and copied."""
    return replica.with_name("snapshots")


class SnapshotFolder:
    """The files of one device that are on their way."""

    def __init__(self, folder: Path, server: SyncServer) -> None:
        self._folder = folder
        self._server = server

    def remove_plain(self) -> None:
        """Remove plain files that a crash left."""
        for path in self._folder.glob(f"*{_PLAIN}"):
            path.unlink(missing_ok=True)

    def keep_only(self, offers: Collection[SnapshotOffer]) -> None:
        """Remove parts of files that are not on offer any more, and the folder with the last one."""
        wanted = {self._part_of(offer).name for offer in offers}
        for path in self._folder.glob(f"*{_PART}"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
        with suppress(OSError):  # A part is kept for the next time, or there is no such folder.
            self._folder.rmdir()

    def fetch(self, offer: SnapshotOffer) -> Path:
        """The plain file of an offer; the caller removes it. A damaged part is thrown away and fetched once more.

        Raises:
            EnvironmentFailure: ``snapshot_damaged``, ``snapshot_changed``, ``disk_full``, ``server_unreachable`` …
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            return self._fetched(offer)
        except EnvironmentFailure as failure:
            if failure.code not in {"snapshot_damaged", "snapshot_changed"}:
                raise
            self._part_of(offer).unlink(missing_ok=True)
            return self._fetched(offer)

    def _fetched(self, offer: SnapshotOffer) -> Path:
        part, plain = self._part_of(offer), self._plain_of(offer)
        plain.unlink(missing_ok=True)
        digest, unpacking = hashlib.sha256(), zstandard.ZstdDecompressor().decompressobj()
        try:
            with _private(plain) as sink, _private(part) as kept:
                for chunk in self._chunks(offer, kept):
                    digest.update(chunk)
                    sink.write(unpacking.decompress(chunk))
            _check(offer, digest.hexdigest(), plain.stat().st_size)
        except zstandard.ZstdError as error:
            plain.unlink(missing_ok=True)
            raise _damaged(offer) from error
        except OSError as error:
            plain.unlink(missing_ok=True)
            raise EnvironmentFailure(
                "disk_full", "There is no room for the snapshot on the disk. The rows come by pages.", file=plain.name
            ) from error
        except BaseException:
            plain.unlink(missing_ok=True)
            raise
        return plain

    def _chunks(self, offer: SnapshotOffer, part: BinaryIO) -> Iterator[bytes]:
        """What is here already, then what is still to come, which is kept as it comes."""
        size = 0
        while chunk := part.read(_CHUNK_BYTES):
            size += len(chunk)
            yield chunk
        if size < offer.size:
            for chunk in self._server.snapshot_bytes(offer, size):
                part.write(chunk)
                yield chunk

    def _part_of(self, offer: SnapshotOffer) -> Path:
        return self._folder / (hashlib.sha256(f"{offer.name} {offer.sha256}".encode()).hexdigest()[:24] + _PART)

    def _plain_of(self, offer: SnapshotOffer) -> Path:
        return self._part_of(offer).with_suffix(_PLAIN)


def _private(path: Path) -> BinaryIO:
    """A file for reading and writing that nobody else may read; what is in it stays."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def _check(offer: SnapshotOffer, sha256: str, plain_size: int) -> None:
    if (sha256, plain_size) != (offer.sha256, offer.plain_size):
        raise _damaged(offer)


def _damaged(offer: SnapshotOffer) -> EnvironmentFailure:
    return EnvironmentFailure(
        "snapshot_damaged", "The snapshot came damaged. The rows come by pages instead.", name=offer.name
    )
