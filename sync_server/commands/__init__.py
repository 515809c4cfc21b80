"""The operator's commands, one module per subject; each has ``commands``, a Typer with what it offers."""

from sync_server.commands import conformance, devices, epochs, quarantine, snapshots, verification

MODULES = (conformance, devices, epochs, quarantine, snapshots, verification)
"""In the order in which ``--help`` shows them."""
