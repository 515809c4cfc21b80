"""I12: a receipt number is given once; within a till's series numbers have no gap that is not explained; seals hold.

A gap is explained only by sales that went down with a disk (they are not owed any more). The one exception is the series in
which a device was cloned or rolled back with everything that could have told it (a virtual machine's snapshot): until it
meets the server it cannot know, and both copies print the same numbers in it. There a number may be given twice and the
chain forks; a gap is a gap there too, and the series that a copy goes on with are like any other.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator

from shared.schema.registry import AGGREGATES
from shared.sync.operations import Verb
from sync_server.sync import payload_repository
from tests.simulation.world import Series, World


def check(world: World) -> Iterator[str]:
    """Look at the numbers that were given, and at those that reached the server."""
    given: dict[Series, dict[int, uuid.UUID]] = defaultdict(dict)
    chains: dict[Series, dict[int, tuple[bytes, bytes]]] = defaultdict(dict)
    columns = AGGREGATES["sale"].root.column_names
    deeds = [deed for deed in world.journal.of("sale") if deed.verb is Verb.RECORD]
    with world.server.reading() as connection:
        there = payload_repository.read_payloads(connection, "sale", [deed.entity_id.bytes for deed in deeds])
    for deed in deeds:
        row = dict(zip(columns, deed.arguments["row"][0], strict=False))
        series = (uuid.UUID(bytes=row["device_id"]), row["series"])
        number = row["number"]
        is_first = given[series].setdefault(number, deed.entity_id) == deed.entity_id
        if not is_first and series not in world.shared_series:
            yield f"the number {row['receipt_number']} was given twice"
        if deed.entity_id.bytes in there or not deed.is_owed:
            chains[series][number] = (row["previous_seal"], row["seal"])
    for series, seals in chains.items():
        missing = set(range(1, max(seals) + 1)) - seals.keys()
        if missing:
            yield f"series {series[1]} of {series[0]} lacks the numbers {sorted(missing)}"
        for number in sorted(seals) if series not in world.shared_series else ():
            before = seals.get(number - 1)
            if before is not None and seals[number][0] != before[1]:
                yield f"the chain of seals of series {series[1]} of {series[0]} breaks at {number}"
