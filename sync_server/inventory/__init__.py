"""Stock on the server: the ledger, its balances, promises to buyers far away, and the check of all three."""
