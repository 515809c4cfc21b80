"""Reports of the till, as plain text."""
