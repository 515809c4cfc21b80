"""The folder of finished snapshot files: put there whole, found by what they are, dropped when there are too many.

A file counts as there when its label (a small JSON beside it) is: the label is put down last and taken away first, each
by a renaming, so that no worker ever offers half a file.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import zstandard

from shared.sync.wire import SnapshotOffer
from sync_server.db.file_lock import locked

KEPT_PER_KIND = 2
"""The newest of each scope and schema, and the one before it, which somebody may still be fetching."""

_LEVEL = 1
_CHUNK_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,200}\.snapshot")
_LABEL = ".json"
_encoder = msgspec.json.Encoder()


def folder_in(home: Path) -> Path:
    """Where a server keeps its files."""
    return home / "snapshots"


class Shelf:
    """The files of one server's home; any number of workers may use it at once."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._folder = folder
        self._bytes_max = bytes_max

    def offers(self, scope: str, schema: int) -> list[SnapshotOffer]:
        """What is there of a scope at a wire schema, the newest first."""
        found = [offer for offer in self._labels() if offer.scope == scope and offer.schema == schema]
        return sorted(found, key=_age, reverse=True)

    def path_of(self, scope: str, name: str) -> Path | None:
        """Where a file that was offered lies; None when it is not there (any more)."""
        if not _NAME.fullmatch(name):
            return None
        offer = _read_label(self._folder / (name + _LABEL))
        return self._folder / name if offer is not None and offer.scope == scope else None

    def offer_of(self, name: str) -> SnapshotOffer | None:
        """The label of a file."""
        return _read_label(self._folder / (name + _LABEL)) if _NAME.fullmatch(name) else None

    @contextmanager
    def building(self, scope: str, schema: int) -> Iterator[Path]:
        """The right to build a scope, held by one process at a time; gives where the plain file may be written."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stem = f"{_slug(scope)}-s{schema}"
        with locked(self._folder / f"{stem}.lock"):
            plain = self._folder / f"{stem}.plain"
            try:
                yield plain
            finally:
                plain.unlink(missing_ok=True)

    def put(self, plain: Path, offer: SnapshotOffer) -> SnapshotOffer:
        """Compress a finished file, put it on the shelf and make room; gives the offer with name, sizes and sum.

        Called with the right to build held.
        """
        name = f"{_slug(offer.scope)}-e{offer.epoch}-s{offer.schema}-{offer.position}.snapshot"
        unfinished = plain.with_suffix(".unfinished")
        sha256 = _compress(plain, unfinished)
        labelled = msgspec.structs.replace(
            offer,
            name=name,
            size=unfinished.stat().st_size,
            plain_size=plain.stat().st_size,
            sha256=sha256,
        )
        unfinished.replace(self._folder / name)
        label = plain.with_suffix(".label")
        label.write_bytes(_encoder.encode(labelled))
        label.replace(self._folder / (name + _LABEL))
        self._make_room(labelled)
        return labelled

    def drop(self, offer: SnapshotOffer) -> None:
        """Take a file away; who is fetching it gets the rest of it where the system allows."""
        (self._folder / (offer.name + _LABEL)).unlink(missing_ok=True)
        (self._folder / offer.name).unlink(missing_ok=True)

    def _make_room(self, newest: SnapshotOffer) -> None:
        for old in self.offers(newest.scope, newest.schema)[KEPT_PER_KIND:]:
            self.drop(old)
        kept = sorted(self._labels(), key=_age, reverse=True)
        total = 0
        for offer in kept:
            total += offer.size
            if total > self._bytes_max and offer.name != newest.name:
                self.drop(offer)

    def _labels(self) -> list[SnapshotOffer]:
        found = (_read_label(path) for path in self._folder.glob("*.snapshot" + _LABEL))
        return [offer for offer in found if offer is not None]


def _slug(scope: str) -> str:
    return re.sub(r"[^a-z0-9-]", ".", scope.lower())


def _age(offer: SnapshotOffer) -> tuple[int, int]:
    return offer.epoch, offer.position


def _read_label(path: Path) -> SnapshotOffer | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=SnapshotOffer)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _compress(plain: Path, to: Path) -> str:
    """Compress a file with its size in front; gives the SHA-256 of what came out."""
    digest = hashlib.sha256()
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    to.unlink(missing_ok=True)
    with plain.open("rb") as source, to.open("xb") as sink:
        for chunk in compressor.read_to_iter(source, size=plain.stat().st_size, write_size=_CHUNK_BYTES):
            digest.update(chunk)
            sink.write(chunk)
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest()
