"""The support bundle: what somebody needs who helps from afar, and nothing that tells of people, goods or amounts.

It is gathered first and shown (``Bundle.parts``); only ``save`` writes a file.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import secrets
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from desktop.paths import Home
from desktop.replica import buckets, cursors, figures, sync_events, sync_tally
from desktop.replica.engine import Replica
from desktop.replica.figures import OutboxShape
from desktop.replica.identity import DeviceIdentity, find_identity
from desktop.replica.outbox import DAMAGED
from desktop.replica.queries.sync_log import outbox_counts
from desktop.secrets import secret_store
from desktop.settings import Settings
from desktop.usecases.censoring import Censor, is_code
from desktop.usecases.doctor import ClockPort, Finding, examine
from desktop.usecases.line_state import LineFacts
from desktop.usecases.start import replica_key
from shared.clock import Clock, datetime_at
from shared.errors import CounterfoilError, EnvironmentFailure
from shared.ids import IdMaker
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.operations import decode_arguments

LOG_LINES_MAX = 2_000
LOG_TAIL_BYTES = 512 * 1024
CHANGES_MAX = 500
EVENTS_MAX = 500
_KEY_BYTES = 32
_SECRET_FIELDS = frozenset({"succession", "successor", "fingerprint", "name", "server_url"})
_OWN_SENTENCES = frozenset({"sent", "received"})
_LIBRARIES = ("counterfoil", "PySide6", "SQLAlchemy", "httpx", "msgspec", "sqlcipher3")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the bundle; ``about`` says in a sentence what is in it."""

    name: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was gathered; nothing is written yet."""

    made_at: int
    parts: tuple[Part, ...]

    @property
    def file_name(self) -> str:
        """``counterfoil-support-20261121-1207.zip``, by UTC."""
        return f"counterfoil-support-{datetime_at(self.made_at):%Y%m%d-%H%M%S}.zip"


def gather(
    home: Home,
    settings: Settings,
    clock_of: Callable[[str], ClockPort],
    *,
    clock: Clock,
    ids: IdMaker,
    replica: Replica | None = None,
    line: LineFacts | None = None,
) -> Bundle:
    """Collect and censor; takes some seconds, changes nothing and writes no file.

    Args:
        home: the device's folder.
        settings: of the device.
        clock_of: gives the server's clock at an address, for the doctor.
        clock: of the device.
        ids: for opening the replica.
        replica: the open one; None where it cannot be opened: the doctor says why.
        line: how the line stands, where a sync engine runs.
    """
    censor = Censor(secrets.token_bytes(_KEY_BYTES))
    findings = list(examine(home, settings, clock_of, clock=clock, ids=ids))
    parts = [_doctor(censor, home, replica, findings), _about(censor, replica)]
    if replica is not None:
        with replica.read() as connection:
            parts += [
                _sync(censor, connection, line),
                _events(censor, connection),
                _changes(censor, connection),
                _figures(home, connection),
            ]
    parts.append(_log(censor, home))
    return Bundle(clock.now(), (_read_me(parts), *parts))


def gather_at(
    home: Home, settings: Settings, clock_of: Callable[[str], ClockPort], *, clock: Clock, ids: IdMaker
) -> Bundle:
    """As ``gather``, over a home that this program has not opened; its lock is not taken: a till may be running."""
    replica = None
    if home.replica.exists():
        try:
            key = replica_key(secret_store(home, settings.secrets))
            replica = Replica.open(home.replica, key, clock=clock, ids=ids)
        except CounterfoilError:
            replica = None  # The doctor says why.
    try:
        return gather(home, settings, clock_of, clock=clock, ids=ids, replica=replica)
    finally:
        if replica is not None:
            replica.close()


def save(bundle: Bundle, path: Path) -> Path:
    """Write the bundle as a zip that only its owner may read; gives where it is.

    Raises:
        EnvironmentFailure: ``bundle_unwritable``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in bundle.parts:
                archive.writestr(part.name, part.text)
    except OSError as error:
        raise EnvironmentFailure(
            "bundle_unwritable",
            f"The bundle cannot be written there ({error.strerror}). Choose another place.",
            file=str(path),
        ) from error
    return path


def contents(bundle: Bundle) -> Iterator[str]:
    """One line for each file: its name, its size, what is in it."""
    for part in bundle.parts:
        yield f"{part.name:<14} {len(part.text.encode()):>9,} B  {part.about}"


def _read_me(parts: Sequence[Part]) -> Part:
    lines = [
        "A Counterfoil support bundle.",
        "",
        "Names of people and goods, addresses, amounts, texts and keys were taken out: a masked value shows its kind,",
        "its length and a tag. Equal tags mean equal values within this bundle; tags of two bundles do not compare.",
        "",
        *(f"{part.name}: {part.about}" for part in parts),
    ]
    return Part("README.txt", "what the other files are", "\n".join(lines) + "\n")


def _doctor(censor: Censor, home: Home, replica: Replica | None, findings: Sequence[Finding]) -> Part:
    masked = [str(home.folder), str(Path.home())]
    if replica is not None:
        with replica.read() as connection:
            me = find_identity(connection)
        masked += [] if me is None else [me.name, me.server_url]
    lines = []
    for finding in findings:
        text = finding.text
        for each in filter(None, masked):
            text = text.replace(each, "…")
        lines.append(f"{finding.health}  {finding.subject}: {censor.text(text, keeps_numbers=True)}")
    return Part("doctor.txt", "what is well with this device and what is not", "\n".join(lines) + "\n")


def _about(censor: Censor, replica: Replica | None) -> Part:
    told: dict[str, object] = {
        "programs": {name: _version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "wire_schema": SCHEMA_VERSION,
    }
    if replica is not None:
        with replica.read() as connection:
            me = find_identity(connection)
        told["device"] = None if me is None else _identity(censor, me)
    return Part("about.json", "versions, and which device this is, without its keys", _json(told))


def _identity(censor: Censor, me: DeviceIdentity) -> dict[str, object]:
    shown: dict[str, object] = {
        name: value if isinstance(value, int | None) else str(value)
        for name, value in ((each.name, getattr(me, each.name)) for each in dataclasses.fields(me))
        if name not in _SECRET_FIELDS
    }
    address = urlsplit(me.server_url)
    shown["name"] = censor.value(me.name)
    shown["server"] = f"{address.scheme}://{address.hostname or ''}:{address.port or ''}"
    shown["has_succession"] = bool(me.succession)
    shown["has_fingerprint"] = bool(me.fingerprint)
    return shown


def _sync(censor: Censor, connection: Any, line: LineFacts | None) -> Part:
    now_line = None if line is None else dataclasses.asdict(line)
    if now_line is not None:
        now_line |= {name: censor.text(str(now_line[name])) for name in ("last_error", "hold_up")}
    verified = sync_tally.last_verification(connection)
    scopes = [
        {
            "scope": each.scope,
            "position": each.position,
            "rows": {found.entity: found.rows for found in buckets.read(connection, each.number)},
        }
        for each in cursors.cursors(connection).values()
    ]
    told = {
        "line": now_line,
        "changes": outbox_counts(connection),
        "last_verification": None if verified is None else dataclasses.asdict(verified),
        "scopes": scopes,
        "scopes_set_aside": len(cursors.cursors_set_aside(connection)),
    }
    return Part("sync.json", "how the line stands, how far each scope is, the last comparison", _json(told))


def _events(censor: Censor, connection: Any) -> Part:
    lines = [
        f"{datetime_at(each.at):%Y-%m-%dT%H:%M:%SZ} {each.kind} "
        f"{censor.text(each.text, keeps_numbers=each.kind in _OWN_SENTENCES)}"
        for each in sync_events.recent(connection, EVENTS_MAX)
    ]
    return Part("events.txt", "what sync did, names and amounts masked", "\n".join(lines) + "\n")


def _changes(censor: Censor, connection: Any) -> Part:
    refused = figures.outbox_shapes(connection, ["refused", "quarantined"], CHANGES_MAX)
    waiting = figures.outbox_shapes(connection, ["waiting"], CHANGES_MAX)
    told = [_change(censor, each) for each in (*refused, *waiting)]
    return Part("changes.json", "changes that wait or were refused: names of fields and shapes, no values", _json(told))


def _change(censor: Censor, shape: OutboxShape) -> dict[str, object]:
    content = decode_arguments(shape.arguments) if shape.arguments and shape.code != DAMAGED else None
    return {
        "number": shape.number,
        "id": shape.id.hex(),
        "name": shape.name,
        "entity_id": shape.entity_id.hex(),
        "state": shape.state,
        "code": shape.code if is_code(shape.code) or shape.code.isalpha() else "",
        "message": censor.text(shape.message),
        "seen_to": shape.seen_to,
        "made_at": shape.made_at,
        "answered_at": shape.answered_at,
        "bytes": len(shape.arguments),
        "content": censor.value(content),
    }


def _figures(home: Home, connection: Any) -> Part:
    told = {
        "schema_sha256": figures.schema_digest(connection),
        "sqlite": figures.file_facts(connection),
        "rows": figures.table_rows(connection),
        "file_bytes": {path.name: path.stat().st_size for path in sorted(home.folder.glob("replica.db*"))},
    }
    return Part("replica.json", "how large the replica is, rows by table, a digest of its schema", _json(told))


def _log(censor: Censor, home: Home) -> Part:
    lines = [_log_line(censor, line) for line in _tail(home.logs / "counterfoil.log")]
    return Part("log.txt", "the end of this device's log, names and amounts masked", "\n".join(lines) + "\n")


def _log_line(censor: Censor, line: str) -> str:
    """The stamp of a line stays, as far as it is one of ours; the rest is masked."""
    stamp, rest = line[:23], line[23:]
    is_stamp = len(stamp) == len("2026-11-21 12:07:00,123") and stamp[4:5] == "-" and stamp[19:20] == ","
    if is_stamp and stamp.translate(str.maketrans("", "", "- :,")).isdecimal():
        return stamp + censor.text(rest)
    return censor.text(line)


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-LOG_LINES_MAX:]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "source"


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True, default=str) + "\n"
