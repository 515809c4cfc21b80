"""After an upgrade of the program: fetch what the former wire schema left out.

Cursors have moved past rows whose newer columns never came. They are asked for by entity and applied at the versions
they have, a few at a time, so that a sale does not wait; how far it is stands on the disk with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop.replica import cursors, pulled, schema_fill
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.schema_fill import FillTask
from desktop.sync.server_port import SyncServer
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import RowsAnswer, RowsRequest

ROWS_PER_STEP = 50


class MigrationPull:
    """Fills one replica up to this program's schema; used by one thread at a time, at a consistent point."""

    def __init__(self, replica: Replica, server: SyncServer, schema: int = SCHEMA_VERSION) -> None:
        self._replica = replica
        self._server = server
        self._schema = schema

    def run(self) -> dict[str, int]:
        """Go on where it was; gives how many rows of each entity came. Nothing where nothing is missing.

        Raises:
            EnvironmentFailure: the server or the line failed; it goes on from there next time.
        """
        with self._replica.read() as connection:
            me = identity_of(connection)
        if me.schema_filled >= self._schema:
            return {}
        with self._replica.write(is_background=True) as unit:
            schema_fill.begin(unit.connection, me.schema_filled)
        counts: dict[str, int] = {}
        for task, answer in self._answers(me.epoch):
            self._apply(task, answer)
            if answer.rows:
                counts[task.entity] = counts.get(task.entity, 0) + len(answer.rows)
        with self._replica.read() as connection:
            is_over = schema_fill.next_task(connection) is None
        if is_over:
            with self._replica.write(is_background=True) as unit:
                schema_fill.finish(unit.connection, self._schema)
        return counts

    def _answers(self, epoch: int) -> Iterator[tuple[FillTask, RowsAnswer]]:
        while True:
            with self._replica.read() as connection:
                task = schema_fill.next_task(connection)
            if task is None:
                return
            answer = self._server.rows(
                RowsRequest(schema=self._schema, epoch=epoch, scope=task.scope, entity=task.entity, after=task.after)
            )
            if answer.epoch != epoch:
                return  # The next cycle comes to terms with the restored server first.
            yield task, answer

    def _apply(self, task: FillTask, answer: RowsAnswer) -> None:
        rows = answer.rows
        parts = [rows[start : start + ROWS_PER_STEP] for start in range(0, len(rows), ROWS_PER_STEP)] or [[]]
        for index, part in enumerate(parts):
            is_done = index == len(parts) - 1 and not answer.more
            with self._replica.write(is_background=True) as unit:
                me = identity_of(unit.connection)
                cursor = cursors.cursors(unit.connection).get(task.scope)
                if cursor is not None:
                    context = pulled.PullContext(
                        scope_number=cursor.number,
                        is_fresh=False,
                        settled_number=me.settled_number,
                        projected_number=me.projected_number,
                    )
                    pulled.fill_rows(unit.connection, task.entity, part, context)
                schema_fill.note(
                    unit.connection, task, part[-1].id if part else task.after, is_done=is_done or cursor is None
                )
