"""Writes revision 0002 of both histories anew from the models: ``python -m tests.helpers.revision``.

While a release is in the making its one revision grows with the models; a released revision is never written again.
What cannot be read off the models (moving data) stands in ``steps_0002.py`` beside each history and is called by the
revision, so that it survives.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import AddColumnOp, DropIndexOp, MigrateOperation, OpContainer
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DefaultClause,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    text,
)
from sqlalchemy.types import TypeEngine

from desktop.replica.schema import METADATAS
from shared.schema.base import Replicated
from shared.schema.types import Id, Json
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import database_url
from sync_server.db.tables import all_metadata

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "sync_server/db/migrations"
DEVICE = ROOT / "desktop/replica/migrations"
BEFORE, REVISION = "0001", "0002"

_FRAME = '''"""The second schema: what sync needs to lose nothing. Written by ``tests.helpers.revision`` from the models.

Revision ID: {revision}
Revises: {before}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{imports}
from {package} import steps_{revision}

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new, then move what is there."""
{up}
    steps_{revision}.upgrade(op.get_bind())


def downgrade() -> None:
    """Take it away again."""
    steps_{revision}.downgrade(op.get_bind())
{down}
'''

_SERVER_TYPES: dict[type[TypeEngine[Any]], str] = {Id: "sa.Uuid()", Json: "sa.Text()"}
_DEVICE_TYPES: dict[type[TypeEngine[Any]], str] = {Id: "sa.LargeBinary(length=16)", Json: "sa.Text()"}


def main() -> None:
    """Write both revisions."""
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-revision-"))
    try:
        _write_device(folder)
        _write_server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_server(folder: Path) -> None:
    with EmbeddedPostgres(folder / "server", is_durable=False) as url:
        engine = create_engine(database_url(url))
        _upgrade_to_before(engine, SERVER, folder)
        with engine.connect() as connection:
            up, down = _rendered(connection, all_metadata(), _SERVER_TYPES)
        engine.dispose()
    _write(SERVER, "sync_server.db.migrations", up, down)


def _write_device(folder: Path) -> None:
    engine = create_engine(f"sqlite:///{folder / 'device.db'}")
    _upgrade_to_before(engine, DEVICE, folder)
    with engine.connect() as connection:
        # A replica that fills has no index of its replicated tables yet.
        up, down = _rendered(connection, list(METADATAS), _DEVICE_TYPES, maybe_bare=Replicated.metadata.tables)
    engine.dispose()
    _write(DEVICE, "desktop.replica.migrations", up, down)


def _upgrade_to_before(engine: Engine, history: Path, folder: Path) -> None:
    """Run the history as it was released, from a copy without the revision that is being written."""
    from alembic import command
    from alembic.config import Config

    copy = folder / history.parent.name
    (copy / "versions").mkdir(parents=True)
    for name in ("env.py", "versions/v0001_first.py"):
        shutil.copyfile(history / name, copy / name)
    config = Config()
    config.set_main_option("script_location", str(copy))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)


def _rendered(
    connection: Connection,
    models: list[MetaData],
    types: dict[type[TypeEngine[Any]], str],
    *,
    maybe_bare: Collection[str] = (),
) -> tuple[str, str]:
    """The code of upgrade and downgrade; an index of a ``maybe_bare`` table may not be there to be dropped."""

    def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
        return types.get(type(item), False) if kind == "type" else False

    options = {"target_metadata": models, "compare_type": True, "include_name": _is_ours}
    context = MigrationContext.configure(connection, opts=options)
    script = produce_migrations(context, _merged(models))
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    for change in _changes(script.upgrade_ops):
        if isinstance(change, AddColumnOp):
            _give_default(change.column)
    for change in _changes(script.downgrade_ops):
        if isinstance(change, DropIndexOp) and change.table_name in maybe_bare:
            change.if_exists = True
    return (
        render_python_code(script.upgrade_ops, render_item=render_item),
        render_python_code(script.downgrade_ops, render_item=render_item),
    )


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or not str(name).startswith(("search", "alembic"))


def _merged(models: list[MetaData]) -> MetaData:
    merged = MetaData(naming_convention=models[0].naming_convention)
    for metadata in models:
        for table in metadata.tables.values():
            table.to_metadata(merged)
    return merged


def _changes(container: OpContainer) -> Iterator[MigrateOperation]:
    for change in container.ops:
        if isinstance(change, OpContainer):
            yield from _changes(change)
        else:
            yield change


def _give_default(column: Column[Any]) -> None:
    """Rows that are there get a value: what the models leave to the program."""
    if column.nullable or column.server_default is not None:
        return
    kinds = {Text: "''", Json: "'null'", LargeBinary: "''", Boolean: "false", Integer: "0", BigInteger: "0"}
    given = next((default for kind, default in kinds.items() if isinstance(column.type, kind)), None)
    assert given is not None, f"{column.name} is new and required: say what rows that are there get"
    column.server_default = DefaultClause(text(given))


def _write(history: Path, package: str, up: str, down: str) -> None:
    imports = "from sqlalchemy.dialects import postgresql\n" if "postgresql." in up + down else ""
    target = history / "versions" / f"v{REVISION}_sync.py"
    written = _FRAME.format(
        revision=REVISION, before=BEFORE, imports=imports, package=package, up=_indented(up), down=_indented(down)
    )
    draft = target.with_suffix(".draft")
    draft.write_text(written, encoding="utf-8")
    name = ["--stdin-filename", str(target)]
    for command in (["format", *name, "-"], ["check", "--fix", "--quiet", *name, "-"], ["format", *name, "-"]):
        with draft.open("rb") as given:
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command], stdin=given, capture_output=True, check=False
            )
        assert done.stdout, done.stderr.decode()
        draft.write_bytes(done.stdout)
    draft.replace(target)


def _indented(code: str) -> str:
    # Alembic names the text type inside a JSONB without its module.
    lines = [line.replace("=Text()", "=sa.Text()") for line in code.splitlines() if "###" not in line]
    return "\n".join(f"    {line.removeprefix('    ')}" for line in lines if line.strip())


if __name__ == "__main__":
    main()
