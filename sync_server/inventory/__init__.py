"""Stock on the server: the ledger, the balances it adds up to, promises to buyers far away, and the check of all three."""
