"""Tables that only the server has; the replicated ones are in ``shared.schema``."""
