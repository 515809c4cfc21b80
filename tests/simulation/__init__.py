"""Proof under faults: a seeded simulator in one process, and long runs with real processes that are killed.

**The simulator** (``soak``, ``replay``, ``mutants``) plays seeds. A seed is a small chain: a real PostgreSQL database,
the real application, real encrypted replicas driven through the real use cases and the real sync engine over HTTP
whose lines lead in-process (``bridge``, ``line``). Everything drawn by lot comes from the seed, so a seed is the same
every time: ``python -m tests.simulation.replay SEED`` shows each step and the check that failed.

| module | is |
|---|---|
| ``stage`` | what a process keeps from seed to seed: cluster, template of the shop (``small_shop``), homes, application |
| ``world``, ``steps``, ``disasters``, ``resting`` | one seed: its devices and server, what may happen next, coming to rest |
| ``acts``, ``web_shop`` | what people and the web shop do |
| ``weather``, ``network`` | what goes wrong on the line, and how often |
| ``device_process``, ``devices_disk`` | a device's program and disk; death between any two writes, power cuts |
| ``server_process`` | the server's process; death between any two statements, backups, restores, failovers, rebuilds |
| ``older_program``, ``upgrades`` | a device's program one release back, and when it gets the new one; a server one release back |
| ``deeds``, ``debts`` | the journal of what every device really did, kept outside; what is still owed after a disaster |
| ``watching``, ``invariants`` | what is checked all the time, and at rest |
| ``mutants`` | the product broken on purpose, once for each invariant: the checks can fail |

*To add a fault of the line*: a member of ``weather.Fault``, its odds there, a method in ``network.Network``.
*To add any other fault*: a function that takes the world, in ``steps`` or ``disasters``, and its weight there.
*To add an invariant*: a module in ``invariants`` with ``check(world)``, a line in ``CHECKS``, and a mutant.
*To add an act*: a function in ``acts`` and its weight.
*When the schema changes*: ``tests.helpers.older_schema`` says what the older world does not know, ``older_program`` names
the former revision of the replica's file; an act that touches what is new asks ``device.is_older`` first.

**The crowd** (``crowd``) plays the same world with everybody at once, in threads; it cannot be replayed to the letter.

**The kills** (``kills``) end real till processes with kill -9 at random moments of a scripted day.
"""
