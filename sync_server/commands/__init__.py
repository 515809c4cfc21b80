"""The operator's commands, one module per subject; each has ``commands``, a Typer with what it offers."""

from sync_server.commands import (
    conformance,
    customers,
    devices,
    epochs,
    inventory,
    quarantine,
    repricing,
    snapshots,
    verification,
)

MODULES = (conformance, customers, devices, epochs, inventory, quarantine, repricing, snapshots, verification)
"""In the order in which ``--help`` shows them."""
